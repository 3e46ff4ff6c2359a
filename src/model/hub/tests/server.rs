//! A server on localhost that plays the Hub.

use super::Settings;
use secrecy::SecretString;
use sha1::{Digest, Sha1};
use sha2::Sha256;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
pub const TOKEN: &str = "hf_a_token_that_no_message_may_show";

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    None,
    /// 404 for the model.
    NoSuchModel,
    /// 401 for a model that does not exist, to a client without a token.
    NotToStrangers,
    /// The listing is open, the files are not.
    Gated,
    /// 503 for everything.
    Down,
    /// The weights' body ends in the middle.
    CutOff,
    /// The weights' body stops in the middle, and the connection stays open.
    Stuck,
    /// The listing has another size than the file.
    WrongSize,
}

pub type Files = Vec<(&'static str, Vec<u8>)>;

/// A request as it came: its line, and the whole head.
pub struct Request {
    pub path: String,
    pub head: String,
}

impl Request {
    pub fn has_token(&self) -> bool {
        let header = format!("authorization: bearer {TOKEN}");
        self.head.lines().any(|line| line.eq_ignore_ascii_case(&header))
    }

    /// The first byte that is wanted, of a request for a part.
    fn from(&self) -> Option<usize> {
        let head = self.head.to_lowercase();
        head.split_once("range: bytes=")?.1.split_once('-')?.0.parse().ok()
    }
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
pub struct Hub {
    pub url: String,
    log: Arc<Mutex<Vec<Request>>>,
}

impl Hub {
    /// Serves `files` of the model `owner/tiny`.
    pub fn serve(files: &[(&'static str, Vec<u8>)], trouble: Trouble) -> Hub {
        let files = files.to_vec();
        Hub::answering(move |request| route(request, &files, trouble))
    }

    pub fn answering(route: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Hub {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let hub = Hub::at(&format!("http://{}", listener.local_addr().unwrap()));
        let (route, log) = (Arc::new(route), hub.log.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (route, log) = (route.clone(), log.clone());
                std::thread::spawn(move || converse(stream.unwrap(), &*route, &log));
            }
        });
        hub
    }

    /// An address, whether anything serves there or not.
    pub fn at(url: &str) -> Hub {
        Hub { url: url.into(), log: Arc::default() }
    }

    /// Method and path of every request so far.
    pub fn requests(&self) -> Vec<String> {
        let heads = self.heads();
        heads.iter().map(|head| head.rsplit_once(" HTTP").unwrap().0.to_owned()).collect()
    }

    pub fn heads(&self) -> Vec<String> {
        self.log.lock().unwrap().iter().map(|request| request.head.clone()).collect()
    }

    pub fn settings(&self, cache: &Path) -> Settings {
        Settings {
            endpoint: self.url.clone(),
            token: Some(SecretString::from(TOKEN)),
            cache: cache.to_owned(),
            offline: false,
            user_agent: "test".into(),
            retries: 1,
            first_wait: Duration::from_millis(1),
        }
    }
}

fn converse(mut stream: TcpStream, route: &dyn Fn(&Request) -> Answer, log: &Mutex<Vec<Request>>) {
    let lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let Some(path) = head.first().and_then(|line| line.split(' ').nth(1)) else { return };
    let request = Request { path: path.into(), head: head.join("\n") };
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
            std::thread::sleep(Duration::from_secs(20));
        }
        End::Endless => while stream.write_all(&answer.body).is_ok() {},
    }
}

/// What the Hub answers about `owner/tiny`.
pub fn route(request: &Request, files: &[(&'static str, Vec<u8>)], trouble: Trouble) -> Answer {
    let path = request.path.as_str();
    let error = |status, code: &str| {
        Answer::new(status, r#"{"error":"in the Hub's words"}"#).with("X-Error-Code", code)
    };
    if trouble == Trouble::Down {
        return error("503 Service Unavailable", "");
    }
    if !path.contains("owner/tiny") || trouble == Trouble::NoSuchModel {
        return error("404 Not Found", "RepoNotFound");
    }
    if trouble == Trouble::NotToStrangers || !request.has_token() {
        return error("401 Unauthorized", "RepoNotFound");
    }
    if path.starts_with("/api/models/owner/tiny/tree/") {
        let more = if trouble == Trouble::WrongSize { 1 } else { 0 };
        return Answer::json(&tree(files, more));
    }
    if path.starts_with("/api/models/owner/tiny") {
        if path.ends_with("/revision/v9") {
            return error("404 Not Found", "RevisionNotFound");
        }
        return Answer::json(&serde_json::json!({ "id": "owner/tiny", "sha": COMMIT }));
    }
    if trouble == Trouble::Gated {
        return error("403 Forbidden", "GatedRepo");
    }
    let name = path.rsplit('/').next().unwrap();
    let Some((_, bytes)) = files.iter().find(|(file, _)| *file == name) else {
        return error("404 Not Found", "EntryNotFound");
    };
    let mut answer = match request.from() {
        None => Answer::ok(bytes.clone()),
        Some(from) => Answer::new("206 Partial Content", &bytes[from..])
            .with("Content-Range", format!("bytes {from}-{}/{}", bytes.len() - 1, bytes.len())),
    };
    if name.ends_with(".safetensors") {
        answer.end = match trouble {
            Trouble::CutOff => End::Half,
            Trouble::Stuck => End::Stuck,
            _ => End::Right,
        };
    }
    answer.with("ETag", format!("\"etag-of-{name}\"")).with("X-Repo-Commit", COMMIT)
}

/// The listing of files, which are `more` bytes longer in it than they are.
pub fn tree(files: &[(&'static str, Vec<u8>)], more: usize) -> serde_json::Value {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let entries = files.iter().map(|(name, bytes)| {
        let git = Sha1::new_with_prefix(format!("blob {}\0", bytes.len())).chain_update(bytes);
        let size = bytes.len() + more;
        let mut entry = serde_json::json!({
            "type": "file", "oid": hex(&git.finalize()), "path": name, "size": size,
        });
        if name.ends_with(".safetensors") {
            let oid = hex(&Sha256::digest(bytes));
            entry["lfs"] = serde_json::json!({ "oid": oid, "size": size, "pointerSize": 134 });
        }
        entry
    });
    entries.collect()
}

/// The files of a model, and some that are not needed.
pub fn model_files() -> Files {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/golden/mistral");
    let read = |name: &str| std::fs::read(fixture.join(name)).unwrap();
    vec![
        ("config.json", read("config.json")),
        ("model.safetensors", read("model.safetensors")),
        ("tokenizer.json", b"{}".to_vec()),
        ("chat_template.jinja", b"{{ messages }}".to_vec()),
        ("pytorch_model.bin", b"pickle".to_vec()),
        ("consolidated.safetensors", b"the same once more".to_vec()),
        ("README.md", b"words".to_vec()),
    ]
}
