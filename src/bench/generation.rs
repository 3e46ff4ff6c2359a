use super::{SEED, load};
use crate::config::{DeviceChoice, Precision};
use crate::model::{Model, Prompt, Sampling, Stream};
use crate::torch::{self, Chosen};
use crate::train::TrainError;
use crate::unit::Bytes;
use serde::Serialize;
use std::path::PathBuf;
use std::time::Instant;
use tch::Device;

/// Texts to time.
#[derive(Clone, Debug)]
pub struct GenerationPlan {
    /// Folder with `config.json`, and weights unless they are to be random.
    pub folder: PathBuf,
    /// Number formats.
    pub precision: Precision,
    /// Device.
    pub device: DeviceChoice,
    /// CPU threads.
    pub threads: Option<usize>,
    /// Texts of the batch.
    pub samples: usize,
    /// Tokens of a text, the start token included, ≥ 2.
    pub length: usize,
}

/// How fast texts come.
#[derive(Clone, Debug, Serialize)]
pub struct GenerationResult {
    /// Device and its model.
    pub device: String,
    /// Parameters, tied ones once.
    pub parameters: u64,
    /// New tokens per second of all texts side by side.
    pub generate_tokens_per_s: f64,
    /// New tokens per second of the first of them (eight at most), one after the other.
    pub generate_tokens_per_s_one_by_one: f64,
    /// The first rate by the second.
    pub batched_ratio: f64,
    /// Peak memory: the allocator's on CUDA, the process's on CPU.
    pub peak_memory_bytes: u64,
}

/// Texts that are generated one by one: enough to time, however many the batch has.
const ONE_BY_ONE: usize = 8;
/// New tokens of each text before the clock starts.
const WARMUP_TOKENS: usize = 4;

/// Times texts that all reach their greatest length, drawn by the settings of the paper's detection
/// (temperature 1, top-p 1, repetition penalty 1.1).
pub fn generation(plan: &GenerationPlan) -> Result<GenerationResult, TrainError> {
    let Chosen { device, info, .. } = torch::choose(plan.device, plan.threads)?;
    let model = load(&plan.folder, device, plan.precision)?;
    let prompt =
        |sample| Prompt { tokens: vec![0], stream: Stream { seed: SEED, sample: sample as u64 } };
    let prompts: Vec<Prompt> = (0..plan.samples.max(1)).map(prompt).collect();
    let alone = &prompts[..prompts.len().min(ONE_BY_ONE)];
    let new_tokens = plan.length.max(2) - 1;

    let _ = rate(&model, device, &[&prompts], WARMUP_TOKENS.min(new_tokens))?;
    let batched = rate(&model, device, &[&prompts], new_tokens)?;
    let singly: Vec<&[Prompt]> = alone.chunks(1).collect();
    let _ = rate(&model, device, &singly[..1], WARMUP_TOKENS.min(new_tokens))?;
    let one_by_one = rate(&model, device, &singly, new_tokens)?;
    Ok(GenerationResult {
        device: format!("{} ({})", info.name, info.model),
        parameters: model.parameter_count(),
        generate_tokens_per_s: batched,
        generate_tokens_per_s_one_by_one: one_by_one,
        batched_ratio: batched / one_by_one,
        peak_memory_bytes: torch::memory_peak(device).unwrap_or(Bytes(0)).0,
    })
}

/// New tokens per second of these batches, one after the other.
fn rate(
    model: &Model,
    device: Device,
    batches: &[&[Prompt]],
    new_tokens: usize,
) -> Result<f64, TrainError> {
    let sampling = Sampling {
        temperature: 1.0,
        top_p: 1.0,
        top_k: None,
        repetition_penalty: 1.1,
        max_new_tokens: new_tokens,
        turns: 1,
    };
    torch::synchronize(device)?;
    let begun = Instant::now();
    let mut tokens = 0;
    for prompts in batches {
        let texts = model.generate(prompts, &sampling, &[], &mut || false)?.unwrap_or_default();
        tokens += texts.iter().map(|text| text.tokens.len()).sum::<usize>();
    }
    Ok(tokens as f64 / begun.elapsed().as_secs_f64())
}
