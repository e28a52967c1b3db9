//! nginx in front of the service, below a path of its host.

use std::{
    fs,
    net::TcpStream,
    process::{Child, Command, Stdio},
};

use super::{eventually, port_for_later};

/// What a proxy does with the path that it serves the service at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathIs {
    TakenOff,
    PassedOn,
}

/// An nginx of its own, run by whoever runs the stories. It serves nothing but `/intake/`, as the
/// README says how.
pub struct Nginx {
    /// Where it serves, without a path.
    pub host: String,
    folder: tempfile::TempDir,
    child: Child,
}

impl Nginx {
    /// Starts one in front of what listens, or will listen, at this address.
    pub fn start(service: &str, path: PathIs) -> Self {
        let folder = tempfile::tempdir().expect("a folder for nginx");
        let port = port_for_later();
        let shown = folder.path().display();
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {shown}/{kind};\n"))
            .concat();
        let location = example(service, path);
        let settings = format!(
            "daemon off;\nmaster_process off;\npid {shown}/pid;\nerror_log {shown}/errors;\nevents {{}}\nhttp {{\naccess_log {shown}/requests;\n{temporary}server {{\nlisten 127.0.0.1:{port};\n{location}\nlocation / {{ return 404; }}\n}}\n}}\n"
        );
        let file = folder.path().join("nginx.conf");
        fs::write(&file, settings).expect("settings");
        let child = Command::new("/usr/sbin/nginx")
            .arg("-e")
            .arg(folder.path().join("errors"))
            .arg("-c")
            .arg(&file)
            .stdout(Stdio::null())
            .spawn()
            .expect("nginx is missing: tests/run installs it");
        let nginx = Self {
            host: format!("http://127.0.0.1:{port}"),
            folder,
            child,
        };
        eventually("nginx", || TcpStream::connect(("127.0.0.1", port)).ok());
        nginx
    }

    /// The path of every request so far.
    pub fn asked(&self) -> Vec<String> {
        let lines = fs::read_to_string(self.folder.path().join("requests")).expect("its log");
        let path = |line: &str| line.split('"').nth(1)?.split(' ').nth(1).map(str::to_owned);
        lines.lines().filter_map(path).collect()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The example in the README, for a service at this address.
fn example(service: &str, path: PathIs) -> String {
    let readme = include_str!("../../../README.md");
    let (_, rest) = readme.split_once("```nginx\n").expect("an example");
    let (example, _) = rest.split_once("```").expect("its end");
    let shipped = "proxy_pass http://127.0.0.1:8080;";
    assert!(example.contains(shipped), "{example}");
    let slash = match path {
        PathIs::TakenOff => "/",
        PathIs::PassedOn => "",
    };
    example.replace(shipped, &format!("proxy_pass http://{service}{slash};"))
}
