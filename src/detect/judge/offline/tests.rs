use super::testing::{DOMAINS, answers, demo, unwatched, whole};
use super::*;
use crate::detect::estimate::{Estimate, Judged, estimate};
use crate::detect::judge::{Confusion, Finding, Judge};
use crate::mixing::Mixture;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::ops::ControlFlow;

/// The figures of the README: answers alone, without their questions, of rows that were held out.
#[test]
fn at_least_92_percent_of_the_held_out_answers_are_judged_right() {
    let judged = judged_held_out();
    let confusion = Confusion::measure(judged, DOMAINS.len()).unwrap();
    let lines: Vec<String> = confusion
        .lines()
        .iter()
        .zip(DOMAINS)
        .map(|(line, name)| format!("{name:<9} {:.3?}", line.as_slice()))
        .collect();
    println!("held out: {:.4}\n{}", confusion.accuracy(), lines.join("\n"));
    println!("{}", demo().judge.name());
    assert!(confusion.accuracy() >= 0.92, "{}", confusion.accuracy());
    // What it claims from the cross-validation is not more than it shows here.
    assert!(demo().judge.confusion().unwrap().accuracy() <= confusion.accuracy() + 0.01);
}

/// The proof of the correction and of the intervals: 600 held-out answers in known proportions, five
/// times each.
#[test]
fn known_proportions_are_recovered_and_covered() {
    let even = 1.0 / 6.0;
    let cases = [
        ("uniform", [even; 6]),
        ("law 70 %", [0.7, 0.06, 0.06, 0.06, 0.06, 0.06]),
        ("two absent", [0.25, 0.0, 0.25, 0.25, 0.0, 0.25]),
    ];
    let (mut covered, mut all, mut worst) = (0, 0, 0.0f64);
    for (name, truth) in cases {
        for seed in 0..5 {
            let found = recovered(&truth, 600, seed);
            for (j, share) in truth.iter().enumerate() {
                let error = (found.mixture.as_slice()[j] - share).abs();
                worst = worst.max(error);
                assert!(error < 0.03, "{name}, seed {seed}: {} is {:?}", DOMAINS[j], found.mixture);
                let (low, high) = found.intervals[j];
                // At the edge of the simplex an interval ends in rounding errors.
                covered += usize::from(low - 1e-9 <= *share && *share <= high + 1e-9);
                all += 1;
            }
        }
    }
    println!(
        "largest error {:.2} points; {covered} of {all} intervals cover the truth",
        100.0 * worst
    );
    // 85.5 of 90 are expected at 95 %; fewer than 79 would be three deviations below.
    assert!(covered >= 79, "{covered} of {all}");
}

/// Judges texts that are drawn from the held-out answers by exact proportions.
fn recovered(truth: &[f64; 6], texts: usize, seed: u64) -> Estimate {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut drawn = Vec::with_capacity(texts);
    for (domain, share) in truth.iter().enumerate() {
        let pool: Vec<&Mixture> =
            judged_held_out().iter().filter(|(d, _)| *d == domain).map(|(_, p)| p).collect();
        for _ in 0..(share * texts as f64).round() as usize {
            let probabilities = pool[random.next_u32() as usize % pool.len()].clone();
            drawn.push(Judged { probabilities: Some(probabilities), weight: 1.0 });
        }
    }
    estimate(&[drawn], demo().judge.confusion(), seed).unwrap()
}

fn judged_held_out() -> &'static [(usize, Mixture)] {
    static JUDGED: std::sync::OnceLock<Vec<(usize, Mixture)>> = std::sync::OnceLock::new();
    JUDGED.get_or_init(|| {
        let demo = demo();
        let judge =
            |(text, domain): &(String, usize)| (*domain, demo.judge.probabilities(text).unwrap());
        demo.held_out.iter().map(judge).collect()
    })
}

#[test]
fn the_order_of_the_rows_decides_nothing_and_the_rows_do() {
    let rows = answers("train");
    let few: Vec<(String, usize)> = (0..6)
        .flat_map(|domain| rows.iter().filter(move |row| row.1 == domain).take(40))
        .cloned()
        .collect();
    let few = whole(&few);
    let fit = |rows: &[Row<'_>]| {
        OfflineJudge::fit(rows, 6, &OfflineSettings::default(), 7, &mut unwatched).unwrap()
    };
    let mut reversed = few.clone();
    reversed.reverse();
    let (one, other) = (fit(&few), fit(&reversed));
    assert_eq!(one.fingerprint(), other.fingerprint());
    let text = "A court may set a contract aside.";
    assert_eq!(one.probabilities(text), other.probabilities(text));
    assert_ne!(fit(&few[1..]).fingerprint(), one.fingerprint());
}

#[test]
fn empty_and_unknown_texts_are_unjudged_and_a_domain_of_few_rows_is_named() {
    let same: Vec<(String, usize)> =
        (0..60).map(|i| (["alpha beta", "gamma delta"][i % 2].into(), i % 2)).collect();
    let mut judge =
        OfflineJudge::fit(&whole(&same), 2, &OfflineSettings::default(), 1, &mut unwatched);
    assert!(matches!(&judge, Err(OfflineError::FewRows { domain: 0, found: 1, needed: 20 })));
    let rows: Vec<(String, usize)> =
        (0..60).map(|i| (format!("{} row {i}", ["alpha", "gamma"][i % 2]), i % 2)).collect();
    let rows = whole(&rows);
    judge = OfflineJudge::fit(&rows, 2, &OfflineSettings::default(), 1, &mut unwatched);
    let mut findings = Vec::new();
    let texts = ["alpha row".to_owned(), "  ".to_owned(), "ξψζ".to_owned()];
    judge
        .unwrap()
        .judge(&texts, &mut |finding| {
            findings.push(finding);
            ControlFlow::Continue(())
        })
        .unwrap();
    assert!(matches!(&findings[0], Finding::Judged { text: 0, .. }));
    assert!(matches!(&findings[1], Finding::Unjudged { why, .. } if why.contains("empty")));
    assert!(matches!(&findings[2], Finding::Unjudged { why, .. } if why.contains("no word")));
}

#[test]
fn fitting_reports_progress_and_can_be_stopped() {
    let rows: Vec<(String, usize)> =
        (0..60).map(|i| (format!("{} row {i}", ["alpha", "gamma"][i % 2]), i % 2)).collect();
    let rows = whole(&rows);
    let mut heard = Vec::new();
    let stopped =
        OfflineJudge::fit(&rows, 2, &OfflineSettings::default(), 1, &mut |done, total| {
            heard.push((done, total));
            if done < 2 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
    assert_eq!(stopped.err(), Some(OfflineError::Stopped));
    assert_eq!(heard, [(0, 6), (1, 6), (2, 6)]);
}

/// A short text says less: a confusion of whole rows would claim more than the judge can do on it.
#[test]
fn the_confusion_is_that_of_texts_as_long_as_those_to_be_judged() {
    let short = |text: &str| text.chars().take(40).collect::<String>();
    let train: Vec<(String, usize)> = (0..6)
        .flat_map(|domain| {
            answers("train").into_iter().filter(move |row| row.1 == domain).take(150)
        })
        .collect();
    let beginnings: Vec<String> = train.iter().map(|(text, _)| short(text)).collect();
    let mut rows = whole(&train);
    let fit = |rows: &[Row<'_>]| {
        OfflineJudge::fit(rows, 6, &OfflineSettings::default(), 1, &mut unwatched).unwrap()
    };
    let claimed_of_whole = fit(&rows).confusion().unwrap().accuracy();
    rows.iter_mut().zip(&beginnings).for_each(|(row, beginning)| row.beginning = beginning);
    let judge = fit(&rows);
    let claimed = judge.confusion().unwrap().accuracy();
    let held_out = demo().held_out.iter();
    let judged: Vec<(usize, Mixture)> = held_out
        .filter_map(|(text, domain)| Some((*domain, judge.probabilities(&short(text))?)))
        .collect();
    let shown = Confusion::measure(&judged, 6).unwrap().accuracy();
    println!("of whole rows {claimed_of_whole:.3}, of beginnings {claimed:.3}, shown {shown:.3}");
    assert!(claimed < claimed_of_whole - 0.03);
    assert!((claimed - shown).abs() < claimed_of_whole - shown);
}
