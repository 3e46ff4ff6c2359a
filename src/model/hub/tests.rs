//! Against a Hub on localhost that answers as the real one does.

use super::*;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const TOKEN: &str = "hf_a_token_that_no_message_may_show";

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
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
    /// The weights' body never goes on.
    Stuck,
    /// The listing says another size than the file has.
    WrongSize,
}

/// Serves `files` of the model `owner/tiny`, until the process ends.
struct Hub {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Hub {
    fn serve(files: &[(&'static str, Vec<u8>)], trouble: Trouble) -> Hub {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (files, log) = (Arc::new(files.to_vec()), asked.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (files, log) = (files.clone(), log.clone());
                std::thread::spawn(move || answer(stream.unwrap(), &files, trouble, &log));
            }
        });
        Hub { url, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    fn client(&self, cache: &Path) -> HFClientSync {
        HFClient::builder()
            .endpoint(&self.url)
            .token(TOKEN)
            .cache_dir(cache)
            .retry_max_attempts(1)
            .retry_base_delay(Duration::from_millis(1))
            .build_sync()
            .unwrap()
    }
}

fn answer(
    stream: TcpStream,
    files: &[(&'static str, Vec<u8>)],
    trouble: Trouble,
    log: &Mutex<Vec<String>>,
) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let Some(request) = lines.next() else { return };
    let authorised = lines
        .take_while(|line| !line.is_empty())
        .any(|line| line.eq_ignore_ascii_case(&format!("authorization: bearer {TOKEN}")));
    let (method, path) = request.rsplit_once(' ').unwrap().0.split_once(' ').unwrap();
    log.lock().unwrap().push(format!("{method} {path}"));
    let (status, headers, body) = route(path, files, trouble, authorised);
    let mut head = format!("HTTP/1.1 {status}\r\nConnection: close\r\n");
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += &format!("Content-Length: {}\r\n\r\n", body.len());
    let mut stream = stream;
    let _ = stream.write_all(head.as_bytes());
    if method == "HEAD" {
        return;
    }
    if path.ends_with(".safetensors") && matches!(trouble, Trouble::CutOff | Trouble::Stuck) {
        let _ = stream.write_all(&body[..body.len() / 2]);
        if trouble == Trouble::Stuck {
            std::thread::sleep(Duration::from_secs(20));
        }
        return;
    }
    let _ = stream.write_all(&body);
}

type Answer = (&'static str, Vec<(&'static str, String)>, Vec<u8>);

fn route(
    path: &str,
    files: &[(&'static str, Vec<u8>)],
    trouble: Trouble,
    authorised: bool,
) -> Answer {
    let error = |status, code: &str| {
        let body = br#"{"error":"as the Hub says it"}"#.to_vec();
        (status, vec![("X-Error-Code", code.to_owned())], body)
    };
    if trouble == Trouble::Down {
        return error("503 Service Unavailable", "");
    }
    if !path.contains("owner/tiny") || trouble == Trouble::NoSuchModel {
        return error("404 Not Found", "RepoNotFound");
    }
    if trouble == Trouble::NotToStrangers || !authorised {
        return error("401 Unauthorized", "RepoNotFound");
    }
    if path.starts_with("/api/models/owner/tiny/tree/") {
        let more = if trouble == Trouble::WrongSize { 1 } else { 0 };
        let entries: Vec<_> = files
            .iter()
            .map(|(name, bytes)| {
                serde_json::json!({
                    "type": "file", "oid": "1", "path": name, "size": bytes.len() + more,
                })
            })
            .collect();
        return ("200 OK", Vec::new(), serde_json::to_vec(&entries).unwrap());
    }
    if path.starts_with("/api/models/owner/tiny") {
        if path.ends_with("/revision/v9") {
            return error("404 Not Found", "RevisionNotFound");
        }
        let info = serde_json::json!({ "id": "owner/tiny", "sha": COMMIT });
        return ("200 OK", Vec::new(), serde_json::to_vec(&info).unwrap());
    }
    if trouble == Trouble::Gated {
        return error("403 Forbidden", "GatedRepo");
    }
    let name = path.rsplit('/').next().unwrap();
    match files.iter().find(|(file, _)| *file == name) {
        None => error("404 Not Found", "EntryNotFound"),
        Some((_, bytes)) => {
            let etag = format!("\"etag-of-{name}\"");
            ("200 OK", vec![("ETag", etag), ("X-Repo-Commit", COMMIT.into())], bytes.clone())
        }
    }
}

/// The files of a model, and some that are not needed.
fn model_files() -> Vec<(&'static str, Vec<u8>)> {
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

fn fetch() -> Fetch {
    Fetch { id: "owner/tiny".into(), revision: None, stall: Duration::from_secs(10) }
}

/// Fetches, and gives back the events besides.
fn run(fetch: &Fetch, hub: &Hub, cache: &Path) -> (Result<PathBuf, ModelError>, Vec<Fetching>) {
    let mut events = Vec::new();
    let folder = fetch.run(hub.client(cache), false, &mut |event| {
        events.push(event);
        ControlFlow::Continue(())
    });
    (folder, events)
}

fn error_of(trouble: Trouble) -> String {
    let (hub, cache) = (Hub::serve(&model_files(), trouble), tempfile::tempdir().unwrap());
    let error = run(&fetch(), &hub, cache.path()).0.unwrap_err().to_string();
    assert!(!error.contains(TOKEN), "{error}");
    assert!(error.starts_with("model 'owner/tiny': "), "{error}");
    error
}

#[test]
fn a_model_is_fetched_once_and_only_what_is_needed() {
    let (hub, cache) = (Hub::serve(&model_files(), Trouble::None), tempfile::tempdir().unwrap());
    let (folder, events) = run(&fetch(), &hub, cache.path());
    let folder = folder.unwrap();
    let mut names: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let expected = ["chat_template.jinja", "config.json", "model.safetensors", "tokenizer.json"];
    assert_eq!(names, expected);
    let bytes = model_files()[..4].iter().map(|(_, bytes)| bytes.len() as u64).sum();
    let done = Fetching::Bytes { done: bytes, total: Some(bytes) };
    assert!(events.contains(&done), "{events:?} lacks {done:?}");
    crate::model::Model::open(&folder, tch::Device::Cpu, crate::model::Precision::F32).unwrap();

    let before = hub.asked().len();
    assert_eq!(run(&fetch(), &hub, cache.path()).0.unwrap(), folder);
    let again = hub.asked()[before..].to_vec();
    assert!(again.iter().all(|request| request.starts_with("GET /api/")), "{again:?}");
}

#[test]
fn without_the_hub_the_cache_serves_and_says_so() {
    let (hub, cache) = (Hub::serve(&model_files(), Trouble::None), tempfile::tempdir().unwrap());
    let folder = run(&fetch(), &hub, cache.path()).0.unwrap();

    let offline = fetch().run(hub.client(cache.path()), true, &mut |_| ControlFlow::Continue(()));
    assert_eq!(offline.unwrap(), folder);

    let down = Hub::serve(&[], Trouble::Down);
    let (taken, events) = run(&fetch(), &down, cache.path());
    assert_eq!(taken.unwrap(), folder);
    let Some(Fetching::Notice(notice)) = events.last() else { panic!("{events:?}") };
    assert!(notice.contains("503") && notice.contains("cached copy"), "{notice}");

    // A cache that lost its weights does not count.
    std::fs::remove_file(folder.join("model.safetensors")).unwrap();
    let error = run(&fetch(), &down, cache.path()).0.unwrap_err().to_string();
    assert!(error.contains("the Hub cannot be reached (the Hub answered 503"), "{error}");
}

#[test]
fn refusals_say_what_to_do() {
    let none = "the Hub has no such model, or it is private or gated";
    assert!(error_of(Trouble::NoSuchModel).contains(none));
    assert!(error_of(Trouble::NotToStrangers).contains(none));
    assert!(error_of(Trouble::NotToStrangers).contains("HF_TOKEN"));
    assert!(error_of(Trouble::Gated).contains("accept its terms"));
    let wrong = Fetch { revision: Some("v9".into()), ..fetch() };
    let (hub, cache) = (Hub::serve(&model_files(), Trouble::None), tempfile::tempdir().unwrap());
    let error = run(&wrong, &hub, cache.path()).0.unwrap_err().to_string();
    assert_eq!(error, "model 'owner/tiny@v9': the Hub has no such revision of it");
}

#[test]
fn a_hub_that_is_not_there_is_named_as_unreachable() {
    let hub = Hub { url: "http://127.0.0.1:9".into(), asked: Arc::default() };
    let cache = tempfile::tempdir().unwrap();
    let error = run(&fetch(), &hub, cache.path()).0.unwrap_err().to_string();
    assert!(
        error.contains("the Hub cannot be reached") && error.contains("HF_ENDPOINT"),
        "{error}"
    );
}

#[test]
fn broken_downloads_are_errors_and_leave_no_model_behind() {
    for (trouble, words) in
        [(Trouble::CutOff, "the download broke off ("), (Trouble::WrongSize, "bytes; try again")]
    {
        let (hub, cache) = (Hub::serve(&model_files(), trouble), tempfile::tempdir().unwrap());
        let error = run(&fetch(), &hub, cache.path()).0.unwrap_err().to_string();
        assert!(error.contains(words), "{trouble:?}: {error}");
        // The next try, on a Hub in order, fetches what was broken.
        let well = Hub::serve(&model_files(), Trouble::None);
        let folder = run(&fetch(), &well, cache.path()).0.unwrap();
        for (name, bytes) in &model_files()[..4] {
            assert_eq!(std::fs::read(folder.join(name)).unwrap(), *bytes, "{trouble:?}: {name}");
        }
    }
}

#[test]
fn a_stalled_download_ends_and_can_be_stopped() {
    let (hub, cache) = (Hub::serve(&model_files(), Trouble::Stuck), tempfile::tempdir().unwrap());
    let impatient = Fetch { stall: Duration::from_secs(1), ..fetch() };
    let error = run(&impatient, &hub, cache.path()).0.unwrap_err().to_string();
    assert!(error.contains("no byte came for 1 s"), "{error}");

    let other = tempfile::tempdir().unwrap();
    let stop = &mut |_: Fetching| ControlFlow::Break(());
    let stopped = fetch().run(hub.client(other.path()), false, stop);
    assert!(matches!(stopped, Err(ModelError::Stopped)));
}

#[test]
fn a_repository_without_safetensors_is_refused_before_the_download() {
    let pickle = vec![("config.json", b"{}".to_vec()), ("pytorch_model.bin", b"pickle".to_vec())];
    let (hub, cache) = (Hub::serve(&pickle, Trouble::None), tempfile::tempdir().unwrap());
    let error = run(&fetch(), &hub, cache.path()).0.unwrap_err().to_string();
    assert!(error.contains("no safetensors") && error.contains("save_pretrained"), "{error}");
    assert!(hub.asked().iter().all(|request| request.starts_with("GET /api/")));
}

/// The environment decides, as it does for Python's huggingface_hub. It belongs to a whole process,
/// so this runs the next test in one of its own.
#[test]
fn endpoint_token_and_cache_come_from_the_environment() {
    let (hub, home) = (Hub::serve(&model_files(), Trouble::None), tempfile::tempdir().unwrap());
    let resolve_in = |offline: &str| {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "model::hub::tests::resolves_in_its_own_process"])
            .args(["--nocapture", "--test-threads=1"])
            .env("HF_ENDPOINT", &hub.url)
            .env("HF_HOME", home.path())
            .env("HF_TOKEN", TOKEN)
            .env("HF_HUB_OFFLINE", offline)
            .env_remove("HF_HUB_CACHE")
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{text}");
        text
    };
    let folder = home.path().join("hub/models--owner--tiny/snapshots").join(COMMIT);
    assert!(resolve_in("0").contains(&format!("resolved to {}", folder.display())));
    let asked = hub.asked().len();
    assert!(resolve_in("1").contains(&format!("resolved to {}", folder.display())));
    assert_eq!(hub.asked().len(), asked, "nothing is asked offline");
}

#[test]
#[ignore = "run by the test above, in an environment of its own"]
fn resolves_in_its_own_process() {
    let source = ModelSource::Hub { id: "owner/tiny".into(), revision: None };
    let folder = resolve(&source, &mut |_| ControlFlow::Continue(())).unwrap();
    println!("resolved to {}", folder.display());
}

#[test]
fn a_folder_needs_a_config() {
    let folder = tempfile::tempdir().unwrap();
    let source = ModelSource::Folder(folder.path().to_owned());
    let error = resolve(&source, &mut |_| ControlFlow::Continue(())).unwrap_err().to_string();
    assert!(error.contains("config.json"), "{error}");
}
