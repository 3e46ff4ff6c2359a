use super::points::{Points, Value};
use super::sink::Sink;
use super::table::{Csv, JsonLines};
use super::tensorboard::EventWriter;
use super::{ExportError, Format, export};
use crate::control::Actor;
use crate::mixing::Change;
use crate::telemetry::fixture::{
    BEGAN_MS, evaluated, records, small_run, started, step_sample, weighted,
};
use crate::telemetry::{Event, Record, RecordWriter};
use crate::unit::Step;
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use std::fs;
use std::path::Path;

fn write_record(dir: &Path, events: Vec<Event>) -> Vec<Record> {
    let records = records(events);
    let mut writer = RecordWriter::create(dir).unwrap();
    records.iter().for_each(|record| writer.write(record).unwrap());
    records
}

/// The rows of a run as JSON lines.
fn rows(dir: &Path) -> Vec<Json> {
    let place = Format::JsonLines.usual_place(dir);
    export(dir, Format::JsonLines, &place).unwrap();
    let text = fs::read_to_string(place).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn of<'a>(rows: &'a [Json], metric: &str) -> Vec<&'a Json> {
    rows.iter().filter(|row| row["metric"] == metric).collect()
}

#[test]
fn a_run_becomes_rows_of_exact_numbers() {
    let dir = tempfile::tempdir().unwrap();
    write_record(dir.path(), small_run());
    let rows = rows(dir.path());
    // 40 steps of 8 numbers; w(0), ceilings; 3 evaluations; 2 updates of 9; 2 tests and a command.
    assert_eq!(rows.len(), 320 + 3 + 3 + 9 + 18 + 3);
    let losses = of(&rows, "loss/train");
    let steps: Vec<u64> = losses.iter().map(|row| row["step"].as_u64().unwrap()).collect();
    assert_eq!(steps, Vec::from_iter(1..=40));
    let first = json!({
        "step": 1, "unix_ms": BEGAN_MS + 16_000, "metric": "loss/train", "domain": null,
        "value": 3.0 - 1.0 / 64.0, "error": null, "text": null,
    });
    assert_eq!(*losses[0], first);
    assert_eq!(of(&rows, "tokens_per_sec")[7]["value"], 2048.0);
    assert_eq!(of(&rows, "memory_bytes")[7]["value"], 1_073_741_824.0);
    // The sums of the losses are 100·ℓ and 50·ℓ over 100 and 50 tokens.
    assert_eq!(of(&rows, "train_loss")[5]["value"], 3.0 - 2.0 / 64.0);
    let ceilings = of(&rows, "ceiling");
    assert_eq!([&ceilings[2]["domain"], &ceilings[2]["value"]], [&json!("code"), &json!(2.5)]);
    let weights = of(&rows, "weight").into_iter().filter(|row| row["domain"] == "law");
    let weights: Vec<[&Json; 2]> = weights.map(|row| [&row["step"], &row["value"]]).collect();
    assert_eq!(json!(weights), json!([[0, 0.25], [20, 0.5], [40, 0.5]]));
    let told = of(&rows, "threshold")[1]["text"].as_str().unwrap();
    assert!(told.starts_with("held  update 2  "), "{told}");
    let told = of(&rows, "command")[0]["text"].as_str().unwrap();
    assert!(told.starts_with("#1 'set lambda 0.5' by ada@pts/3"), "{told}");
}

#[test]
fn csv_has_the_rows_of_json() {
    let dir = tempfile::tempdir().unwrap();
    write_record(dir.path(), small_run());
    let place = dir.path().join("here.csv");
    let exported = export(dir.path(), Format::Csv, &place).unwrap();
    let rows = rows(dir.path());
    assert_eq!((exported.points, exported.left_out), (rows.len() as u64, 0));
    let mut table = csv::Reader::from_path(place).unwrap();
    let names = table.headers().unwrap().clone();
    for (row, json) in table.records().map(Result::unwrap).zip(&rows) {
        for (name, field) in names.iter().zip(&row) {
            let same = match &json[name] {
                Json::Null => field.is_empty(),
                Json::String(text) => field == text,
                number => field.parse::<f64>().ok() == number.as_f64(),
            };
            assert!(same, "{name}: {field} is not {}", json[name]);
        }
    }
}

/// Fields that only some runs have.
#[test]
fn errors_what_is_forgotten_and_weights_of_commands_are_there() {
    let mut measured = evaluated(20, [2.0, f64::NAN, 4.0]);
    let Event::Evaluated { domains, .. } = &mut measured else { unreachable!() };
    domains[0].error = Some(0.25);
    let changes = [Some(0.5), Some(-0.5), None];
    for (domain, relative) in domains.iter_mut().zip(changes) {
        domain.since_start = relative.map(|relative| Change { relative, error: 0.125 });
    }
    let dir = tempfile::tempdir().unwrap();
    let detected = small_run().into_iter().find(|event| matches!(event, Event::Detected { .. }));
    write_record(dir.path(), vec![started(None), detected.unwrap(), measured, weighted(20)]);
    let rows = rows(dir.path());
    let numbers = |metric: &str| -> Json {
        of(&rows, metric)
            .iter()
            .map(|row| json!([row["domain"], row["value"], row["error"]]))
            .collect()
    };
    let losses = json!([["law", 2.0, 0.25], ["medical", null, null], ["code", 4.0, null]]);
    assert_eq!(numbers("held_out_loss"), losses);
    assert_eq!(numbers("forgotten"), json!([["law", 0.5, 0.125], ["medical", 0.0, 0.125]]));
    // w(0) is [0.25, 0.25, 0.5] and code is given 0.5 again.
    let weights = numbers("weight");
    assert_eq!(weights.as_array().unwrap().len(), 6);
    assert_eq!(weights[5], json!(["code", 0.5, null]));
}

#[test]
fn steps_that_were_done_again_count_once() {
    let resumed = |step, known| Event::Resumed {
        step: Step(step),
        path: "checkpoints/step".into(),
        replayed_from_seq: known,
    };
    let mut events = vec![started(None)];
    events.extend((1..=30).map(step_sample));
    // Killed behind a checkpoint of step 20, whose last event is number 21.
    events.extend([started(Some(20)), resumed(20, 21)]);
    events.extend((21..=25).map(step_sample));
    let actor = Actor::Schedule;
    let path = "checkpoints/step".into();
    events.push(Event::RolledBack { from: Step(25), step: Step(22), path, to_seq: 35, actor });
    events.extend((23..=24).map(step_sample));
    let dir = tempfile::tempdir().unwrap();
    let records = write_record(dir.path(), events);
    let rows = rows(dir.path());
    let losses = of(&rows, "loss/train");
    let steps: Vec<u64> = losses.iter().map(|row| row["step"].as_u64().unwrap()).collect();
    assert_eq!(steps, Vec::from_iter(1..=24));
    assert_eq!(losses[23]["unix_ms"], records.last().unwrap().unix_ms);
    let exported = export(dir.path(), Format::Csv, &dir.path().join("x.csv")).unwrap();
    // 10 and 3 steps of 8 numbers.
    assert_eq!((exported.points, exported.left_out), (24 * 8, 13 * 8));
}

/// See tests/fixtures/tensorboard/make.py.
#[test]
fn the_bytes_are_those_of_tensorboards_own_writer() {
    let value = |metric: &'static str, domain: Option<&'static str>, value, error| Value {
        metric: metric.into(),
        domain: domain.map(Into::into),
        value,
        error,
    };
    let points = Points {
        step: Step(300),
        unix_ms: BEGAN_MS + 500,
        values: vec![
            value("loss/train", None, 2.5, None),
            value("weight", Some("law"), f64::NAN, None),
            value("held_out_loss", Some("law"), 1.75, Some(0.0078125)),
        ],
        text: Some(("threshold", "held  γ 0.25 ≤ 1 × φ".into())),
    };
    let mut bytes = Vec::new();
    let mut events = EventWriter::begin(&mut bytes, BEGAN_MS).unwrap();
    events.restart(BEGAN_MS + 250, Step(21)).unwrap();
    events.put(&points).unwrap();
    assert!(bytes == include_bytes!("../../tests/fixtures/tensorboard/events.tfevents"));
}

/// TensorBoard shows one text of a kind at a step.
#[test]
fn a_text_has_the_earlier_ones_of_its_step() {
    let written = |texts: &[(u64, &str)]| {
        let mut bytes = Vec::new();
        let mut events = EventWriter::begin(&mut bytes, 0).unwrap();
        for (step, text) in texts {
            let text = Some(("command", (*text).to_owned()));
            events.put(&Points { step: Step(*step), unix_ms: 0, values: vec![], text }).unwrap();
        }
        bytes
    };
    let both = written(&[(1, "one"), (1, "two"), (2, "three")]);
    for part in ["one", "one\n\ntwo", "three"] {
        assert!(both.windows(part.len()).any(|bytes| bytes == part.as_bytes()), "{part:?}");
    }
    assert!(!both.windows(5).any(|bytes| bytes == b"two\n\n"));
}

#[test]
fn an_export_replaces_itself_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    write_record(dir.path(), small_run());
    for format in [Format::TensorBoard, Format::Csv, Format::JsonLines] {
        let place = format.usual_place(dir.path());
        let first = export(dir.path(), format, &place).unwrap();
        let content = fs::read(&first.path).unwrap();
        assert_eq!(export(dir.path(), format, &place).unwrap(), first);
        assert!(fs::read(&first.path).unwrap() == content, "{format:?}");
    }
    let mine = dir.path().join("mine");
    fs::write(&mine, "step;loss\n").unwrap();
    for format in [Format::Csv, Format::JsonLines] {
        let error = export(dir.path(), format, &mine).unwrap_err();
        assert!(matches!(error, ExportError::Foreign { .. }), "{error}");
        let error = export(dir.path(), format, Path::new("/dev/null")).unwrap_err().to_string();
        assert!(error.contains("it is a character device"), "{error}");
    }
    assert_eq!(fs::read_to_string(&mine).unwrap(), "step;loss\n");
    let others = dir.path().join("others");
    fs::create_dir(&others).unwrap();
    fs::write(others.join("events.out.tfevents.1.host"), "").unwrap();
    let error = export(dir.path(), Format::TensorBoard, &others).unwrap_err();
    assert!(matches!(error, ExportError::Mixed { .. }), "{error}");
}

#[test]
fn what_can_be_read_of_a_damaged_record_is_exported() {
    let dir = tempfile::tempdir().unwrap();
    write_record(dir.path(), small_run());
    let path = dir.path().join("events.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    let damaged =
        text.replacen("\"event\":\"step\",\"step\":7,", "\"event\":\"step\",\"step\":?", 1);
    assert_ne!(damaged, text);
    fs::write(&path, damaged).unwrap();
    let exported = export(dir.path(), Format::Csv, &dir.path().join("x.csv")).unwrap();
    assert!(exported.damage[0].contains("line 23 is damaged"), "{:?}", exported.damage);
    let steps = of(&rows(dir.path()), "loss/train").len();
    assert_eq!((steps, exported.points), (39, 356 - 8));
}

#[test]
fn a_run_without_a_step_is_a_table_without_rows() {
    let dir = tempfile::tempdir().unwrap();
    write_record(dir.path(), vec![started(None)]);
    let place = dir.path().join("x.csv");
    assert_eq!(export(dir.path(), Format::Csv, &place).unwrap().points, 0);
    let names = "step,unix_ms,metric,domain,value,error,text\n";
    assert_eq!(fs::read_to_string(place).unwrap(), names);
}

proptest! {
    #[test]
    fn every_number_reads_back_to_the_same_bits(value in any::<f64>(), domain in "\\PC{0,12}") {
        let one = Value { metric: "weight".into(), domain: Some(domain.as_str().into()), value, error: None };
        let points = Points { step: Step(7), unix_ms: 9, values: vec![one], text: None };
        let mut table = Vec::new();
        let mut csv = Csv::begin(&mut table).unwrap();
        csv.put(&points).unwrap();
        csv.flush().unwrap();
        drop(csv);
        let row = csv::Reader::from_reader(&table[..]).records().next().unwrap().unwrap();
        let mut line = Vec::new();
        JsonLines(&mut line).put(&points).unwrap();
        let json: Json = serde_json::from_slice(&line).unwrap();
        if value.is_finite() {
            prop_assert_eq!(row[4].parse::<f64>().unwrap().to_bits(), value.to_bits());
            prop_assert_eq!(json["value"].as_f64().unwrap().to_bits(), value.to_bits());
        } else {
            prop_assert_eq!(&row[4], "");
            prop_assert!(json["value"].is_null());
        }
        prop_assert_eq!(&row[3], domain.as_str());
    }
}
