//! `versatune export` and `logging.tensorboard` with the real binary. The event files are read by a reader of
//! their own here; `make parity` reads them with TensorBoard's.

use crate::common::{DOMAINS, Sandbox, assert_one_error, of_kind};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A scalar: its wall time, step, tag and value.
type Scalar = (f64, u64, String, f32);

/// Fields of a protobuf message: their numbers, and their bytes or the bytes of their number.
fn fields(mut bytes: &[u8]) -> Vec<(u64, Vec<u8>)> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let length = match key & 7 {
            0 => {
                fields.push((key >> 3, varint(&mut bytes).to_le_bytes().to_vec()));
                continue;
            }
            1 => 8,
            2 => varint(&mut bytes) as usize,
            5 => 4,
            other => panic!("wire type {other}"),
        };
        let (field, rest) = bytes.split_at(length);
        fields.push((key >> 3, field.to_vec()));
        bytes = rest;
    }
    fields
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let end = bytes.iter().position(|byte| byte & 0x80 == 0).unwrap();
    let (digits, rest) = bytes.split_at(end + 1);
    *bytes = rest;
    digits.iter().rev().fold(0, |number, digit| number << 7 | u64::from(digit & 0x7f))
}

fn number(field: Option<&Vec<u8>>) -> u64 {
    field.map_or(0, |bytes| u64::from_le_bytes(bytes[..].try_into().unwrap()))
}

/// The messages of a file of TFRecords; a last one that is not whole is left out.
fn messages(file: &Path) -> Vec<Vec<u8>> {
    let bytes = fs::read(file).unwrap();
    let (mut at, mut messages) = (0, Vec::new());
    while let Some(head) = bytes.get(at..at + 12) {
        let length = u64::from_le_bytes(head[..8].try_into().unwrap()) as usize;
        let Some(frame) = bytes.get(at + 12..at + 16 + length) else { break };
        let (message, checksum) = frame.split_at(length);
        assert_eq!(checksum, masked_crc32c(message), "at byte {at} of {}", file.display());
        assert_eq!(head[8..], masked_crc32c(&head[..8]), "at byte {at} of {}", file.display());
        messages.push(message.to_vec());
        at += 16 + length;
    }
    messages
}

/// By its definition, bit by bit.
fn masked_crc32c(data: &[u8]) -> [u8; 4] {
    let mut crc = u32::MAX;
    for byte in data {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0x82f6_3b78 } else { crc >> 1 };
        }
    }
    let crc = !crc;
    crc.rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes()
}

/// Event files of a folder, oldest first.
fn event_files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// The scalars of a folder as TensorBoard takes them: a start of a session voids what came before at its step
/// and later.
fn scalars(folder: &Path) -> Vec<Scalar> {
    let mut scalars: Vec<Scalar> = Vec::new();
    for (index, message) in event_files(folder).iter().flat_map(|file| messages(file)).enumerate() {
        let event: BTreeMap<u64, Vec<u8>> = fields(&message).into_iter().collect();
        if index == 0 {
            assert_eq!(event[&3], b"brain.Event:2");
        }
        let wall_time = f64::from_bits(number(event.get(&1)));
        let step = number(event.get(&2));
        if event.get(&7).is_some_and(|log| fields(log) == [(1, 1_u64.to_le_bytes().to_vec())]) {
            scalars.retain(|(_, before, ..)| *before < step);
        }
        for (_, value) in event.get(&5).map(|summary| fields(summary)).into_iter().flatten() {
            let value: BTreeMap<u64, Vec<u8>> = fields(&value).into_iter().collect();
            let tag = String::from_utf8(value[&1].clone()).unwrap();
            let Some(scalar) = value.get(&2) else { continue };
            scalars.push((
                wall_time,
                step,
                tag,
                f32::from_le_bytes(scalar[..].try_into().unwrap()),
            ));
        }
    }
    scalars
}

/// The scalars that rows of JSON stand for.
fn scalars_of_rows(rows: &[Value]) -> Vec<Scalar> {
    let mut scalars = Vec::new();
    for row in rows.iter().filter(|row| row["text"].is_null()) {
        let tag = |end: &str| {
            let domain = row["domain"].as_str().map_or(String::new(), |name| format!("/{name}"));
            format!("{}{end}{domain}", row["metric"].as_str().unwrap())
        };
        let wall_time = row["unix_ms"].as_u64().unwrap() as f64 / 1000.0;
        let step = row["step"].as_u64().unwrap();
        let value = row["value"].as_f64().unwrap() as f32;
        scalars.push((wall_time, step, tag(""), value));
        let error = row["error"].as_f64();
        scalars.extend(error.map(|error| (wall_time, step, tag("_error"), error as f32)));
    }
    scalars
}

fn rows(file: &Path) -> Vec<Value> {
    let text = fs::read_to_string(file).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A run that is killed and resumed: each step is there once, in all formats and as it went.
#[test]
fn a_run_is_exported_and_written_as_it_goes() {
    let sandbox = Sandbox::new();
    let sets = ["logging.tensorboard=true", "training.length=Steps(200)", "checkpoint.every=50"];
    let mut process = sandbox.start("it", &sets);
    process.until(|event| event["event"] == "checkpoint_saved").unwrap();
    process.until(|event| event["event"] == "step").unwrap();
    process.kill();
    sandbox.resume("it", &sets).finish().expect(0);
    let folder = sandbox.run_dir("it");
    for format in ["tensorboard", "csv", "jsonl"] {
        let done = sandbox.run(&["export", "it", "--to", format]).expect(0);
        assert!(done.stdout.starts_with("runs/it/metrics."), "{}", done.stdout);
        assert!(done.stdout.contains("left out"), "{}", done.stdout);
        assert_eq!(done.stderr, "");
    }

    // The exact numbers of the record, of the last time that each step was done.
    let rows = rows(&folder.join("metrics.jsonl"));
    let record = sandbox.record("it");
    let done: BTreeMap<u64, &Value> = of_kind(&record, "step")
        .into_iter()
        .map(|step| (step["step"].as_u64().unwrap(), step))
        .collect();
    let losses: Vec<&Value> = rows.iter().filter(|row| row["metric"] == "loss/train").collect();
    assert_eq!(losses.len(), 200);
    for (row, (step, event)) in losses.iter().zip(done) {
        assert_eq!(row["step"], step);
        assert_eq!([&row["value"], &row["unix_ms"]], [&event["loss"], &event["unix_ms"]]);
    }
    for domain in DOMAINS {
        for metric in ["held_out_loss", "weight", "potential", "forgetting", "ceiling", "forgotten"]
        {
            let is_of = |row: &&Value| row["metric"] == metric && row["domain"] == domain;
            assert!(rows.iter().any(|row| is_of(&row)), "{metric} of {domain}");
        }
    }
    let table = fs::read_to_string(folder.join("metrics.csv")).unwrap();
    assert_eq!(table.lines().count(), rows.len() + 1);

    let expected = scalars_of_rows(&rows);
    assert_eq!(scalars(&folder.join("metrics.tensorboard")), expected);
    // What the kill caught before it was written is missing, but nothing is there that counts no more.
    let live = scalars(&folder.join("tensorboard"));
    assert_eq!(event_files(&folder.join("tensorboard")).len(), 2);
    let mut left = expected.iter();
    assert!(live.iter().all(|scalar| left.any(|found| found == scalar)), "{live:?}");
    let resumed = of_kind(&record, "resumed")[0]["step"].as_u64().unwrap();
    let behind = |all: &[Scalar]| all.iter().filter(|(_, step, ..)| *step > resumed).count();
    assert_eq!(behind(&live), behind(&expected));
}

#[test]
fn what_cannot_be_written_is_said_and_loses_nothing() {
    let sandbox = Sandbox::new();
    // A file is where the live events would go: one warning, and the run is done.
    fs::create_dir_all(sandbox.path("runs")).unwrap();
    let short = ["training.length=Steps(2)", "mixing.every=1"];
    sandbox.train("it", &short).expect(0);
    fs::write(sandbox.run_dir("it").join("tensorboard"), "in the way").unwrap();
    let sets = ["training.length=Steps(4)", "mixing.every=1", "logging.tensorboard=true"];
    sandbox.resume("it", &sets).finish().expect(0);
    let record = sandbox.record("it");
    let warnings = of_kind(&record, "notice").into_iter().filter(|notice| {
        notice["level"] == "warning" && notice["text"].as_str().unwrap().contains("TensorBoard")
    });
    assert_eq!(warnings.count(), 1);
    assert_eq!(of_kind(&record, "step").len(), 4);

    sandbox.write("notes.csv", "mine\n");
    let taken = sandbox.run(&["export", "runs/it", "--to", "csv", "--out", "notes.csv"]).expect(1);
    assert_one_error(&taken, &["notes.csv", "no export", "name another file"]);
    assert_eq!(fs::read_to_string(sandbox.path("notes.csv")).unwrap(), "mine\n");
    let nowhere =
        sandbox.run(&["export", "runs/it", "--to", "jsonl", "--out", "no/such"]).expect(1);
    assert_one_error(&nowhere, &["cannot write no/such"]);
    let none = sandbox.run(&["export", "runs/other", "--to", "csv"]).expect(1);
    assert_one_error(&none, &["runs/other"]);
    sandbox.run(&["export", "it", "--to", "xlsx"]).expect(2);
}
