//! A host that does not do what is needed.

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    process::{Command, Stdio},
};

use crate::support::{Answers, eventually, port_for_later};

use super::{Desk, SEED_FILE, fails_and_recovers, git};

impl Desk {
    /// The service is started again with the blog at another address.
    fn lies_at(&mut self, url: &str) {
        self.intake.set("INTAKE__BLOG__URL", url);
        self.intake.stop();
        self.intake.start_again();
    }
}

#[test]
fn a_host_that_refuses_is_heard_with_its_reason() {
    fails_and_recovers(
        &[],
        |desk| {
            let hook = desk.host().join("hooks/pre-receive");
            fs::write(
                &hook,
                "#!/bin/sh\necho 'The blog sleeps at night.'\nexit 1\n",
            )
            .expect("a hook");
            let mode = fs::Permissions::from_mode(0o755);
            fs::set_permissions(&hook, mode).expect("an executable hook");
        },
        "The blog sleeps at night.",
        |desk| fs::remove_file(desk.host().join("hooks/pre-receive")).expect("no hook"),
    );
}

#[test]
fn a_branch_that_the_host_cannot_move_is_tried_again_and_then_told() {
    fails_and_recovers(
        &[],
        |desk| fs::write(desk.host().join("refs/heads/main.lock"), "").expect("a lock"),
        "Somebody else was faster each time",
        |desk| fs::remove_file(desk.host().join("refs/heads/main.lock")).expect("no lock"),
    );
}

#[test]
fn a_host_that_is_away_is_named_without_the_password_in_its_address() {
    fails_and_recovers(
        &[],
        |desk| fs::rename(desk.host(), desk.path("away")).expect("moved away"),
        "The blog’s repository cannot be read",
        |desk| fs::rename(desk.path("away"), desk.host()).expect("moved back"),
    );
    fails_and_recovers(
        &[],
        |desk| {
            let url = format!("http://ann:s3cret@127.0.0.1:{}/blog.git", port_for_later());
            desk.lies_at(&url);
        },
        "The blog’s repository cannot be read",
        |desk| {
            let ran = desk.publish();
            let page = desk.ann.get(&desk.intake, "/desk?stage=approved").body;
            let id = desk.intake.ids()[0].clone();
            for told in [
                &ran.err,
                &ran.out,
                &page,
                &desk.review(&id),
                &desk.intake.log(),
            ] {
                assert!(!told.contains("s3cret"), "{told}");
            }
            desk.lies_at("blog.git");
        },
    );
}

#[test]
fn a_key_that_the_host_does_not_know_is_an_error_and_not_a_question() {
    let server = SshServer::start();
    fails_and_recovers(
        &[],
        |desk| {
            let url = format!("ssh://127.0.0.1:{}{}", server.port, desk.host().display());
            desk.intake.set("INTAKE__BLOG__KEY", &server.key("wrong"));
            desk.lies_at(&url);
        },
        "Permission denied",
        |desk| {
            desk.intake.set("INTAKE__BLOG__KEY", &server.key("right"));
            desk.intake.stop();
            desk.intake.start_again();
        },
    );
}

/// A `git` that notes how it and all that it starts are called.
const NOTES_CALLS: &str = r#"#!/bin/sh
echo "$@" >> "$DESK/calls"
exec 3<&0
"$REAL_GIT" "$@" <&3 &
while kill -0 $! 2>/dev/null; do ps -eo args >> "$DESK/calls"; done
wait $!
"#;

#[test]
fn a_token_opens_the_host_and_is_on_no_command_line() {
    let mut desk = Desk::new();
    git(&desk.host(), &["config", "http.receivepack", "true"]);
    let mut child = Command::new("/usr/bin/python3")
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/tools/git_host.py"
        ))
        .arg(desk.intake.folder.path())
        .arg("somebody:t0ken-canary")
        .stdout(Stdio::piped())
        .spawn()
        .expect("/usr/bin/python3 is missing: tests/run installs it");
    let mut port = String::new();
    BufReader::new(child.stdout.take().expect("its port"))
        .read_line(&mut port)
        .expect("its port");
    let id = desk.approved(&Answers::seed(), "case-study-tuc");
    let tools = desk.path("tools");
    fs::create_dir(&tools).expect("a folder");
    fs::write(tools.join("git"), NOTES_CALLS).expect("a tool");
    let mode = fs::Permissions::from_mode(0o755);
    fs::set_permissions(tools.join("git"), mode).expect("an executable");
    let real = Command::new("sh").args(["-c", "command -v git"]).output();
    let real = String::from_utf8(real.expect("sh runs").stdout).expect("UTF-8");
    let path = std::env::var("PATH").expect("a path");
    let mut publish = |token: &str| {
        let url = format!("http://somebody:{token}@127.0.0.1:{}/blog.git", port.trim());
        desk.intake.set("INTAKE__BLOG__URL", &url);
        let output = desk
            .intake
            .command(&["publish"])
            .env("PATH", format!("{}:{path}", tools.display()))
            .env("REAL_GIT", real.trim())
            .output()
            .expect("the program runs");
        let said = [output.stdout, output.stderr].concat();
        (
            output.status.code(),
            String::from_utf8_lossy(&said).into_owned(),
        )
    };
    let (status, said) = publish("wrong-canary");
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains("Authentication failed"), "{said}");
    assert!(!said.contains("wrong-canary"), "{said}");
    let (status, said) = publish("t0ken-canary");
    assert_eq!(status, Some(0), "{said}");
    assert!(!said.contains("t0ken-canary"), "{said}");
    let _ = child.kill();
    let _ = child.wait();
    assert_eq!(desk.on_the_host(SEED_FILE), Some(desk.draft(&id)));
    let calls = fs::read_to_string(desk.path("calls")).expect("calls");
    assert!(calls.contains("git-remote-http"), "{calls}");
    let kept = fs::read_to_string(desk.intake.queue().join("blog/clone.git/config"));
    let told = [
        calls,
        kept.expect("settings"),
        desk.review(&id),
        desk.intake.log(),
    ];
    for told in &told {
        // The python above has it as an argument.
        let lines = told.lines().filter(|line| !line.contains("git_host.py"));
        for line in lines {
            assert!(
                !line.contains("canary@") && !line.contains("t0ken-canary"),
                "{line}"
            );
        }
    }
}

/// Debian's sshd on this machine, for whoever runs the tests, with one key that it knows.
struct SshServer {
    port: u16,
    folder: tempfile::TempDir,
    child: std::process::Child,
}

impl SshServer {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder for keys");
        for key in ["host", "right", "wrong"] {
            let made = Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-f", key])
                .current_dir(folder.path())
                .status();
            assert!(
                made.expect("ssh-keygen is missing: tests/run installs it")
                    .success()
            );
        }
        fs::copy(folder.path().join("right.pub"), folder.path().join("known")).expect("a key");
        let port = port_for_later();
        let shown = folder.path().display();
        let settings = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {shown}/host\nAuthorizedKeysFile {shown}/known\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\nPidFile none\n"
        );
        let file = folder.path().join("sshd_config");
        fs::write(&file, settings).expect("settings");
        // As root it wants this folder, which Debian makes when the service is started.
        let _ = fs::create_dir_all("/run/sshd");
        let child = Command::new("/usr/sbin/sshd")
            .args(["-D", "-q", "-f"])
            .arg(&file)
            .stderr(Stdio::inherit())
            .spawn()
            .expect("sshd is missing: tests/run installs it");
        eventually("sshd", || {
            std::net::TcpStream::connect(("127.0.0.1", port)).ok()
        });
        Self {
            port,
            folder,
            child,
        }
    }

    fn key(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }
}

impl Drop for SshServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
