//! A server on this machine that answers, or fails to, as a test's script says.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A request as the server received it.
#[derive(Clone, Debug)]
pub struct ReceivedRequest {
    pub path: String,
    pub authorization: Option<String>,
    pub body: Value,
    /// The text that is to be judged.
    pub text: String,
    /// How many requests about this text came before.
    pub before: usize,
    pub at: Instant,
}

impl ReceivedRequest {
    pub fn is_structured(&self) -> bool {
        self.body.get("response_format").is_some()
    }
}

/// What the server does.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Status with its reason, more headers as lines, body.
    Full(&'static str, String, String),
    /// 200, and the connection is closed in the middle of this body.
    Half(String),
    /// Nothing, until the client closes the connection.
    Silence,
    /// This, but only later.
    After(Duration, Box<Answer>),
}

impl Answer {
    pub fn status(status: &'static str, message: &str) -> Answer {
        let body = json!({"error": {"message": message, "type": "test"}});
        Answer::Full(status, String::new(), body.to_string())
    }

    pub fn too_many(retry_after: &str) -> Answer {
        let header = format!("Retry-After: {retry_after}\r\n");
        Answer::Full("429 Too Many Requests", header, String::new())
    }

    /// A completion of 100 + 10 tokens.
    pub fn content(content: &str) -> Answer {
        Answer::choice(json!({"message": {"role": "assistant", "content": content}}))
    }

    pub fn choice(choice: Value) -> Answer {
        Answer::ok(&json!({
            "id": "1", "object": "chat.completion", "created": 0, "model": "judge-1",
            "choices": [choice],
            "usage": {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110},
        }))
    }

    pub fn ok(body: &Value) -> Answer {
        Answer::Full("200 OK", String::new(), body.to_string())
    }
}

type Script = dyn Fn(&ReceivedRequest) -> Answer + Send + Sync;

struct Shared {
    script: Box<Script>,
    log: Mutex<Vec<ReceivedRequest>>,
    now: AtomicUsize,
    most: AtomicUsize,
}

/// Answers until the process ends.
pub struct Server {
    pub url: String,
    shared: Arc<Shared>,
}

impl Server {
    pub fn start(script: impl Fn(&ReceivedRequest) -> Answer + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            script: Box::new(script),
            log: Mutex::default(),
            now: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
        });
        let for_listener = shared.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let shared = for_listener.clone();
                std::thread::spawn(move || serve(stream.unwrap(), &shared));
            }
        });
        Server { url, shared }
    }

    /// All requests so far, in the order in which they came.
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.shared.log.lock().unwrap().clone()
    }

    /// The most requests that were being answered at one time.
    pub fn most_at_once(&self) -> usize {
        self.shared.most.load(Ordering::SeqCst)
    }
}

fn serve(stream: TcpStream, shared: &Shared) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    while let Some(request) = read(&mut reader, shared) {
        let now = shared.now.fetch_add(1, Ordering::SeqCst) + 1;
        shared.most.fetch_max(now, Ordering::SeqCst);
        let mut answer = (shared.script)(&request);
        while let Answer::After(delay, then) = answer {
            std::thread::sleep(delay);
            answer = *then;
        }
        // Before the answer goes out: afterwards the client may send the next at once.
        shared.now.fetch_sub(1, Ordering::SeqCst);
        let (text, whole) = match answer {
            Answer::Full(status, headers, body) => (response(status, &headers, &body), true),
            Answer::Half(body) => {
                let whole = response("200 OK", "", &body);
                (whole[..whole.len() - body.len() / 2].to_owned(), false)
            }
            Answer::Silence => {
                let _ = reader.read(&mut [0]);
                return;
            }
            Answer::After(..) => unreachable!("waited for above"),
        };
        if stream.write_all(text.as_bytes()).is_err() || !whole {
            return;
        }
    }
}

fn response(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n{body}")
}

fn read(reader: &mut BufReader<TcpStream>, shared: &Shared) -> Option<ReceivedRequest> {
    let mut line = || {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        Some(line.trim_end().to_owned())
    };
    let path = line()?.split(' ').nth(1)?.to_owned();
    let (mut authorization, mut length) = (None, 0);
    loop {
        let header = line()?;
        let Some((name, value)) = header.split_once(": ") else { break };
        match &*name.to_lowercase() {
            "authorization" => authorization = Some(value.to_owned()),
            "content-length" => length = value.parse().unwrap(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body: Value = serde_json::from_slice(&body).unwrap();
    let text = text_in(body["messages"][0]["content"].as_str().unwrap());
    let mut log = shared.log.lock().unwrap();
    let before = log.iter().filter(|request| request.text == text).count();
    let request = ReceivedRequest { path, authorization, body, text, before, at: Instant::now() };
    log.push(request.clone());
    Some(request)
}

/// The text between the two marked lines.
fn text_in(message: &str) -> String {
    let (_, rest) = message.split_once("<text ").unwrap();
    let (mark, rest) = rest.split_once(">\n").unwrap();
    rest.split_once(&format!("\n</text {mark}>")).unwrap().0.to_owned()
}
