//! The self-test of a GPU before anything is loaded onto it: each kernel against libtorch's plain operators and
//! f32 on the CPU, two identical steps by bits, and more memory than there is.
//!
//! What was found is kept by device, driver and library, so that a machine is tested once.

use crate::config::{Adam, Precision};
use crate::data::Example;
use crate::disk::{self, hex};
use crate::model::{Model, PassOptions, Recompute};
use crate::telemetry::{DeviceInfo, Level, Phase};
use crate::torch::{self, Kernel, KernelCheck, Verdict};
use crate::train::error::TrainError;
use crate::train::interrupt::{Break, Supervisor};
use crate::train::objective::StepObjective;
use crate::train::trainer::{Budgets, StepOptions, Trainer, TrainerOptions};
use crate::unit::{DomainId, Step, Tokens};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Instant;
use tch::{Device, Kind};

/// Name of the folder in the token cache.
const FOLDER: &str = "self-test";
/// Changed whenever the tests do.
const METHOD: &str = "versatune/self-test/3";

/// What the self-test of a device found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SelfTest {
    /// Device, driver, libraries and precision that it is of.
    of: String,
    kernels: Vec<KernelCheck>,
    /// Why kernels of ours were not there to be tested, so that libtorch's operators were.
    not_loaded: Vec<String>,
    /// Whether two identical steps gave the same bits; otherwise why not.
    steps: Result<(), String>,
    /// Whether too little memory was an error that was known; otherwise what it was.
    memory: Result<(), String>,
}

/// Tests a GPU, or takes what was found of it before; takes plain operators for each kernel that did not pass.
pub(super) fn self_test(
    info: &DeviceInfo,
    device: Device,
    precision: Precision,
    cache_dir: &Path,
    supervisor: &mut dyn Supervisor,
) -> Result<(), Break> {
    if !info.is_gpu() {
        return Ok(());
    }
    supervisor.events().enter(Phase::Loading, Some("self-test".into()))?;
    let of = what(info, precision);
    let kept = Kept::new(cache_dir, &of);
    let begun = Instant::now();
    let (found, is_kept) = match kept.find() {
        Some(found) => (found, true),
        None => (SelfTest::run(of.clone(), info, device, precision)?, false),
    };
    found.obey()?;
    if !is_kept && let Err(error) = kept.keep(&found) {
        let text = format!("the self-test of the GPU is not kept for other runs: {error}");
        supervisor.events().notice(Level::Warning, text)?;
    }
    let when = match is_kept {
        true => "in an earlier run".into(),
        false => format!("{:.1} s", begun.elapsed().as_secs_f64()),
    };
    for (level, text) in found.told(&when) {
        supervisor.events().notice(level, text)?;
    }
    Ok(())
}

/// What a self-test is of.
fn what(info: &DeviceInfo, precision: Precision) -> String {
    format!("{METHOD}, {}, {}, {precision:?}", info.model, torch::versions())
}

impl SelfTest {
    /// Tests a device, a CPU too; kernels that did not pass are replaced on this thread from now on.
    ///
    /// # Errors
    /// Plain operators fail.
    pub fn of(info: &DeviceInfo, device: Device, precision: Precision) -> Result<Self, TrainError> {
        Self::run(what(info, precision), info, device, precision)
    }

    fn run(
        of: String,
        info: &DeviceInfo,
        device: Device,
        precision: Precision,
    ) -> Result<Self, TrainError> {
        let dtype = if precision == Precision::F32 { Kind::Float } else { Kind::BFloat16 };
        let kernels = torch::check_kernels(device, dtype)?;
        let not_loaded = torch::kernel_failures()?;
        let mut found = SelfTest { of, kernels, not_loaded, steps: Ok(()), memory: Ok(()) };
        // Steps are those that the run will take.
        found.obey()?;
        found.steps = steps_repeat(device, precision).map_err(|error| error.to_string());
        let memory = torch::check_out_of_memory(device, info.memory.0);
        found.memory = memory.map_err(|error| error.to_string());
        Ok(found)
    }

    /// Takes plain operators for what did not pass; where steps cannot be computed with deterministic kernels
    /// alone, the others too.
    fn obey(&self) -> Result<(), TrainError> {
        for kernel in Kernel::ALL {
            torch::use_plain(kernel, self.of_kernel(kernel).any(|found| !found.passed()));
        }
        if self.steps.is_err() {
            torch::allow_nondeterminism()?;
        }
        Ok(())
    }

    fn of_kernel(&self, kernel: Kernel) -> impl Iterator<Item = &KernelCheck> {
        self.kernels.iter().filter(move |found| found.kernel == kernel)
    }

    /// What the user should know of it, `when` it was found.
    fn told(&self, when: &str) -> Vec<(Level, String)> {
        let failed = self.kernels.iter().filter(|found| !found.passed());
        let mut told: Vec<String> = failed.map(plain_in_place).collect();
        told.extend(self.not_loaded.iter().map(|why| {
            format!("self-test: libtorch's operators compute in place of kernels of ours, and steps are slower: {why}")
        }));
        if let Err(why) = &self.steps {
            told.push(format!(
                "self-test: two identical steps on this GPU differ ({why}): a run and its resume may \
                 differ in the last digits"
            ));
        }
        if let Err(why) = &self.memory {
            told.push(format!(
                "self-test: more memory than there is was not refused as out of memory ({why}): a \
                 micro-batch that is too large may end the run instead of being halved"
            ));
        }
        if told.is_empty() {
            let count = self.kernels.len();
            let text = format!(
                "self-test ({when}): {count} kernels agree with plain operators and f32 on the CPU, two steps \
                 are the same to the bit, too little memory is an error that is known"
            );
            return vec![(Level::Info, text)];
        }
        told.into_iter().map(|text| (Level::Warning, text)).collect()
    }
}

/// That plain operators compute, and why.
fn plain_in_place(found: &KernelCheck) -> String {
    let KernelCheck { kernel, dtype, error, plain_error, verdict } = found;
    let why = match verdict {
        Verdict::Passed => "it passed".into(),
        Verdict::Wrong => format!("it is {error:.1e} from f32, plain operators {plain_error:.1e}"),
        Verdict::NotRepeatable => "it gives other bits for the same numbers".into(),
        Verdict::Failed(message) => message.clone(),
    };
    let name = kernel.name();
    format!(
        "self-test: the {name} kernel is not used in {dtype}, plain operators are: {why}; steps are slower"
    )
}

/// What was kept of a device.
struct Kept<'a> {
    path: PathBuf,
    of: &'a str,
}

impl<'a> Kept<'a> {
    fn new(cache_dir: &Path, of: &'a str) -> Self {
        let name = format!("{}.json", hex(Sha256::new_with_prefix(of)));
        Kept { path: cache_dir.join(FOLDER).join(name), of }
    }

    /// What was found, if this user's runs found it; a file that cannot be read is made again.
    fn find(&self) -> Option<SelfTest> {
        let owner = std::fs::symlink_metadata(&self.path).ok()?.uid();
        let text = disk::read_text(&self.path, disk::LARGEST_TEXT).ok()?;
        let found: SelfTest = serde_json::from_str(&text).ok()?;
        (owner == disk::own_uid() && found.of == self.of).then_some(found)
    }

    fn keep(&self, found: &SelfTest) -> std::io::Result<()> {
        disk::make_folder(disk::parent(&self.path))?;
        disk::write_atomic(&self.path, &serde_json::to_vec_pretty(found)?, 0o600)
    }
}

/// A model of a few thousand parameters with all that the larger ones have; heads of 64, as flash attention
/// wants them.
const SHAPE: &str = r#"{
    "model_type": "qwen2", "vocab_size": 503, "hidden_size": 128, "intermediate_size": 352,
    "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1,
    "max_position_embeddings": 512, "rms_norm_eps": 1e-6, "rope_theta": 10000.0,
    "tie_word_embeddings": true
}"#;
const SEED: u64 = 1;
/// Steps that are compared: in the second the moments are not zero any more.
const STEPS: u64 = 2;

/// Whether training twice gives the same weights.
///
/// # Errors
/// It does not, or a step fails.
fn steps_repeat(device: Device, precision: Precision) -> Result<(), TrainError> {
    let (once, again) = (trained(device, precision)?, trained(device, precision)?);
    let mut params = once.params().iter().zip(again.params());
    match params.find(|(once, again)| !once.tensor.equal(&again.tensor)) {
        None => Ok(()),
        Some((param, _)) => {
            Err(TrainError::SelfTest { reason: format!("{} is another one", param.name) })
        }
    }
}

fn trained(device: Device, precision: Precision) -> Result<Model, TrainError> {
    let failed = |reason: std::io::Error| TrainError::SelfTest { reason: reason.to_string() };
    let folder = tempfile::tempdir().map_err(failed)?;
    std::fs::write(folder.path().join("config.json"), SHAPE).map_err(failed)?;
    let model = Model::random(folder.path(), SEED, device, precision)?;
    let adam = Adam { beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.1 };
    let budget = Tokens(256);
    let options = TrainerOptions {
        adam,
        moments: precision.moments(),
        seed: SEED,
        budgets: Budgets { training: budget, evaluation: budget },
        pass_options: PassOptions { recompute: Recompute::None, loss_chunk: 64 },
        domains: 1,
    };
    let mut trainer = Trainer::new(model, options)?;
    for step in 1..=STEPS {
        let options = StepOptions {
            step: Step(step),
            lr: 1e-3,
            clip: Some(1.0),
            objective: StepObjective::Tokens,
        };
        trainer.step(&examples(step), options)?;
    }
    Ok(trainer.model)
}

/// A few documents of different lengths, more than one micro-batch of them.
fn examples(step: u64) -> Vec<Example> {
    let example = |length: u32| {
        let token = |i: u32| (i * i * 31 + length * 7 + step as u32) % 503;
        let counted = (0..length).map(|i| i > 0).collect();
        Example { domain: DomainId(0), tokens: (0..length).map(token).collect(), counted }
    };
    [5, 120, 33, 200, 64].map(example).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found() -> SelfTest {
        let kernels = torch::check_kernels(Device::Cpu, Kind::Float).unwrap();
        SelfTest {
            of: "a device".into(),
            kernels,
            not_loaded: Vec::new(),
            steps: Ok(()),
            memory: Ok(()),
        }
    }

    #[test]
    fn the_cpu_repeats_its_steps_in_every_precision() {
        for precision in [Precision::F32, Precision::MixedBf16, Precision::PureBf16] {
            steps_repeat(Device::Cpu, precision).unwrap();
        }
    }

    #[test]
    fn a_kernel_that_is_wrong_is_replaced_and_named() {
        let mut found = found();
        let [(level, text)] = &found.told("0.5 s")[..] else { panic!("{found:?}") };
        assert!(*level == Level::Info && text.contains("(0.5 s): 6 kernels agree"), "{text}");
        found.kernels[3].verdict = Verdict::Wrong;
        found.kernels[3].error = 0.25;
        found.obey().unwrap();
        assert!(Kernel::ALL.map(torch::is_plain) == [false, false, false, true, false, false]);
        let told = found.told("0.5 s");
        assert!(told[0].1.contains("the attention kernel is not used in f32"), "{told:?}");
        assert!(told[0].1.contains("2.5e-1 from f32"), "{told:?}");
        // With plain operators the same steps go on.
        steps_repeat(Device::Cpu, Precision::F32).unwrap();
        found.kernels[3].verdict = Verdict::Passed;
        found.obey().unwrap();
        assert!(!torch::is_plain(Kernel::Attention));
    }

    #[test]
    fn what_was_found_is_kept_for_the_same_device_and_libraries() {
        let cache = tempfile::tempdir().unwrap();
        let (mine, other) = (Kept::new(cache.path(), "a device"), Kept::new(cache.path(), "b"));
        assert_eq!(mine.find(), None);
        let mut found = found();
        found.steps = Err("differs".into());
        mine.keep(&found).unwrap();
        assert_eq!(mine.find(), Some(found));
        assert_eq!(other.find(), None);
        std::fs::write(&mine.path, "{").unwrap();
        assert_eq!(mine.find(), None);
    }
}
