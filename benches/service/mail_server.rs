//! A mail server that takes every letter, or makes the service wait.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex},
    time::Duration,
};

/// A mail server in a thread of its own.
pub struct MailServer {
    pub port: u16,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    holds: bool,
    /// The last letter taken.
    last: Option<Vec<u8>>,
}

impl MailServer {
    /// Takes every letter.
    pub fn taking() -> Self {
        Self::start(false)
    }

    /// Accepts connections and does not greet. So the service's mail worker waits with its first
    /// letter until it gives that one up, a matter of at least 20 seconds, and meanwhile does
    /// nothing: what is measured then has its letters apart. They stand in the records as ever.
    /// (A port where nobody listens would be no rest: each refusal is an attempt to record.)
    pub fn holding() -> Self {
        Self::start(true)
    }

    fn start(holds: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port for mail");
        let port = listener.local_addr().expect("an address").port();
        let shared = Arc::<Shared>::default();
        shared.state.lock().expect("the state").holds = holds;
        let server = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = Arc::clone(&server);
                std::thread::spawn(move || server.converse(&stream));
            }
        });
        Self { port, shared }
    }

    /// The setting `mail.transport` for it.
    pub fn transport(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// Waits for a letter and takes it out of the box.
    pub fn letter(&self) -> Vec<u8> {
        let state = self.shared.state.lock().expect("the state");
        let (mut state, waited) = self
            .shared
            .changed
            .wait_timeout_while(state, Duration::from_secs(30), |state| state.last.is_none())
            .expect("the state");
        assert!(!waited.timed_out(), "no letter came");
        state.last.take().expect("a letter")
    }
}

impl Shared {
    /// As little of RFC 5321 as a client needs to hand over its letters. A client that breaks off
    /// ends the conversation.
    fn converse(&self, stream: &TcpStream) -> Option<()> {
        if self.state.lock().ok()?.holds {
            // Until the service gives up and closes.
            let _ = BufReader::new(stream).read_line(&mut String::new());
            return None;
        }
        stream.set_nodelay(true).ok()?;
        let mut out = stream;
        let mut lines = BufReader::new(stream);
        out.write_all(b"220 here\r\n").ok()?;
        let mut line = Vec::new();
        loop {
            line.clear();
            if lines.read_until(b'\n', &mut line).ok()? == 0 {
                return None;
            }
            let command = line.get(..4)?.to_ascii_uppercase();
            let answer: &[u8] = match command.as_slice() {
                b"DATA" => {
                    out.write_all(b"354 go on\r\n").ok()?;
                    let letter = read_letter(&mut lines, &mut out)?;
                    self.state.lock().ok()?.last = Some(letter);
                    self.changed.notify_all();
                    b"250 taken\r\n"
                }
                b"QUIT" => b"221 bye\r\n",
                _ => b"250 ok\r\n",
            };
            out.write_all(answer).ok()?;
        }
    }
}

/// Reads as far as the line with a dot alone.
///
/// A client that writes letter and dot one after the other waits with the dot until the letter is
/// acknowledged (Nagle's algorithm), which the system puts off for 40 ms unless there is something
/// to send. So there is: the first line of an answer of two. Filling a queue would take hours
/// otherwise.
fn read_letter(lines: &mut BufReader<&TcpStream>, out: &mut impl Write) -> Option<Vec<u8>> {
    let mut letter = Vec::new();
    loop {
        let begin = letter.len();
        if begin > 0 && lines.buffer().is_empty() {
            out.write_all(b"250-so far\r\n").ok()?;
        }
        if lines.read_until(b'\n', &mut letter).ok()? == 0 {
            return None;
        }
        if &letter[begin..] == b".\r\n" {
            letter.truncate(begin);
            return Some(letter);
        }
    }
}
