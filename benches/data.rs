//! How fast data become tokens: `make bench-data MIB=64 ROUNDS=3`.
//!
//! In turns, on all cores: a file of running text by `Corpus::prepare`, from the file to the tokens on disk,
//! against the tokenizer library alone, which encodes the same texts out of memory. Then a Parquet file of a
//! million rows. Memory is that of this process and its children while it prepares.

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use flate2::read::GzDecoder;
use parquet::arrow::ArrowWriter;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use versatune::data::{
    Corpus, DataPlan, DomainPlan, HeldOut, LossRule, OnBadRow, RowChoice, RowFormat,
    TemplateChoice, TooLong, for_each_row, load_tokenizer,
};
use versatune::sandbox::Isolation;

/// Rows that the library gets at once, as many as `Corpus::prepare` gives it.
const ROWS_AT_ONCE: usize = 1024;
const PARQUET_ROWS: usize = 1_000_000;

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|word| word.parse().ok());
    let (mib, rounds) = (numbers.next().unwrap_or(64), numbers.next().unwrap_or(3));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let texts = texts();
    let file = folder.path().join("text.jsonl");
    write_jsonl(&file, &texts, mib << 20);
    println!(
        "{mib} MiB of rows of text, {} cores",
        thread::available_parallelism().map_or(1, Into::into)
    );
    let mut ratios = Vec::new();
    for round in 1..=rounds {
        let (library, bytes) = library_secs(&file);
        let (own, memory) = prepare_secs(folder.path(), &file);
        let speed = |secs: f64| bytes as f64 / 1e6 / secs;
        ratios.push(library / own);
        println!(
            "round {round}: library {:.1} MB/s, file to tokens {:.1} MB/s, ratio {:.2}, memory {memory} MiB",
            speed(library),
            speed(own),
            library / own,
        );
    }
    ratios.sort_by(f64::total_cmp);
    println!("median ratio {:.2}", ratios[ratios.len() / 2]);

    let table = folder.path().join("rows.parquet");
    write_parquet(&table, &texts);
    let (secs, memory) = prepare_secs(folder.path(), &table);
    println!(
        "a Parquet file of {PARQUET_ROWS} rows: {secs:.1} s to its tokens, memory {memory} MiB"
    );
    println!("the same: {:.1} s to look at three of its rows", look_secs(folder.path(), &table));
}

fn model() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/demo/model")
}

/// The texts of the demo's rows.
fn texts() -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/demo/data/train.jsonl.gz");
    let rows = BufReader::new(GzDecoder::new(File::open(path).expect("the demo's rows")));
    let text = |line: std::io::Result<String>| {
        let row: serde_json::Value = serde_json::from_str(&line.expect("a line")).expect("JSON");
        let fields = row.as_object().expect("a row").values().filter_map(|value| value.as_str());
        fields.collect::<Vec<_>>().join("\n")
    };
    rows.lines().map(text).collect()
}

/// Every row is another one, so that no cache of words or rows helps more than it would.
fn write_jsonl(path: &Path, texts: &[String], bytes: u64) {
    let mut out = BufWriter::new(File::create(path).expect("a file"));
    let mut written = 0;
    for number in 0.. {
        let [a, b] = [number, number * 7 + number / texts.len()].map(|i| &texts[i % texts.len()]);
        let line = serde_json::json!({"text": format!("{a}\n{number}\n{b}")}).to_string();
        writeln!(out, "{line}").expect("room on the disk");
        written += line.len() as u64 + 1;
        if written >= bytes {
            break;
        }
    }
    out.flush().expect("room on the disk");
}

fn write_parquet(path: &Path, texts: &[String]) {
    let column: StringArray = (0..PARQUET_ROWS)
        .map(|i| {
            Some(format!("{i} {}", texts[i % texts.len()].chars().take(80).collect::<String>()))
        })
        .collect();
    let batch = RecordBatch::try_from_iter([("text", Arc::new(column) as ArrayRef)]);
    let batch = batch.expect("a table");
    let file = File::create(path).expect("a file");
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).expect("a writer");
    writer.write(&batch).expect("a table");
    writer.close().expect("a file");
}

/// Seconds in the library, and bytes of text.
fn library_secs(file: &Path) -> (f64, usize) {
    let tokenizer = load_tokenizer(&model()).expect("the demo's tokenizer");
    let (mut secs, mut bytes) = (0.0, 0);
    let mut encode = |texts: &mut Vec<String>| {
        bytes += texts.iter().map(String::len).sum::<usize>();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let begun = Instant::now();
        let encoded = tokenizer.encode_batch_fast(texts, false).expect("tokens");
        secs += begun.elapsed().as_secs_f64();
        drop(encoded);
    };
    let mut waiting = Vec::new();
    for line in BufReader::new(File::open(file).expect("the rows")).lines() {
        let row: BTreeMap<String, String> =
            serde_json::from_str(&line.expect("a line")).expect("a row");
        waiting.extend(row.into_values());
        if waiting.len() == ROWS_AT_ONCE {
            encode(&mut waiting);
            waiting.clear();
        }
    }
    encode(&mut waiting);
    (secs, bytes)
}

/// Seconds until rows from all over the file are shown.
fn look_secs(folder: &Path, file: &Path) -> f64 {
    let choice = RowChoice { domain: None, count: Some(3), seed: 0 };
    let begun = Instant::now();
    let mut seen = 0;
    for_each_row(&plan(folder, file), &model(), &isolation(), &choice, &mut |_| {
        seen += 1;
        ControlFlow::Continue(())
    })
    .expect("rows");
    assert_eq!(seen, 3);
    begun.elapsed().as_secs_f64()
}

fn isolation() -> Isolation {
    Isolation::Process(env!("CARGO_BIN_EXE_versatune").into())
}

/// Seconds from the file to tokens on disk, and the most memory meanwhile, MiB.
fn prepare_secs(folder: &Path, file: &Path) -> (f64, u64) {
    let plan = plan(folder, file);
    let watch = Memory::watch();
    let begun = Instant::now();
    Corpus::prepare(&plan, &model(), &isolation(), &mut |_| ControlFlow::Continue(()))
        .expect("a corpus");
    let secs = begun.elapsed().as_secs_f64();
    let memory = watch.most_mib();
    fs::remove_dir_all(plan.cache_dir).expect("the cache");
    (secs, memory)
}

/// One domain of running text.
fn plan(folder: &Path, file: &Path) -> DataPlan {
    DataPlan {
        domains: vec![DomainPlan {
            name: "all".into(),
            train: vec![file.to_owned()],
            held_out: HeldOut::Share(0.01),
            format: RowFormat::Text { text: "text".into() },
            only: None,
            limit: None,
        }],
        sequence_length: 2048,
        template: TemplateChoice::Tokenizer,
        too_long: TooLong::Cut,
        on_bad_row: OnBadRow::Stop,
        loss: LossRule::Assistant,
        roles: BTreeMap::new(),
        tools: None,
        ignore_fields: Vec::new(),
        cache_dir: folder.join("cache"),
        trust_cache: false,
        held_out_limit: None,
    }
}

/// The most memory of this process and its children while it is watched, beyond what it had before.
struct Memory {
    before: u64,
    most: Arc<AtomicU64>,
    ends: Arc<AtomicBool>,
    thread: thread::JoinHandle<()>,
}

impl Memory {
    fn watch() -> Self {
        let before = family_kib(std::process::id());
        let (most, ends) = (Arc::new(AtomicU64::new(before)), Arc::new(AtomicBool::new(false)));
        let (seen, end) = (most.clone(), ends.clone());
        let thread = thread::spawn(move || {
            while !end.load(Ordering::Relaxed) {
                seen.fetch_max(family_kib(std::process::id()), Ordering::Relaxed);
                thread::sleep(Duration::from_millis(20));
            }
        });
        Memory { before, most, ends, thread }
    }

    fn most_mib(self) -> u64 {
        self.ends.store(true, Ordering::Relaxed);
        self.thread.join().expect("the watch");
        (self.most.load(Ordering::Relaxed) - self.before) / 1024
    }
}

fn family_kib(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let own = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    let own: u64 = own.trim().trim_end_matches(" kB").parse().unwrap_or(0);
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let children = threads.filter_map(|t| fs::read_to_string(t.path().join("children")).ok());
    let of_children = children
        .flat_map(|pids| pids.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .filter_map(|pid| pid.parse().ok())
        .map(family_kib);
    own + of_children.sum::<u64>()
}
