use super::*;
use crate::control::{Actor, Verdict};
use crate::mixing::Mixture;
use crate::telemetry::fixture::*;
use crate::telemetry::{Event, RecordWriter, ShadowWeights};
use crate::unit::Step;

/// A run's folder with these events in its record.
fn run_of(events: Vec<Event>) -> (tempfile::TempDir, RunReport) {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = RecordWriter::create(dir.path()).unwrap();
    records(events).iter().for_each(|record| writer.write(record).unwrap());
    let mut report = super::load(dir.path()).unwrap();
    report.dir = "runs/demo".into();
    (dir, report)
}

#[test]
fn the_table_of_a_whole_run() {
    insta::assert_snapshot!(run_of(small_run()).1.table_text(|text| text.into()));
}

#[test]
fn the_table_of_a_run_that_has_hardly_begun() {
    insta::assert_snapshot!(run_of(vec![started(None)]).1.table_text(|text| text.into()));
}

/// A run of 40 steps, resumed with a length of 20, did not do 40 of 20.
#[test]
fn a_run_that_was_shortened_after_its_steps_were_done_says_so() {
    let mut events = small_run();
    events.push(Event::Planned { steps: 20 });
    let table = run_of(events).1.table_text(|text| text.into());
    assert!(table.contains("40, more than the 20 planned"), "{table}");
}

#[test]
fn the_table_fits_100_columns_whatever_the_names() {
    let (_dir, mut report) = run_of(small_run());
    report.state.domains[1] = "a domain with a name that is longer than any name should be".into();
    report.state.history.domain_tokens = vec![123_456_789_012; 3];
    let widest =
        report.table_text(|text| text.into()).lines().map(|line| line.chars().count()).max();
    assert_eq!(widest, Some(100));
}

#[test]
fn the_json_has_exactly_these_keys() {
    let json = run_of(small_run()).1.json().unwrap();
    insta::assert_json_snapshot!(json);
    let bare = run_of(vec![started(None)]).1.json().unwrap();
    assert!(bare["domains"][0]["potential"].is_null() && bare["steps"] == 0);
}

#[test]
fn the_report_says_where_shadows_would_be() {
    let mut events = small_run();
    events.insert(events.len() - 1, shadowed(40, 2, [0.5, 0.125, 0.375]));
    let report = run_of(events).1;
    let table = report.table_text(|text| text.into());
    let lines: Vec<&str> = table.lines().rev().take(4).collect();
    assert_eq!(
        lines,
        [
            " code        0.250   0.375  0.333",
            " medical     0.250   0.125  0.333",
            " law         0.500   0.500  0.333",
            " shadow   in force  DoReMi    Odm",
        ]
    );
    let json = report.json().unwrap();
    assert_eq!(json["shadows"][0]["strategy"], "DoReMi");
    assert_eq!(json["shadows"][0]["weights"][2], 0.375);
}

#[test]
fn the_table_of_many_shadows_fits_100_columns() {
    let shadow = |n: usize| ShadowWeights {
        strategy: format!("VersaTune(rule: Exponential, share: Detected{n})"),
        weights: Mixture::uniform(3),
    };
    let shadows = (0..8).map(shadow).collect();
    let mut events = small_run();
    events.push(Event::ShadowsUpdated { step: Step(40), update: 2, shadows });
    let mut report = run_of(events).1;
    report.state.domains[1] = "a domain with a name that is longer than any name should be".into();
    let table = report.table_text(|text| text.into());
    assert!(table.lines().all(|line| line.chars().count() <= 100), "{table}");
}

#[test]
fn plots_are_whole_svg_files_with_everything_in_them() {
    let mut events = small_run();
    if let Event::RunStarted { domains, .. } = &mut events[0] {
        domains[0] = "law & <order>".into();
    }
    let (dir, report) = run_of(events);
    report.write_plots(dir.path()).unwrap();
    let read = |name: &str| std::fs::read_to_string(dir.path().join(name)).unwrap();
    for svg in [read("weights.svg"), read("losses.svg")] {
        assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
        assert!(svg.contains("target expanded (1)") && svg.contains("target held (1)"));
        assert!(svg.contains("set lambda 0.5") && svg.contains("law &amp; &lt;or"));
    }
    assert!(read("weights.svg").contains("25.0 → 50.0 %"));
    assert!(read("losses.svg").contains("3.000 → 1.750") && read("losses.svg").contains("ceiling"));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 3, "no temporary file stays");
}

/// Pale, and as far as it went, beyond the way that counts.
#[test]
fn the_way_that_a_rollback_left_is_drawn_too() {
    let mut events = small_run();
    let until = events.iter().position(|event| matches!(event, Event::CheckpointSaved { .. }));
    events.truncate(until.unwrap() + 1);
    events.extend([evaluated(30, [2.5, 2.0, 2.0]), evaluated(39, [9.5, 2.0, 2.0])]);
    let (from, step, path) = (Step(39), Step(20), "checkpoints/step-000020".into());
    let actor = Actor::Schedule;
    let plotted = |events: Vec<Event>| {
        let (dir, report) = run_of(events);
        report.write_plots(dir.path()).unwrap();
        std::fs::read_to_string(dir.path().join("losses.svg")).unwrap()
    };
    let curves = |svg: &str, opacity: &str| {
        svg.lines().filter(|line| line.contains("<polyline") && line.contains(opacity)).count()
    };
    assert_eq!(curves(&plotted(events.clone()), "opacity=\"0.35\""), 0);
    events.push(Event::RolledBack { from, step, path, to_seq: 40, actor });
    let svg = plotted(events);
    assert_eq!(curves(&svg, "opacity=\"0.35\""), 3, "{svg}");
    assert!(svg.contains("abandoned by a rollback") && svg.contains("20 steps"));
}

#[test]
fn plots_are_drawn_of_any_run() {
    let rejected = Verdict::Rejected { why: "no".into() };
    let gap = evaluated(0, [f64::NAN, 2.0, 2.0]);
    for events in [vec![], vec![started(None)], vec![started(None), gap, commanded(0, rejected)]] {
        let (dir, report) = run_of(events);
        report.write_plots(dir.path()).unwrap();
    }
}

#[test]
fn what_is_missing_is_named() {
    let (dir, report) = run_of(small_run());
    let elsewhere = report.write_plots(&dir.path().join("nowhere")).unwrap_err().to_string();
    assert!(elsewhere.contains("nowhere/weights.svg: No such file"), "{elsewhere}");

    std::fs::remove_file(dir.path().join("events.jsonl")).unwrap();
    let error = super::load(dir.path()).unwrap_err().to_string();
    assert!(error.contains("events.jsonl: No such file"), "{error}");
    assert!(error.contains("name the folder of a run"), "{error}");
}

#[test]
fn columns_stand_below_each_other_in_other_letters_too() {
    let table = run_of(small_run())
        .1
        .table_text(|text| text.replace('γ', "gamma").replace('→', "->").into());
    let lines: Vec<&str> = table.lines().skip(2).take(4).collect();
    let ends = |line: &&str| line.chars().count();
    assert!(table.contains("gamma") && table.contains(" -> "), "{table}");
    assert!(lines.iter().all(|line| ends(line) == ends(&lines[0])), "{table}");
}
