use super::*;
use crate::compare::Comparison;
use crate::compare::fixture::{four_runs, shifted};
use crate::report::write_comparison;
use std::borrow::Cow;

fn text(comparison: &Comparison) -> String {
    comparison_text(comparison, |text| text.into())
}

#[test]
fn the_tables_of_four_runs() {
    insta::assert_snapshot!(text(&four_runs()));
}

#[test]
fn two_runs_that_do_not_differ_say_so() {
    let mut runs =
        vec![shifted("one", "VersaTune", [0.0; 3]), shifted("two", "VersaTune", [0.0; 3])];
    runs.iter_mut().for_each(|run| run.state.history.commands.clear());
    let text = text(&Comparison::of(runs, 1));
    assert!(text.contains("The configs do not differ, 5 fields are the same"), "{text}");
    assert!(text.contains("No interventions"), "{text}");
    assert!(text.contains("+0.0000(0) "), "equal, and certainly so: {text}");
}

/// A path as long as one may be, many runs, many domains' names.
#[test]
fn the_tables_fit_100_columns_whatever_the_names() {
    let mut runs = four_runs().runs;
    let config = runs[1].state.config.as_mut().unwrap();
    config.values[1].value = format!("\"{}\"", "/a/long/path".repeat(20));
    config.values[2].field = "data.domains.a_domain_with_a_long_name.held_out.files".into();
    runs[2].state.run = "a run with a name that is longer than any name should be".into();
    runs[3].state.domains[1] = "a domain with a name that is longer than any name should be".into();
    for run in 0..6 {
        runs.push(shifted(&format!("more-{run}"), "Constant", [0.01 * f64::from(run); 3]));
    }
    let text = text(&Comparison::of(runs, 2));
    let widest = text.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(100), "{text}");
    let blocks = text.lines().filter(|line| line.starts_with(" field "));
    assert!(blocks.clone().count() > 1, "{text}");
    assert!(blocks.clone().all(|line| line.contains("a run with a name")), "the baseline: {text}");
    assert!(text.contains("Not paired: first, second, more-0, more-1"), "{text}");
}

#[test]
fn where_letters_are_ascii_all_of_it_is_and_columns_stand_below_each_other() {
    let text = comparison_text(&four_runs(), |text| {
        let text = text.replace(['−', '–', '─'], "-").replace('±', "+-").replace('…', "~");
        Cow::Owned(text)
    });
    assert!(text.is_ascii(), "{text}");
}

#[test]
fn the_json_has_exactly_these_keys() {
    insta::assert_json_snapshot!(comparison_json(&four_runs()).unwrap());
}

#[test]
fn the_picture_is_a_whole_svg_file_with_every_run_in_it() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("compare.svg");
    let mut comparison = four_runs();
    comparison.runs[1].label = "second & <last>".into();
    write_comparison(&comparison, &file).unwrap();
    let svg = std::fs::read_to_string(&file).unwrap();
    assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
    for needle in [
        "Mean held-out loss",
        "Held-out loss of code",
        "second &amp; &lt;la",
        "baseline: first",
        "intervention (4)",
    ] {
        assert!(svg.contains(needle), "{needle}");
    }
    // One curve for each run, of three points in this record, in each of the four pictures; the baseline's is bold.
    let curves = |width: &str| {
        let is_curve = |line: &&str| line.contains("<polyline") && line.contains(width);
        svg.lines().filter(is_curve).count()
    };
    assert_eq!(curves("stroke-width=\"6\""), 8, "the baseline's, and the key's");
    assert_eq!(curves("stroke-width=\"3\""), 12, "the others'");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "no temporary file stays");
    let nowhere = write_comparison(&comparison, &dir.path().join("no/such.svg")).unwrap_err();
    assert!(nowhere.to_string().contains("no/such.svg: No such file"), "{nowhere}");
}

#[test]
fn pictures_are_drawn_of_any_runs() {
    let dir = tempfile::tempdir().unwrap();
    let mut runs = four_runs().runs;
    runs[0].state = Default::default();
    runs[1].state.history.curves = Default::default();
    for baseline in 0..2 {
        let comparison = Comparison::of(runs.clone(), baseline);
        write_comparison(&comparison, &dir.path().join("compare.svg")).unwrap();
        text(&comparison);
        comparison_json(&comparison).unwrap();
    }
}
