//! What the system knows of a process. Linux tells it in files, so these measurements are for Linux.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// A tick of the times in `/proc`. It is the same on every processor that Rust's Linux runs on.
const TICK: Duration = Duration::from_millis(10);

/// The processor time that a process and its threads have used, also those that ended.
pub fn processor_time(pid: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("a process, on Linux");
    // The name may hold blanks and brackets; after it come fields 3 and following.
    let (_, fields) = stat.rsplit_once(") ").expect("a name in brackets");
    let ticks: u32 = fields
        .split(' ')
        .skip(11)
        .take(2)
        .map(|ticks| ticks.parse::<u32>().expect("a number of ticks"))
        .sum();
    TICK * ticks
}

/// The memory that is resident, in megabytes.
pub fn memory(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("a process, on Linux");
    let kilobytes: f64 = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok())
        .expect("the resident memory");
    kilobytes / 1024.0
}

/// How many system calls each process makes in this time, as `strace` counts them; why not, where
/// it cannot.
pub fn system_calls(pids: [u32; 2], time: Duration, folder: &Path) -> Result<[u64; 2], String> {
    let asked = Command::new("strace")
        .arg("-V")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if asked.is_err() {
        return Err("strace is not here".to_owned());
    }
    let counts = pids.map(|pid| folder.join(format!("calls-{pid}")));
    let mut watching: Vec<Child> = std::iter::zip(pids, &counts)
        .map(|(pid, count)| {
            let mut strace = Command::new("strace");
            strace.args(["-c", "-f", "-q", "-p", &pid.to_string(), "-o"]);
            strace.arg(count).stderr(Stdio::null());
            strace.spawn().expect("strace starts")
        })
        .collect();
    std::thread::sleep(time);
    for child in &mut watching {
        if let Ok(Some(_)) = child.try_wait() {
            return Err("strace may not look at other processes here".to_owned());
        }
        // Interrupted, it lets the process go on alone and writes down what it counted.
        signal(child, "INT");
        child.wait().expect("strace ends");
    }
    let total = |count: &std::path::PathBuf| {
        let table = fs::read_to_string(count).ok()?;
        let line = table.lines().find(|line| line.ends_with(" total"));
        // A process that made no call at all has no total.
        let Some(line) = line else { return Some(0) };
        // Percent, seconds, microseconds a call, calls; then errors, if there were any.
        line.split_whitespace().nth(3)?.parse().ok()
    };
    match [total(&counts[0]), total(&counts[1])] {
        [Some(first), Some(second)] => Ok([first, second]),
        _ => Err("strace counted in a way that is not known here".to_owned()),
    }
}

/// Sends a signal by its name.
pub fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill")
        .args([&format!("-{name}"), &child.id().to_string()])
        .status();
    assert!(sent.expect("kill runs").success());
}

/// Waits this long for a process to end; whether it ended with success. What takes longer is
/// killed.
pub fn ends_well(child: &mut Child, patience: Duration) -> bool {
    let until = Instant::now() + patience;
    while Instant::now() < until {
        if let Some(status) = child.try_wait().expect("a child") {
            return status.success();
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let _ = child.kill();
    let _ = child.wait();
    false
}
