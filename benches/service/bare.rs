//! What the service is measured against: the least that does the same.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use actix_web::{App, HttpResponse, HttpServer, web};

use super::load::for_a_while;

/// The argument with which this program is the bare service.
pub const ARGUMENT: &str = "--bare";
/// About what a record and its draft take together.
const FILE: usize = 6 * 1024;

/// A bare service in a process of its own, as ours is. It is killed when dropped.
pub struct Bare {
    pub address: SocketAddr,
    child: Child,
}

impl Bare {
    /// Starts a service that answers every request for `/` with this page.
    pub fn start(page: &str) -> Self {
        let program = std::env::current_exe().expect("the name of this program");
        let mut child = Command::new(program)
            .arg(ARGUMENT)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the bare service starts");
        let mut input = child.stdin.take().expect("its standard input");
        input.write_all(page.as_bytes()).expect("the page is taken");
        drop(input);
        let out = child.stdout.take().expect("its standard output");
        let mut line = String::new();
        let read = BufReader::new(out).read_line(&mut line);
        read.expect("its address");
        Self {
            address: line.trim().parse().expect("its address"),
            child,
        }
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Is the bare service, until it is killed: a handler, with nothing around it, and as many workers
/// as the service has, which is what actix-web takes by itself.
pub fn serve() {
    let mut page = String::new();
    let read = std::io::stdin().read_to_string(&mut page);
    read.expect("the page on standard input");
    let page = web::Bytes::from(page);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = HttpServer::new(move || {
        let page = page.clone();
        let handler = web::get().to(move || {
            let page = page.clone();
            async move {
                HttpResponse::Ok()
                    .content_type("text/html; charset=utf-8")
                    .body(page)
            }
        });
        App::new().route("/", handler)
    })
    .listen(listener)
    .expect("a port to listen on")
    .run();
    println!("{address}");
    actix_web::rt::System::new()
        .block_on(server)
        .expect("the bare service runs");
}

/// How many files in a second this many threads make in one folder so that they stay: each is
/// written, synced and renamed, and the folder is synced. The folder is the caller's, to be removed
/// when nothing is measured any more: ext4 without a journal takes no inode that was given up in
/// the last minutes, and looks for another one past all of them whenever anybody makes a file.
pub fn files_a_second(folder: &Path, threads: usize, time: Duration) -> f64 {
    let folder = tempfile::tempdir_in(folder).expect("a folder").keep();
    let text = vec![b'x'; FILE];
    let handle = File::open(&folder).expect("the folder");
    let done = for_a_while(threads, time, |thread| {
        let (folder, text, handle) = (&folder, &text, &handle);
        let mut number = 0;
        move || {
            number += 1;
            let aside = folder.join(format!(".tmp-{thread}"));
            let mut file = File::create(&aside).expect("a file");
            file.write_all(text).expect("written");
            file.sync_all().expect("synced");
            let name = folder.join(format!("{thread}-{number}"));
            fs::rename(&aside, name).expect("renamed");
            handle.sync_all().expect("synced");
        }
    });
    done.a_second()
}
