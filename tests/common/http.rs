//! A server on localhost that answers whatever a test wants, right or wrong.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A request as it came: its path, and the whole head.
pub struct Request {
    pub path: String,
    pub head: String,
}

impl Request {
    /// The value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut fields = head.lines().filter_map(|line| line.split_once(": "));
    fields.find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

pub struct Answer {
    pub status: &'static str,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    pub end: End,
}

/// What comes after the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The end that the head announced.
    Right,
    /// The connection closes; the head announced no length.
    Unannounced,
    /// The connection closes after half of the announced body.
    Half,
    /// Nothing, for long, after half of it.
    Stuck,
    /// The body again and again, without an announced length.
    Endless,
}

impl Answer {
    pub fn new(status: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Answer { status, headers: Vec::new(), body: body.into(), end: End::Right }
    }

    pub fn ok(body: impl Into<Vec<u8>>) -> Self {
        Answer::new("200 OK", body)
    }

    pub fn json(value: &serde_json::Value) -> Self {
        Answer::ok(value.to_string())
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// Serves until the process ends.
pub struct Server {
    pub url: String,
    log: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Answers each request by `route`.
    pub fn answering(route: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Server::at(&format!("http://{}", listener.local_addr().unwrap()));
        let (route, log) = (Arc::new(route), server.log.clone());
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (route, log) = (route.clone(), log.clone());
                thread::spawn(move || converse(stream.unwrap(), &*route, &log));
            }
        });
        server
    }

    /// An address, whether anything serves there or not.
    pub fn at(url: &str) -> Server {
        Server { url: url.into(), log: Arc::default() }
    }

    /// Method and path of every request so far.
    pub fn requests(&self) -> Vec<String> {
        let heads = self.heads();
        heads.iter().map(|head| head.split(" HTTP").next().unwrap().to_owned()).collect()
    }

    pub fn heads(&self) -> Vec<String> {
        self.log.lock().unwrap().iter().map(|request| request.head.clone()).collect()
    }
}

fn converse(mut stream: TcpStream, route: &dyn Fn(&Request) -> Answer, log: &Mutex<Vec<Request>>) {
    let Some(request) = read(&stream) else { return };
    let answer = route(&request);
    log.lock().unwrap().push(request);
    let mut text = format!("HTTP/1.1 {}\r\nConnection: close\r\n", answer.status);
    for (name, value) in &answer.headers {
        text += &format!("{name}: {value}\r\n");
    }
    if !matches!(answer.end, End::Endless | End::Unannounced) {
        text += &format!("Content-Length: {}\r\n", answer.body.len());
    }
    let _ = stream.write_all(format!("{text}\r\n").as_bytes());
    let half = &answer.body[..answer.body.len() / 2];
    match answer.end {
        End::Right | End::Unannounced => drop(stream.write_all(&answer.body)),
        End::Half => drop(stream.write_all(half)),
        End::Stuck => {
            let _ = stream.write_all(half);
            thread::sleep(Duration::from_secs(20));
        }
        End::Endless => while stream.write_all(&answer.body).is_ok() {},
    }
}

/// `None` where the client went away.
fn read(stream: &TcpStream) -> Option<Request> {
    let mut input = BufReader::new(stream);
    let lines = input.by_ref().lines().map_while(Result::ok);
    let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let path = head.first()?.split(' ').nth(1)?.to_owned();
    let head = head.join("\n");
    let length = header(&head, "content-length").and_then(|length| length.parse().ok());
    // A connection that is closed with a body unread is reset.
    io::copy(&mut input.take(length.unwrap_or(0)), &mut io::sink()).ok()?;
    Some(Request { path, head })
}
