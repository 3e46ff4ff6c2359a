//! No sink shows a key, or a character that controls a terminal, wherever a text comes from.

use crate::config;
use crate::echo;
use crate::export::{self, Format};
use crate::headless::{self, LogFormat};
use crate::report;
use crate::telemetry::fixture::{notice, records, small_run};
use crate::telemetry::{Record, RecordWriter, RecordedRun, RunView};
use crate::tui::keys::KeyMap;
use crate::tui::look::{Look, Marks, Theme};
use crate::tui::{Model, ModelInit, ScreenId, frame, picture};
use jiff::tz::TimeZone;
use proptest::prelude::*;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

const SECRET: &str = "AbCd0123EfGh4567IjKl";

/// Fields of events whose texts come from others.
const FIELDS: [&str; 14] = [
    "text", "run", "error", "why", "path", "what", "domain", "value", "detail", "name", "model",
    "old", "new", "prompt",
];

fn hostile() -> impl Strategy<Value = String> {
    let parts = prop::sample::select(vec![
        "\u{1b}[2J",
        "\u{1b}]0;x\u{7}",
        "\u{9b}31m",
        "\u{202e}",
        "\u{2066}",
        "\0",
        "\r",
        "\u{7f}",
        "\n",
        "law",
        " sk-proj-AbCd0123EfGh4567IjKl ",
        "\"",
        "<b>",
        "漢",
    ]);
    prop::collection::vec(parts, 1..6).prop_map(|parts| parts.concat())
}

/// The record of a run all of whose texts are this one.
fn hostile_run(text: &str) -> Vec<Record> {
    let mut events = small_run();
    events.push(notice(text));
    records(events).into_iter().map(|record| with(record, text)).collect()
}

fn with(record: Record, text: &str) -> Record {
    let mut json = serde_json::to_value(&record).unwrap();
    replace(&mut json, text);
    serde_json::from_value(json).unwrap_or(record)
}

fn replace(json: &mut Value, text: &str) {
    match json {
        Value::Object(fields) => fields.iter_mut().for_each(|(name, value)| match value {
            Value::String(old) if FIELDS.contains(&name.as_str()) => *old = text.into(),
            value => replace(value, text),
        }),
        Value::Array(items) => items.iter_mut().for_each(|item| match item {
            Value::String(old) if old == "law" => *old = text.into(),
            item => replace(item, text),
        }),
        _ => {}
    }
}

#[track_caller]
fn assert_clean(what: &str, shown: &str) {
    // Not by the program's own rule, which is what is tested.
    let turns = ['\u{202e}', '\u{2066}', '\u{2028}', '\u{2029}'];
    let bad = shown.chars().find(|c| (c.is_control() && *c != '\n') || turns.contains(c));
    assert_eq!(bad, None, "{what}: {shown:?}");
    assert!(!shown.contains(SECRET), "{what}: {shown}");
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn log_lines(run: &Path, format: LogFormat) -> String {
    let out = Shared::default();
    let view = RunView::open(RecordedRun::open(run).unwrap()).unwrap();
    headless::run(view, out.clone(), format, 1, &TimeZone::UTC);
    String::from_utf8(out.0.lock().unwrap().clone()).unwrap()
}

/// Escape sequences of colours are ours.
fn without_colours(text: &str) -> String {
    let mut pieces = text.split("\u{1b}[");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |shown, piece| {
        let (colour, rest) = piece.split_once('m').expect("a colour");
        assert!(colour.chars().all(|c| c.is_ascii_digit() || c == ';'), "{piece:?}");
        shown + rest
    })
}

fn assert_screens_clean(run: &Path) {
    for id in ScreenId::all() {
        let (_, run) = RunView::open(RecordedRun::open(run).unwrap()).unwrap().finish().unwrap();
        let title = format!("VersaTune: {}", run.state.run);
        let mut model = Model::new(ModelInit {
            now_ms: run.state.unix_ms,
            run,
            look: Look { theme: Theme::dark(), marks: Marks::Braille },
            themes: vec![Theme::dark()],
            keys: KeyMap::default(),
            zone: TimeZone::UTC,
            size: (160, 50),
            operator: String::new(),
        });
        model.show(id);
        let cells = frame(&mut model);
        let name = id.name();
        cells.content().iter().for_each(|cell| assert_clean(name, cell.symbol()));
        assert_clean(name, &picture::text(&cells));
        assert_clean(name, &picture::svg(&cells, &Theme::dark(), &title));
        assert_clean(name, &without_colours(&picture::ansi(&cells)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_run_of_hostile_texts_is_shown_clean(text in hostile()) {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = RecordWriter::create(dir.path()).unwrap();
        hostile_run(&text).iter().for_each(|record| writer.write(record).unwrap());
        drop(writer);
        assert_clean("text lines", &log_lines(dir.path(), LogFormat::Text));
        let json = log_lines(dir.path(), LogFormat::Json);
        assert_clean("JSON lines", &json);
        json.lines().for_each(|line| drop(serde_json::from_str::<Record>(line).unwrap()));
        let report = report::load(dir.path()).unwrap();
        assert_clean("the table", &echo::lines(&report.table_text(|text| text.into())));
        assert_clean("the report", &echo::json(&report.json().unwrap().to_string()));
        report.write_plots(dir.path()).unwrap();
        for plot in ["weights.svg", "losses.svg"] {
            assert_clean(plot, &fs::read_to_string(dir.path().join(plot)).unwrap());
        }
        for format in [Format::Csv, Format::JsonLines] {
            let place = format.usual_place(dir.path());
            export::export(dir.path(), format, &place).unwrap();
            assert_clean("the export", &fs::read_to_string(place).unwrap());
        }
        assert_screens_clean(dir.path());
    }

    #[test]
    fn errors_of_a_hostile_config_are_clean(text in hostile()) {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("x.ron");
        let quoted = format!("{text:?}");
        for config in [
            text.clone(),
            format!("({text}: 1)"),
            format!("(name: {quoted})"),
            format!("(data: (domains: [(name: {quoted}, train: {quoted})]))"),
            format!("(data: (domains: [(name: \"law\", only: (field: {quoted}, is: 5))]))"),
            format!("(name: \"{text}\")"),
        ] {
            fs::write(&file, &config).unwrap();
            for sets in [vec![], vec![format!("name={text}")], vec![format!("{text}=1")]] {
                let error = config::load(&file, &sets).unwrap_err();
                assert_clean("the error", &error.to_string());
                assert_clean("its first line", &error.first());
            }
        }
    }
}
