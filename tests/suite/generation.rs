//! Texts against what `transformers` generates, token for token: `generated.json` beside the golden
//! models, made by `tests/fixtures/golden/make.py`.

use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};
use tch::Device;
use versatune::config::Precision;
use versatune::model::{Generated, Model, Prompt, Sampling, SpecialTokens, Stream};

const FAMILIES: [&str; 5] = ["llama", "llama3", "mistral", "qwen2", "qwen3"];

/// What transformers made of each prompt by itself, always taking the likeliest token.
#[derive(Deserialize)]
struct Golden {
    prompts: Vec<Vec<i64>>,
    new_tokens: usize,
    /// Nothing ends these.
    greedy: Vec<Vec<i64>>,
    repetition_penalty: f64,
    penalised: Vec<Vec<i64>>,
    /// With `end` as end token, and the penalty; the end token is the last where it came.
    end: i64,
    ended: Vec<Vec<i64>>,
}

fn fixture(family: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/golden").join(family)
}

impl Golden {
    fn read(family: &str) -> Self {
        let text = fs::read_to_string(fixture(family).join("generated.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    fn sampling(&self, repetition_penalty: f64) -> Sampling {
        Sampling { repetition_penalty, ..Sampling::greedy(self.new_tokens) }
    }

    /// Asserts the texts of all prompts in one batch, and of each alone.
    fn assert_texts(
        &self,
        model: &Model,
        sampling: &Sampling,
        ends: &[i64],
        expected: &[Generated],
    ) {
        let stream = Stream { seed: 0, sample: 0 };
        let prompt = |tokens: &Vec<i64>| Prompt { tokens: tokens.clone(), stream };
        let prompts: Vec<Prompt> = self.prompts.iter().map(prompt).collect();
        let texts = |prompts: &[Prompt]| {
            model.generate(prompts, sampling, ends, &mut || false).unwrap().unwrap()
        };
        let family = model.source().display();
        assert_eq!(texts(&prompts), expected, "batched, {family}");
        let alone: Vec<Generated> = prompts.chunks(1).flat_map(texts).collect();
        assert_eq!(alone, expected, "one by one, {family}");
    }
}

fn uncut(texts: &[Vec<i64>]) -> Vec<Generated> {
    texts.iter().map(|tokens| Generated { tokens: tokens.clone(), ended: false }).collect()
}

#[test]
fn greedy_texts_are_those_of_transformers() {
    for family in FAMILIES {
        let golden = Golden::read(family);
        let model = Model::open(&fixture(family), Device::Cpu, Precision::F32).unwrap();
        assert!(golden.prompts[0].len() != golden.prompts[1].len());
        let greedy = uncut(&golden.greedy);
        golden.assert_texts(&model, &golden.sampling(1.0), &[], &greedy);
        let penalised = uncut(&golden.penalised);
        assert_ne!(greedy, penalised, "{family}: the penalty must show");
        let sampling = golden.sampling(golden.repetition_penalty);
        golden.assert_texts(&model, &sampling, &[], &penalised);
    }
}

#[test]
fn texts_end_where_those_of_transformers_do() {
    for family in FAMILIES {
        let golden = Golden::read(family);
        let model = Model::open(&fixture(family), Device::Cpu, Precision::F32).unwrap();
        let without_end = |tokens: &Vec<i64>| match tokens.split_last() {
            Some((last, tokens)) if *last == golden.end => {
                Generated { tokens: tokens.to_vec(), ended: true }
            }
            _ => Generated { tokens: tokens.clone(), ended: false },
        };
        let expected: Vec<Generated> = golden.ended.iter().map(without_end).collect();
        assert!(expected[0].ended, "{family}");
        let sampling = golden.sampling(golden.repetition_penalty);
        golden.assert_texts(&model, &sampling, &[golden.end], &expected);
    }
}

#[test]
fn the_golden_models_say_where_a_text_starts_and_ends() {
    for family in FAMILIES {
        let tokens = SpecialTokens::read(&fixture(family)).unwrap();
        assert_eq!((tokens.start, &tokens.ends[..]), (1, &[2][..]));
        assert_eq!(tokens.start_source, "bos_token_id of config.json");
    }
}
