//! A rival: a form service that somebody else wrote, where there is one. It lies outside the
//! project, in the folder that `INTAKE_RIVAL` names.
//!
//! It is `app.js` for Node, which takes `PORT` and `DATA` from the environment, shows a form at
//! `/submit` (hidden field `_csrf`, cookies) and answers it with 303.

use std::{
    fs,
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use super::{http::Client, intake::folder, process, texts::Typed};

const FOLDER: &str = "INTAKE_RIVAL";
const PACKAGES: [&str; 6] = [
    "express@5.3.0",
    "better-sqlite3@12.11.1",
    "express-validator@7.3.2",
    "csrf-csrf@4.0.3",
    "cookie-parser",
    "js-yaml",
];
const INSTALLING: Duration = Duration::from_secs(180);
const STARTING: Duration = Duration::from_secs(20);

/// The rival, running in a folder of its own.
pub struct Rival {
    pub address: SocketAddr,
    child: Child,
    _folder: tempfile::TempDir,
}

impl Rival {
    /// Installs and starts it; why not, where that cannot be.
    pub fn start() -> Result<Self, String> {
        let theirs = std::env::var_os(FOLDER).ok_or(format!("{FOLDER} names no rival"))?;
        let node = Command::new("node").arg("--version").output();
        node.map_err(|_| "Node is not here")?;
        let folder = folder();
        let app = folder.path().join("app.js");
        fs::copy(Path::new(&theirs).join("app.js"), app)
            .map_err(|error| format!("no app.js in {FOLDER}: {error}"))?;
        let mut npm = Command::new("npm")
            .args(["install", "--no-audit", "--no-fund", "--prefix", "."])
            .args(PACKAGES)
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|_| "npm is not here")?;
        if !process::ends_well(&mut npm, INSTALLING) {
            return Err("npm could not install what it needs".to_owned());
        }
        // Given back at once, so that it is free for the rival, which cannot choose one by itself.
        let port = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = port.local_addr().expect("an address");
        drop(port);
        let child = Command::new("node")
            .arg("app.js")
            .current_dir(folder.path())
            .env("PORT", address.port().to_string())
            .env("DATA", "data")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("Node starts");
        let rival = Self {
            address,
            child,
            _folder: folder,
        };
        let until = Instant::now() + STARTING;
        while TcpStream::connect(address).is_err() {
            if Instant::now() > until {
                return Err("it did not start".to_owned());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(rival)
    }
}

impl Drop for Rival {
    fn drop(&mut self) {
        // Its workers end when they lose their parent.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a person does: opens the form with a browser that has no cookies yet, and sends it filled
/// in.
pub fn send(client: &mut Client, typed: &Typed) {
    client.cookies.clear();
    let answer = client.get("/submit").expect(200);
    let (cookies, token) = (answer.set_cookies(), answer.hidden("_csrf").to_owned());
    client.cookies = cookies;
    let form = form_urlencoded::Serializer::new(String::with_capacity(4096))
        .append_pair("_csrf", &token)
        .append_pair("title", &typed.title)
        .append_pair("name", &typed.name)
        .append_pair("email", &typed.email)
        .append_pair("category", "essay")
        .append_pair("body", &typed.story)
        .finish();
    client.post("/submit", &form).expect(303);
}
