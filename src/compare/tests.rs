use super::fixture::{DOMAINS, four_runs, rows, run_of, shifted};
use super::*;
use crate::control::Verdict;
use crate::telemetry::fixture::{commanded, fold, records, started, weighted};
use crate::unit::Step;
use proptest::prelude::*;

/// Losses of law over three rows; the other domains have rows that say nothing.
fn law(name: &str, identities: [u64; 3], nats: [f64; 3], tokens: [u64; 3]) -> ComparedRun {
    let rest = |domain| rows(domain, &[1, 2], &[2.0, 2.0], &[1, 1]);
    let law = rows("law", &identities, &nats, &tokens);
    run_of(name, "VersaTune", vec![law, rest("medical"), rest("code")])
}

fn law_difference(run: ComparedRun, base: ComparedRun) -> LossDifference {
    let comparison = Comparison::of(vec![base, run], 0);
    comparison.domains[0].runs[1].difference.clone().unwrap()
}

#[test]
fn the_difference_of_the_same_rows_has_their_paired_error() {
    // As in the test of `RowLosses::above`: 1, 0 and −1 nats of 2, 2 and 4 tokens: 0 ± √3/8. The rows come in
    // another order.
    let base = law("base", [7, 8, 9], [4.0, 6.0, 9.0], [2, 2, 4]);
    let run = law("run", [9, 7, 8], [8.0, 5.0, 6.0], [4, 2, 2]);
    let LossDifference { nats, error, pairing } = law_difference(run, base);
    assert_eq!(pairing, Pairing::Same { rows: 3 });
    assert!(nats.abs() < 1e-12 && (error.unwrap() - 3f64.sqrt() / 8.0).abs() < 1e-12, "{error:?}");
}

#[test]
fn rows_that_only_one_run_measured_are_left_out_and_counted() {
    // Rows 8 and 9: 7 − 6 and 8 − 9 nats of 2 and 4 tokens: 0 nats, residuals 1 and −1: √(2 · 2)/6.
    let base = law("base", [7, 8, 9], [4.0, 6.0, 9.0], [2, 2, 4]);
    let run = law("run", [8, 9, 10], [7.0, 8.0, 30.0], [2, 4, 9]);
    let LossDifference { nats, error, pairing } = law_difference(run, base);
    assert_eq!(pairing, Pairing::Shared { rows: 2, of: (3, 3) });
    assert_eq!(pairing.to_string(), "2 rows of 3 and 3");
    assert!(nats.abs() < 1e-12 && (error.unwrap() - 1.0 / 3.0).abs() < 1e-12, "{nats} {error:?}");
}

#[test]
fn where_rows_are_not_the_same_the_reason_is_said() {
    let base = || law("base", [7, 8, 9], [4.0, 6.0, 9.0], [2, 2, 4]);
    let others = law("run", [1, 2, 3], [5.0, 6.0, 8.0], [2, 2, 4]);
    let tokens = law("run", [7, 8, 9], [5.0, 6.0, 8.0], [2, 2, 5]);
    let kept = |rows| {
        let mut run = law("run", [7, 8, 9], [5.0, 6.0, 8.0], [2, 2, 4]);
        run.rows = rows;
        run
    };
    let mut old = base();
    if let Ok(Some(rows)) = &mut old.rows {
        rows.step = Step(20);
    }
    for (run, needle, has_error) in [
        (others, "other held-out rows", true),
        (tokens, "count other tokens", false),
        (kept(Ok(None)), "run has no losses row by row", true),
        (kept(Err("line 3: no".into())), "cannot be read: line 3: no", true),
        (kept(old.rows), "row by row are of step 20, its newest evaluation of step 40", true),
    ] {
        let nats = run.loss("law").value - base().loss("law").value;
        let difference = law_difference(run, base());
        let Pairing::Unpaired(why) = &difference.pairing else { panic!("{difference:?}") };
        assert!(why.to_string().contains(needle), "{why}");
        assert_eq!((difference.nats, difference.error.is_some()), (nats, has_error), "{why}");
        assert!(!difference.is_clear());
    }
    // As of independent rows: both losses are 2.375 ± √(3/2 · Σ (a − 2.375 t)²)/8; of 5, 6 and 8 the sum is 3.875,
    // of 4, 6 and 9 it is 2.375.
    let unpaired = law_difference(kept(Ok(None)), base()).error.unwrap();
    let by_hand = (1.5f64 * (3.875 + 2.375)).sqrt() / 8.0;
    assert!((unpaired - by_hand).abs() < 1e-12, "{unpaired} {by_hand}");
}

#[test]
fn the_mean_has_the_error_of_independent_domains_and_needs_the_same_ones() {
    let comparison = four_runs();
    let mean = comparison.means[1].difference.as_ref().unwrap();
    let of_domain = |at: usize| comparison.domains[at].runs[1].difference.as_ref().unwrap();
    let all: Vec<&LossDifference> = (0..3).map(of_domain).collect();
    let nats = all.iter().map(|one| one.nats).sum::<f64>() / 3.0;
    let squares: f64 = all.iter().map(|one| one.error.unwrap().powi(2)).sum();
    assert!((mean.nats - nats).abs() < 1e-12);
    assert!((mean.error.unwrap() - squares.sqrt() / 3.0).abs() < 1e-12);
    assert_eq!(mean.pairing, Pairing::Same { rows: 12 });
    // The rows take part by 0.5, 1.5, 1 and 1 of −0.021: clearly lower.
    assert!(of_domain(0).is_clear() && of_domain(0).nats < 0.0, "{:?}", of_domain(0));
    assert!(!comparison.means[2].difference.as_ref().unwrap().pairing.is_paired());

    let mut other = shifted("other", "VersaTune", [0.1; 3]);
    other.state.domains[2] = "finance".into();
    let comparison = Comparison::of(vec![shifted("first", "VersaTune", [0.0; 3]), other], 0);
    let names: Vec<&str> = comparison.domains.iter().map(|domain| domain.name.as_str()).collect();
    assert_eq!(names, ["law", "medical", "code", "finance"]);
    assert_eq!(comparison.means[1].difference, None, "the mean of other domains");
    assert!(comparison.domains[2].runs[1].difference.is_none(), "it has no code");
}

#[test]
fn configs_differ_by_what_is_not_the_run_itself() {
    let ConfigDifferences { fields, same, put_aside, unknown } = four_runs().config;
    let fields: Vec<&str> = fields.iter().map(|field| field.field.as_str()).collect();
    assert_eq!(fields, ["mixing.strategy", "training.lr", "mixing.strategy.rule"]);
    assert_eq!((same, put_aside, unknown), (2, vec!["name".to_owned()], vec![]));
    let mut runs = four_runs().runs;
    runs[1].state.config = None;
    let config = Comparison::of(runs, 0).config;
    assert_eq!((config.unknown, config.fields, config.same), (vec![1], vec![], 5));
}

#[test]
fn a_long_value_is_shown_from_where_it_differs() {
    let values = ["/data/of/all/law-held.jsonl", "/data/of/all/law-other.jsonl", "/data/of/all"];
    let values = values.map(|value| Some(value.to_owned())).into();
    let field = FieldDifference { field: "held_out".into(), values };
    assert_eq!(field.shown(0, 15).unwrap(), "…a/of/all/law-held.jsonl");
    assert_eq!(field.shown(2, 15).unwrap(), "/data/of/all");
    assert_eq!(field.shown(0, 27).unwrap(), "/data/of/all/law-held.jsonl");
    assert_eq!(field.shown(0, 20).unwrap(), "/data/of/all/law-held.jsonl", "what differs is seen");
    assert_eq!(field.shown(3, 9), None);
}

#[test]
fn interventions_are_what_changed_a_run_in_the_order_of_the_steps() {
    let mut comparison = four_runs();
    for run in &mut comparison.runs[1..] {
        run.state.history.commands.clear();
    }
    let rejected = commanded(5, Verdict::Rejected { why: "no".into() });
    comparison.runs[3].state = fold(&records([started(None), weighted(10), rejected]));
    let interventions = Comparison::of(comparison.runs, 0).interventions;
    let told: Vec<String> = interventions
        .iter()
        .map(|one| format!("{} {} {} by {}", one.step, one.run, one.command, one.actor))
        .collect();
    assert_eq!(told, ["10 3 weights code=0.5 by schedule", "20 0 set lambda 0.5 by ada@pts/3"]);
    assert_eq!(interventions[1].reason.as_deref(), Some("general drifts"));
}

#[test]
fn a_run_whose_oldest_commands_are_forgotten_is_named() {
    let applied = Verdict::Applied { old: None, new: None };
    let many = (1..600).map(|step| commanded(step, applied.clone()));
    let mut runs = four_runs().runs;
    runs[2].state = fold(&records([started(None)].into_iter().chain(many)));
    let comparison = Comparison::of(runs, 0);
    assert_eq!(comparison.cut_short, [2]);
    assert!(comparison.interventions.iter().filter(|one| one.run == 2).count() < 599);
}

#[test]
fn runs_of_one_name_are_called_by_their_folders() {
    let mut runs = vec![shifted("a", "VersaTune", [0.0; 3]), shifted("b", "VersaTune", [0.0; 3])];
    runs.push(shifted("a", "VersaTune", [0.0; 3]));
    runs[2].folder = "elsewhere/a".into();
    let labels: Vec<String> =
        Comparison::of(runs, 0).runs.into_iter().map(|run| run.label).collect();
    assert_eq!(labels, ["runs/a", "b", "elsewhere/a"]);
}

#[test]
fn a_newer_reading_takes_the_place_of_that_of_its_folder() {
    let mut comparison = four_runs();
    comparison.pin(1);
    let law = |comparison: &Comparison| comparison.domains[0].runs[0].difference.clone().unwrap();
    let before = law(&comparison).nats;
    let newer = shifted("first", "VersaTune", [0.5, 0.0, 0.0]);
    comparison.renew(vec![newer, shifted("another", "VersaTune", [0.0; 3])]);
    assert_eq!((comparison.runs.len(), comparison.baseline), (4, 1), "another is not compared");
    assert!(law(&comparison).nats > before + 0.4, "{before} {:?}", law(&comparison));
}

proptest! {
    /// Whichever run is the baseline, the difference is the same but for its sign, and so is its error.
    #[test]
    fn another_baseline_turns_the_sign(
        nats in prop::collection::vec((0.1f64..9.0, 0.1f64..9.0), 3),
        tokens in prop::collection::vec(1u64..200, 3),
    ) {
        let (one, other): (Vec<f64>, Vec<f64>) = nats.into_iter().unzip();
        let tokens: [u64; 3] = tokens.try_into().unwrap();
        let run = |name: &str, nats: &[f64]| {
            law(name, [1, 2, 3], [nats[0], nats[1], nats[2]], tokens)
        };
        let mut comparison = Comparison::of(vec![run("one", &one), run("other", &other)], 0);
        let there = comparison.domains[0].runs[1].difference.clone().unwrap();
        prop_assert!(comparison.domains[0].runs[0].difference.is_none());
        comparison.pin(1);
        let back = comparison.domains[0].runs[0].difference.clone().unwrap();
        prop_assert!((there.nats + back.nats).abs() < 1e-9);
        prop_assert!((there.error.unwrap() - back.error.unwrap()).abs() < 1e-9);
    }
}

#[test]
fn curves_are_those_of_the_record_by_the_domains_names() {
    let comparison = four_runs();
    assert_eq!(comparison.metrics().len(), 1 + 2 * DOMAINS.len());
    let law = comparison.curve(0, &Metric::Loss("law".into()));
    assert_eq!(law[..2], [(0.0, 3.0), (20.0, 2.0)]);
    // 1.75 and (−40 + 20 + 100 − 60)/600.
    assert!((law[2].1 - 1.75 - 1.0 / 30.0).abs() < 1e-9, "{law:?}");
    assert_eq!(comparison.curve(0, &Metric::MeanLoss)[0], (0.0, 2.5));
    assert_eq!(comparison.curve(0, &Metric::Weight("code".into())).last(), Some(&(40.0, 0.25)));
    assert!(comparison.curve(0, &Metric::Loss("finance".into())).is_empty());
    assert_eq!(comparison.last_step(), 40.0);
}
