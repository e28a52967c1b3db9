//! A client of HTTP/1.1 that costs little, because it shares its processors with what it measures.
//! It keeps its connection, asks for no compression, and reads of an answer only what is needed.

use std::{
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// A service that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// One connection.
pub struct Client {
    address: SocketAddr,
    stream: TcpStream,
    /// Sent with each request, if there are any.
    pub cookies: String,
    /// From where a request says that it comes, if it does.
    pub comes_from: String,
    request: Vec<u8>,
    /// What has been read; as far as `filled`.
    buffer: Vec<u8>,
    filled: usize,
    /// The body of an answer that came in chunks.
    joined: Vec<u8>,
}

/// What came back.
pub struct Answer<'a> {
    pub status: u16,
    head: &'a str,
    body: &'a [u8],
}

impl<'a> Answer<'a> {
    /// The values of all headers with this name, in small letters.
    pub fn headers(&self, name: &str) -> impl Iterator<Item = &'a str> {
        self.head.lines().skip(1).filter_map(move |line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub fn body(&self) -> &'a str {
        std::str::from_utf8(self.body).expect("a page in UTF-8")
    }

    /// The value of a hidden input of the page.
    pub fn hidden(&self, name: &str) -> &'a str {
        let beginning = format!("name=\"{name}\" value=\"");
        let unquoted = format!("name={name} value=\"");
        let page = self.body();
        let (_, rest) = page
            .split_once(beginning.as_str())
            .or_else(|| page.split_once(unquoted.as_str()))
            .expect("a page with that input");
        rest.split('"').next().unwrap_or_default()
    }

    /// The cookies that this answer sets, as the next request brings them.
    pub fn set_cookies(&self) -> String {
        let pairs: Vec<&str> = self
            .headers("set-cookie")
            .filter_map(|cookie| cookie.split(';').next())
            .collect();
        pairs.join("; ")
    }

    /// Stops the measurement unless the answer is what it must be: otherwise it would measure how
    /// fast errors are.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.body());
        self
    }
}

impl Client {
    pub fn new(address: SocketAddr) -> Self {
        Self {
            address,
            stream: connect(address),
            cookies: String::new(),
            comes_from: String::new(),
            request: Vec::new(),
            buffer: vec![0; 64 * 1024],
            filled: 0,
            joined: Vec::new(),
        }
    }

    pub fn get(&mut self, path: &str) -> Answer<'_> {
        self.ask(path);
        self.answer()
    }

    pub fn post(&mut self, path: &str, form: &str) -> Answer<'_> {
        let (host, length) = (self.address, form.len());
        self.request.clear();
        write!(
            self.request,
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n"
        )
        .expect("written to memory");
        self.end_head();
        self.request.extend_from_slice(form.as_bytes());
        self.send();
        self.answer()
    }

    /// Sends a request whose answer is read later, so that one thread keeps many connections busy.
    pub fn ask(&mut self, path: &str) {
        let host = self.address;
        self.request.clear();
        write!(self.request, "GET {path} HTTP/1.1\r\nHost: {host}\r\n").expect("written to memory");
        self.end_head();
        self.send();
    }

    fn end_head(&mut self) {
        if !self.cookies.is_empty() {
            write!(self.request, "Cookie: {}\r\n", self.cookies).expect("written to memory");
        }
        if !self.comes_from.is_empty() {
            let from = &self.comes_from;
            write!(self.request, "X-Forwarded-For: {from}\r\n").expect("written to memory");
        }
        self.request.extend_from_slice(b"\r\n");
    }

    fn send(&mut self) {
        // A service may close a connection that was idle; that costs a new one.
        if self.stream.write_all(&self.request).is_err() {
            self.begin_again();
        }
    }

    fn begin_again(&mut self) {
        self.stream = connect(self.address);
        let sent = self.stream.write_all(&self.request);
        sent.expect("a connection that takes a request");
    }

    /// Reads the answer to the last request.
    pub fn answer(&mut self) -> Answer<'_> {
        self.filled = 0;
        let mut again = true;
        let head = loop {
            if !self.read() {
                assert!(again && self.filled == 0, "an answer was cut off");
                again = false;
                self.begin_again();
                continue;
            }
            if let Some(at) = find(&self.buffer[..self.filled], b"\r\n\r\n") {
                break at + 4;
            }
        };
        let text = std::str::from_utf8(&self.buffer[..head]).expect("a head in ASCII");
        let status = text.get(9..12).and_then(|status| status.parse().ok());
        let status = status.expect("a status");
        let mut length = 0;
        let mut chunked = false;
        for line in text.lines().skip(1) {
            let (name, value) = line.split_once(':').unwrap_or_default();
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().expect("a length");
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                chunked = value.trim().eq_ignore_ascii_case("chunked");
            }
        }
        if chunked {
            self.join_chunks(head);
        } else {
            self.read_until(head + length);
        }
        let text = std::str::from_utf8(&self.buffer[..head]).expect("a head in ASCII");
        let whole = &self.buffer[head..head + length];
        Answer {
            status,
            head: text,
            body: if chunked { &self.joined } else { whole },
        }
    }

    fn join_chunks(&mut self, mut at: usize) {
        self.joined.clear();
        loop {
            let line = loop {
                if let Some(end) = find(&self.buffer[at..self.filled], b"\r\n") {
                    break at + end;
                }
                assert!(self.read(), "an answer was cut off");
            };
            let size = std::str::from_utf8(&self.buffer[at..line]).expect("a size in ASCII");
            let size = usize::from_str_radix(size.trim(), 16).expect("a size");
            let begin = line + 2;
            self.read_until(begin + size + 2);
            self.joined
                .extend_from_slice(&self.buffer[begin..begin + size]);
            at = begin + size + 2;
            if size == 0 {
                return;
            }
        }
    }

    fn read_until(&mut self, end: usize) {
        while self.filled < end {
            assert!(self.read(), "an answer was cut off");
        }
    }

    /// Reads what there is; false where the connection has ended.
    fn read(&mut self) -> bool {
        if self.filled == self.buffer.len() {
            self.buffer.resize(self.filled * 2, 0);
        }
        match self.stream.read(&mut self.buffer[self.filled..]) {
            Ok(count) => {
                self.filled += count;
                count > 0
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => false,
            Err(error) => panic!("no answer: {error}"),
        }
    }
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("a service that listens");
    stream.set_nodelay(true).expect("a socket that can be set");
    let patience = stream.set_read_timeout(Some(PATIENCE));
    patience.expect("a socket that can be set");
    stream
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|part| part == wanted)
}
