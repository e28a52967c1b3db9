//! The service's log: lines are gathered in memory and written to standard error by a thread of
//! their own, so that no request waits for whoever reads them.

use std::{
    io::{self, Write},
    mem,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

/// How long lines are gathered after some were written: under load, many go in one write. After a
/// silence of this length a line is written at once.
const GATHERING: Duration = Duration::from_millis(5);
/// What is kept for a reader who does not keep up, in bytes; lines beyond that are lost, and
/// counted.
const MOST: usize = 4 << 20;
/// What memory is kept for lines to come.
const USUAL: usize = 64 << 10;
/// How long the end of the program waits for a reader who does not read.
const PATIENCE: Duration = Duration::from_secs(2);

/// The lines that are not written yet.
#[derive(Default)]
struct Lines {
    text: Vec<u8>,
    lost: u64,
    /// Whether the writer sleeps until there is a line.
    sleeps: bool,
    ends: bool,
    ended: bool,
}

#[derive(Default)]
struct Shared {
    lines: Mutex<Lines>,
    /// That there is a line, or an end.
    changed: Condvar,
}

impl Shared {
    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where lines go; each is given whole.
#[derive(Clone)]
pub(super) struct Log(Arc<Shared>);

impl Write for Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut lines = self.0.lines();
        if lines.text.len() + line.len() > MOST {
            lines.lost += 1;
        } else {
            lines.text.extend_from_slice(line);
        }
        if mem::take(&mut lines.sleeps) {
            drop(lines);
            self.0.changed.notify_all();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Sees to it, when dropped, that what was said is written.
pub(super) struct End(Log);

impl Drop for End {
    fn drop(&mut self) {
        let Log(shared) = &self.0;
        let mut lines = shared.lines();
        lines.ends = true;
        shared.changed.notify_all();
        let waited = shared
            .changed
            .wait_timeout_while(lines, PATIENCE, |lines| !lines.ended);
        drop(waited);
    }
}

/// Starts the thread that writes to `out`.
///
/// # Errors
/// When the system gives no thread.
pub(super) fn start(out: impl Write + Send + 'static) -> io::Result<(Log, End)> {
    let log = Log(Arc::default());
    let shared = Arc::clone(&log.0);
    thread::Builder::new()
        .name("log".to_owned())
        .spawn(move || write(&shared, out))?;
    Ok((log.clone(), End(log)))
}

fn write(shared: &Shared, mut out: impl Write) {
    let mut text = Vec::new();
    loop {
        let mut lines = shared.lines();
        while lines.text.is_empty() && lines.lost == 0 {
            if lines.ends {
                lines.ended = true;
                shared.changed.notify_all();
                return;
            }
            lines.sleeps = true;
            lines = shared
                .changed
                .wait(lines)
                .unwrap_or_else(PoisonError::into_inner);
        }
        mem::swap(&mut text, &mut lines.text);
        let lost = mem::take(&mut lines.lost);
        drop(lines);

        // Whoever should read is gone: there is nobody to tell.
        let _ = out.write_all(&text);
        if lost > 0 {
            let _ = writeln!(
                out,
                "{lost} lines of this log are lost: its reader is too slow"
            );
        }
        let _ = out.flush();
        text.clear();
        text.shrink_to(USUAL);

        let gathering = shared
            .changed
            .wait_timeout_while(shared.lines(), GATHERING, |lines| !lines.ends);
        drop(gathering);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// A reader that takes each write only when it is told to.
    struct Pipe {
        taken: mpsc::Sender<Vec<u8>>,
        go: mpsc::Receiver<()>,
    }

    impl Write for Pipe {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            let _ = self.go.recv();
            let _ = self.taken.send(text.to_vec());
            Ok(text.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn pipe() -> (Pipe, mpsc::Sender<()>, mpsc::Receiver<Vec<u8>>) {
        let (taken, read) = mpsc::channel();
        let (tell, go) = mpsc::channel();
        (Pipe { taken, go }, tell, read)
    }

    #[test]
    fn every_line_is_written_in_its_order_before_the_end() {
        let (pipe, tell, read) = pipe();
        drop(tell);
        let (log, end) = start(pipe).unwrap();
        let mut expected = String::new();
        for number in 0..10_000 {
            let line = format!("line {number}\n");
            log.clone().write_all(line.as_bytes()).unwrap();
            expected += &line;
        }
        drop(end);
        let text: Vec<u8> = read.try_iter().flatten().collect();
        assert!(text == expected.as_bytes());
    }

    #[test]
    fn a_reader_who_stands_still_stops_nobody_and_is_told_what_was_lost() {
        let (pipe, tell, read) = pipe();
        let (mut log, end) = start(pipe).unwrap();
        let line = [b'x'; 1024];
        // Far more than is kept; all of it returns at once.
        for _ in 0..3 * MOST / line.len() {
            log.write_all(&line).unwrap();
        }
        drop(tell);
        drop(end);
        let text: Vec<u8> = read.try_iter().flatten().collect();
        let text = String::from_utf8(text).unwrap();
        let written = text.matches('x').count() / line.len();
        // The thread may begin in the midst of it, and then it tells twice.
        let lost: usize = text
            .split('x')
            .flat_map(str::lines)
            .filter_map(|said| {
                said.strip_suffix(" lines of this log are lost: its reader is too slow")
            })
            .map(|count| count.parse::<usize>().unwrap())
            .sum();
        assert!(lost > 0);
        assert_eq!(written + lost, 3 * MOST / line.len());
    }
}
