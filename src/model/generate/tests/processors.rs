//! Penalty, temperature, top-k, top-p and the draw, worked by hand and against `transformers`.

use super::super::sampling::{NOT_FINITE, Sampling, penalise};
use super::{FAMILIES, fixture, open};
use proptest::prelude::*;
use serde::Deserialize;
use tch::{Kind, Tensor};

const GONE: f32 = f32::NEG_INFINITY;

fn row(values: &[f32]) -> Tensor {
    Tensor::from_slice(values).unsqueeze(0)
}

/// Logits of tokens with these probabilities.
fn logits_of(probabilities: &[f32]) -> Tensor {
    row(&probabilities.iter().map(|p| p.ln()).collect::<Vec<_>>())
}

fn values(tensor: &Tensor) -> Vec<f32> {
    Vec::try_from(tensor.view([-1])).unwrap()
}

fn sampling(change: impl FnOnce(&mut Sampling)) -> Sampling {
    let mut sampling = Sampling { temperature: 1.0, ..Sampling::greedy(1) };
    change(&mut sampling);
    sampling
}

/// Places that are drawn among.
fn kept(logits: &Tensor, change: impl FnOnce(&mut Sampling)) -> Vec<usize> {
    let warped = values(&sampling(change).warp(logits.copy()).unwrap());
    (0..warped.len()).filter(|&i| warped[i] != GONE).collect()
}

fn draw(logits: &Tensor, uniform: f64) -> i64 {
    let uniforms = Tensor::from_slice(&[uniform]);
    sampling(|_| {}).choose(logits.copy(), None, Some(&uniforms)).unwrap().int64_value(&[0])
}

fn greedy(logits: &Tensor) -> i64 {
    Sampling::greedy(1).choose(logits.copy(), None, None).unwrap().int64_value(&[0])
}

#[test]
fn the_penalty_makes_what_was_said_less_likely_once() {
    let logits = row(&[2.0, -1.0, 3.0, 0.5]);
    let history = Tensor::from_slice(&[0i64, 1, 1, 0]).unsqueeze(0);
    assert_eq!(values(&penalise(logits, &history, 2.0).unwrap()), [1.0, -2.0, 3.0, 0.5]);
}

#[test]
fn temperature_divides() {
    let warped = sampling(|s| s.temperature = 0.5).warp(row(&[1.0, -2.0])).unwrap();
    assert_eq!(values(&warped), [2.0, -4.0]);
}

#[test]
fn top_k_keeps_the_highest_and_their_equals() {
    let logits = row(&[1.0, 3.0, 2.0, 3.0]);
    assert_eq!(kept(&logits, |s| s.top_k = Some(1)), [1, 3]);
    assert_eq!(kept(&logits, |s| s.top_k = Some(3)), [1, 2, 3]);
    assert_eq!(kept(&logits, |s| s.top_k = Some(99)), [0, 1, 2, 3]);
}

#[test]
fn top_p_keeps_the_smallest_set_that_is_likely_enough() {
    let logits = logits_of(&[0.25, 0.125, 0.5, 0.125]);
    assert_eq!(kept(&logits, |s| s.top_p = 1e-6), [2]);
    assert_eq!(kept(&logits, |s| s.top_p = 0.45), [2]);
    assert_eq!(kept(&logits, |s| s.top_p = 0.55), [0, 2]);
    assert_eq!(kept(&logits, |s| s.top_p = 0.7), [0, 2]);
    // Of the equal ones the first goes first.
    assert_eq!(kept(&logits, |s| s.top_p = 0.8), [0, 2, 3]);
    assert_eq!(kept(&logits, |s| s.top_p = 0.9), [0, 1, 2, 3]);
}

#[test]
fn each_step_sees_what_the_one_before_left() {
    let logits = logits_of(&[0.5, 0.25, 0.125, 0.125]);
    // Temperature ½ squares: 0.727, 0.182, 0.045, 0.045.
    assert_eq!(kept(&logits, |s| (s.temperature, s.top_p) = (0.5, 0.7)), [0]);
    // Of the two highest the first has ⅔.
    assert_eq!(kept(&logits, |s| (s.top_k, s.top_p) = (Some(2), 0.6)), [0]);

    // 3 / 2 falls behind 2.9 before the highest is picked.
    let history = Tensor::from_slice(&[0i64]).unsqueeze(0);
    let only_one = sampling(|s| (s.top_k, s.repetition_penalty) = (Some(1), 2.0));
    let uniforms = Tensor::from_slice(&[0.5]);
    let token = only_one.choose(row(&[3.0, 2.9]), Some(&history), Some(&uniforms)).unwrap();
    assert_eq!(token.int64_value(&[0]), 1);
}

#[test]
fn the_draw_inverts_the_distribution_function() {
    let logits = logits_of(&[0.25, 0.5, 0.25]);
    for (uniform, token) in [
        (0.0, 0),
        (0.2499, 0),
        (0.2501, 1),
        (0.7499, 1),
        (0.7501, 2),
        (1.0 - f64::EPSILON / 2.0, 2),
    ] {
        assert_eq!(draw(&logits, uniform), token, "{uniform}");
    }
    let between = row(&[GONE, 0.0, GONE]);
    for uniform in [0.0, 0.5, 1.0 - f64::EPSILON / 2.0] {
        assert_eq!(draw(&between, uniform), 1, "{uniform}");
    }
}

#[test]
fn the_draw_finds_its_block_and_its_place_in_it() {
    // Token i has a share of i + 1: of 300 tokens 45,150 parts, those up to i have (i + 1)(i + 2)/2.
    let logits = row(&(1..=300).map(|share| (share as f32).ln()).collect::<Vec<_>>());
    for token in [0, 1, 62, 63, 64, 127, 128, 255, 256, 298, 299] {
        let up_to = |i: i64| ((i + 1) * (i + 2) / 2) as f64;
        for place in [0.01, 0.5, 0.99] {
            let uniform = (up_to(token - 1) + place * (token + 1) as f64) / 45_150.0;
            assert_eq!(draw(&logits, uniform), token, "{uniform}");
        }
    }
    assert_eq!(draw(&logits, 1.0 - f64::EPSILON / 2.0), 299);
}

#[test]
fn of_equal_tokens_greedy_takes_the_first() {
    assert_eq!(greedy(&row(&[1.0, 3.0, 3.0])), 1);
}

#[test]
fn what_is_not_finite_is_seen() {
    for value in [f32::NAN, f32::INFINITY] {
        assert_eq!(draw(&row(&[1.0, value, 0.0]), 0.5), NOT_FINITE, "{value}");
        assert_eq!(greedy(&row(&[1.0, value, 0.0])), NOT_FINITE, "{value}");
    }
}

proptest! {
    #[test]
    fn only_what_was_kept_is_drawn_and_the_rest_keeps_its_logits(
        logits in prop::collection::vec(-8.0f32..8.0, 2..200),
        top_p in 0.01..1.0f64, k in 1usize..210, uniform in 0.0..1.0f64,
    ) {
        let both = sampling(|s| (s.top_p, s.top_k) = (top_p, Some(k)));
        let warped = values(&both.warp(row(&logits)).unwrap());
        let kept: Vec<usize> = (0..logits.len()).filter(|&i| warped[i] != GONE).collect();
        prop_assert!(!kept.is_empty() && kept.len() <= k);
        prop_assert!(kept.iter().all(|&i| warped[i] == logits[i]));
        // What was removed is not above what was kept.
        let least = kept.iter().map(|&i| logits[i]).fold(f32::INFINITY, f32::min);
        let removed = (0..logits.len()).filter(|&i| warped[i] == GONE);
        prop_assert!(removed.map(|i| logits[i]).all(|x| x <= least));
        let token = draw(&row(&warped), uniform) as usize;
        prop_assert!(kept.contains(&token), "{token} of {kept:?}");
    }
}

/// `generated.json`: scores of the tokens that `generate` would draw among.
#[derive(Deserialize)]
struct Generated {
    prompts: Vec<Vec<i64>>,
    scores: Vec<Scores>,
}

#[derive(Deserialize)]
struct Scores {
    temperature: f64,
    top_p: f64,
    top_k: usize,
    repetition_penalty: f64,
    kept: Vec<(usize, f32)>,
}

#[test]
fn scores_are_those_of_transformers() {
    for family in FAMILIES {
        let text = std::fs::read_to_string(fixture(family).join("generated.json")).unwrap();
        let golden: Generated = serde_json::from_str(&text).unwrap();
        let prompt = &golden.prompts[1];
        let length = prompt.len() as i64;
        let logits = open(family).logits(prompt, &[0, length]).unwrap().narrow(0, length - 1, 1);
        let history = Tensor::from_slice(prompt).unsqueeze(0);
        assert_eq!(golden.scores.len(), 4);
        for expected in golden.scores {
            let by = sampling(|s| {
                s.temperature = expected.temperature;
                s.top_p = expected.top_p;
                s.top_k = Some(expected.top_k).filter(|k| *k > 0);
                s.repetition_penalty = expected.repetition_penalty;
            });
            let penalised =
                penalise(logits.to_kind(Kind::Float).copy(), &history, by.repetition_penalty);
            let found = values(&by.warp(penalised.unwrap()).unwrap());
            let places: Vec<usize> = (0..found.len()).filter(|&i| found[i] != GONE).collect();
            let expected_places: Vec<usize> = expected.kept.iter().map(|(i, _)| *i).collect();
            assert_eq!(places, expected_places, "{family} {by:?}");
            for (place, score) in expected.kept {
                let off = (found[place] - score).abs();
                assert!(off < 1e-3, "{family} {by:?}: {} for {score}", found[place]);
            }
        }
    }
}
