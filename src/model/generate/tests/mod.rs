//! Texts of the golden models: against a whole forward pass per token, batched, ended, refused.

mod processors;

use super::*;
use crate::model::Precision;
use std::path::{Path, PathBuf};
use tch::Device;

const FAMILIES: [&str; 5] = ["llama", "llama3", "mistral", "qwen2", "qwen3"];

fn fixture(family: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/golden").join(family)
}

fn open(family: &str) -> Model {
    Model::open(&fixture(family), Device::Cpu, Precision::F32).unwrap()
}

/// Prompts of these lengths, sample i of the seed's streams.
fn prompts(lengths: &[i64], seed: u64) -> Vec<Prompt> {
    let prompt = |(sample, length): (usize, &i64)| Prompt {
        tokens: (0..*length).map(|i| 3 + (17 * i + 29 * sample as i64) % 98).collect(),
        stream: Stream { seed, sample: sample as u64 },
    };
    lengths.iter().enumerate().map(prompt).collect()
}

/// Texts with nobody who interrupts.
fn texts(model: &Model, prompts: &[Prompt], sampling: &Sampling, ends: &[i64]) -> Vec<Generated> {
    model.generate(prompts, sampling, ends, &mut || false).unwrap().unwrap()
}

fn one_by_one(
    model: &Model,
    prompts: &[Prompt],
    sampling: &Sampling,
    ends: &[i64],
) -> Vec<Generated> {
    let alone = |prompt| texts(model, std::slice::from_ref(prompt), sampling, ends).remove(0);
    prompts.iter().map(alone).collect()
}

/// Drawn among all tokens, with a look at those that were.
fn drawn(max_new_tokens: usize) -> Sampling {
    Sampling { temperature: 1.0, repetition_penalty: 1.1, ..Sampling::greedy(max_new_tokens) }
}

/// The likeliest tokens, by a forward pass over the whole text for each of them.
fn without_cache(model: &Model, prompt: &[i64], new_tokens: usize) -> Vec<i64> {
    let mut tokens = prompt.to_vec();
    for _ in 0..new_tokens {
        let length = tokens.len() as i64;
        let logits_tv = model.logits(&tokens, &[0, length]).unwrap();
        tokens.push(logits_tv.select(0, length - 1).argmax(0, false).int64_value(&[]));
    }
    tokens.split_off(prompt.len())
}

#[test]
fn the_cache_changes_nothing() {
    // 150 new tokens: the cache's memory doubles; mistral attends within 64.
    for (family, new_tokens) in FAMILIES.into_iter().zip([150, 40, 40, 40, 40]) {
        let model = open(family);
        let prompts = prompts(&[3, 9, 1], 0);
        let found = texts(&model, &prompts, &Sampling::greedy(new_tokens), &[]);
        for (prompt, text) in prompts.iter().zip(found) {
            let expected = without_cache(&model, &prompt.tokens, new_tokens);
            assert_eq!(text, Generated { tokens: expected, ended: false }, "{family}");
        }
    }
}

#[test]
fn a_sample_does_not_depend_on_its_batch() {
    for family in FAMILIES {
        let model = open(family);
        let prompts = prompts(&[4, 1, 7, 7, 2], 5);
        let together = texts(&model, &prompts, &drawn(20), &[]);
        assert_eq!(together, one_by_one(&model, &prompts, &drawn(20), &[]), "{family}");
        assert_eq!(together, texts(&model, &prompts, &drawn(20), &[]), "{family}");

        let backwards: Vec<Prompt> = prompts.iter().rev().cloned().collect();
        let mut texts_backwards = texts(&model, &backwards, &drawn(20), &[]);
        texts_backwards.reverse();
        assert_eq!(together, texts_backwards, "{family}");
    }
}

#[test]
fn other_streams_give_other_texts() {
    let model = open("qwen2");
    let same_prompt = |seed, sample| Prompt { tokens: vec![1], stream: Stream { seed, sample } };
    let prompts = [same_prompt(1, 0), same_prompt(1, 1), same_prompt(2, 0), same_prompt(1, 0)];
    let found = texts(&model, &prompts, &drawn(12), &[]);
    assert_eq!(found[0], found[3]);
    assert!(found[0] != found[1] && found[0] != found[2] && found[1] != found[2]);
    let greedy = texts(&model, &prompts, &Sampling::greedy(12), &[]);
    assert!(greedy.iter().all(|text| *text == greedy[0]));
}

#[test]
fn texts_that_end_leave_the_batch_and_the_others_go_on() {
    let model = open("llama");
    let lengths: Vec<i64> = (0..24).map(|i| 1 + i % 5).collect();
    let prompts = prompts(&lengths, 3);
    let whole = texts(&model, &prompts, &drawn(40), &[]);
    let ends = [7, 50, 93];
    let cut = texts(&model, &prompts, &drawn(40), &ends);
    for (whole, cut) in whole.iter().zip(&cut) {
        let end = whole.tokens.iter().position(|token| ends.contains(token));
        assert_eq!(cut.ended, end.is_some());
        assert_eq!(cut.tokens, whole.tokens[..end.unwrap_or(40)]);
    }
    let ended = cut.iter().filter(|text| text.ended).count();
    assert!((4..24).contains(&ended), "{ended} of 24 ended: too few or too many to show anything");
    assert_eq!(cut, one_by_one(&model, &prompts, &drawn(40), &ends));
}

#[test]
fn a_batch_ends_with_its_last_text() {
    let model = open("qwen3");
    let prompts = prompts(&[2, 2], 0);
    let all: Vec<i64> = (0..101).collect();
    let mut calls = 0;
    let found = model.generate(&prompts, &drawn(30), &all, &mut || {
        calls += 1;
        false
    });
    let nothing = Generated { tokens: Vec::new(), ended: true };
    assert_eq!(found.unwrap().unwrap(), [nothing.clone(), nothing]);
    assert_eq!(calls, 0);
}

#[test]
fn texts_can_be_given_up_between_two_positions() {
    let model = open("mistral");
    let mut calls = 0;
    let found = model.generate(&prompts(&[2, 3], 0), &drawn(30), &[], &mut || {
        calls += 1;
        calls == 4
    });
    assert_eq!((found.unwrap(), calls), (None, 4));
    assert_eq!(texts(&model, &[], &drawn(1), &[]), []);
}

#[test]
fn bf16_generates_too_and_its_cache_is_half_as_large() {
    let prompts = prompts(&[5, 2, 5], 1);
    for family in FAMILIES {
        let f32_bytes = open(family).cache_bytes_per_token();
        for precision in [Precision::MixedBf16, Precision::PureBf16] {
            let model = Model::open(&fixture(family), Device::Cpu, precision).unwrap();
            let found = texts(&model, &prompts, &drawn(16), &[]);
            assert!(found.iter().all(|text| text.tokens.len() == 16), "{family} {precision:?}");
            assert_eq!(found, texts(&model, &prompts, &drawn(16), &[]), "{family} {precision:?}");
            assert_eq!(2 * model.cache_bytes_per_token().0, f32_bytes.0);
        }
    }
    // 2 · 2 layers · 2 key/value heads · 8 wide · 4 bytes.
    assert_eq!(open("llama").cache_bytes_per_token(), Bytes(256));
}

#[test]
fn nothing_of_a_text_reaches_the_gradients() {
    let model = open("llama3");
    let _ = texts(&model, &prompts(&[3, 1], 0), &drawn(4), &[]);
    assert!(model.params().iter().all(|param| !param.tensor.grad().defined()));
    // The guard is lifted again.
    assert!((&model.params()[0].tensor * 2.0).requires_grad());
}

#[test]
fn what_cannot_be_generated_is_refused() {
    let error = |family: &str, tokens: &[i64], sampling: Sampling| {
        let stream = Stream { seed: 0, sample: 0 };
        let good = Prompt { tokens: vec![1], stream };
        let bad = Prompt { tokens: tokens.to_vec(), stream };
        let answer = open(family).generate(&[good, bad], &sampling, &[], &mut || false);
        answer.unwrap_err().to_string()
    };
    assert!(error("llama", &[], drawn(4)).contains("prompt 1 is empty"));
    assert!(error("llama", &[101], drawn(4)).contains("token 101 is outside"));
    let long = error("llama", &[5; 200], drawn(57));
    assert!(long.contains("prompt 1 has 200 tokens and max_new_tokens is 57"), "{long}");
    assert!(long.contains("must not exceed 256"), "{long}");
    let window = error("mistral", &[5; 40], drawn(25));
    assert!(window.contains("sliding window") && window.contains("64"), "{window}");

    let with = |change: &dyn Fn(&mut Sampling)| {
        let mut sampling = drawn(4);
        change(&mut sampling);
        error("llama", &[1], sampling)
    };
    assert!(with(&|s| s.temperature = -0.5).contains("temperature is -0.5"));
    assert!(with(&|s| s.temperature = f64::NAN).contains("temperature is NaN"));
    assert!(with(&|s| s.top_p = 0.0).contains("top_p is 0"));
    assert!(with(&|s| s.top_p = 1.5).contains("top_p is 1.5"));
    assert!(with(&|s| s.top_k = Some(0)).contains("top_k is 0"));
    assert!(with(&|s| s.repetition_penalty = 0.0).contains("repetition_penalty is 0"));
    assert!(with(&|s| s.max_new_tokens = 0).contains("max_new_tokens is 0"));
}

#[test]
fn logits_that_are_not_finite_are_an_error() {
    let model = open("llama");
    let norm = &model.params().iter().find(|param| param.name == "model.norm.weight").unwrap();
    let _ = tch::no_grad(|| norm.tensor.shallow_clone().fill_(f64::NAN));
    for sampling in [drawn(4), Sampling::greedy(4)] {
        let answer = model.generate(&prompts(&[2], 0), &sampling, &[], &mut || false);
        let error = answer.unwrap_err().to_string();
        assert!(error.contains("not finite in text 0 after 0 new tokens"), "{error}");
    }
}
