use crate::app::Exit;
use crate::bench::{BenchPlan, Shape, Workload, bench, read_rows};
use crate::config::{DeviceChoice, Precision};
use crate::unit::{Bytes, Tokens, grouped};
use anyhow::Context;
use clap::ValueEnum;
use std::path::PathBuf;

/// `versatune bench`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A known shape, with random weights
    #[arg(long, value_enum, required_unless_present = "model", conflicts_with = "model")]
    shape: Option<Shape>,
    /// A model folder, of which config.json is used, with random weights
    #[arg(long, value_name = "FOLDER")]
    model: Option<PathBuf>,
    /// Samples of a step
    #[arg(long, default_value_t = 4)]
    batch: usize,
    /// Tokens of a sample
    #[arg(long, default_value_t = 512)]
    length: usize,
    /// Token rows instead of random samples: a file with a JSON array of ids on each line
    #[arg(long, value_name = "FILE")]
    rows: Option<PathBuf>,
    /// Most tokens of one micro-batch [default: a whole step]
    #[arg(long)]
    micro_batch: Option<u64>,
    /// cpu, cuda, cuda:1 or auto
    #[arg(long, default_value = "auto", value_parser = device)]
    device: DeviceChoice,
    /// Number formats
    #[arg(long, value_enum, default_value = "f32")]
    precision: PrecisionArg,
    /// Recompute each layer's activations in the backward pass
    #[arg(long)]
    recompute: bool,
    /// CPU threads [default: all cores]
    #[arg(long)]
    threads: Option<usize>,
    /// Steps that are timed
    #[arg(long, default_value_t = 10)]
    steps: u64,
    /// Steps before the clock starts
    #[arg(long, default_value_t = 3)]
    warmup: u64,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum PrecisionArg {
    F32,
    MixedBf16,
    PureBf16,
}

impl From<PrecisionArg> for Precision {
    fn from(arg: PrecisionArg) -> Self {
        match arg {
            PrecisionArg::F32 => Precision::F32,
            PrecisionArg::MixedBf16 => Precision::MixedBf16,
            PrecisionArg::PureBf16 => Precision::PureBf16,
        }
    }
}

/// Runs it.
pub fn run(args: Args) -> anyhow::Result<Exit> {
    let scratch = tempfile::tempdir().context("cannot make a temporary folder")?;
    let folder = match (&args.shape, &args.model) {
        (Some(shape), _) => {
            std::fs::write(scratch.path().join("config.json"), shape.config_json())?;
            scratch.path().to_path_buf()
        }
        (None, Some(folder)) => folder.clone(),
        (None, None) => anyhow::bail!("name a --shape or a --model folder"),
    };
    let workload = match &args.rows {
        Some(file) => Workload::Rows { rows: read_rows(file)?, batch: args.batch },
        None => Workload::Fixed { rows: args.batch, length: args.length },
    };
    let whole_step = (args.batch * args.length) as u64;
    let result = bench(&BenchPlan {
        folder,
        precision: args.precision.into(),
        device: args.device,
        threads: args.threads,
        recompute: args.recompute,
        workload,
        micro_batch: Tokens(args.micro_batch.unwrap_or(whole_step)),
        steps: args.steps,
        warmup: args.warmup,
    })?;
    if args.json {
        println!("{}", serde_json::to_string(&result)?);
    } else {
        println!("device        {}", result.device);
        println!("parameters    {}", grouped(result.parameters));
        println!("tokens/s      {}", grouped(result.tokens_per_s.round() as u64));
        println!(
            "MFU           {}",
            result.mfu.map_or("unknown peak".into(), |mfu| format!("{:.1} %", mfu * 100.0))
        );
        println!("peak memory   {}", Bytes(result.peak_memory_bytes));
        println!("step          {:.3} s", result.step_secs);
    }
    Ok(Exit::Done)
}

fn device(text: &str) -> Result<DeviceChoice, String> {
    match text {
        "auto" => Ok(DeviceChoice::Auto),
        "cpu" => Ok(DeviceChoice::Cpu),
        "cuda" => Ok(DeviceChoice::Cuda(0)),
        other => other
            .strip_prefix("cuda:")
            .and_then(|index| index.parse().ok())
            .map(DeviceChoice::Cuda)
            .ok_or_else(|| format!("{other:?} is no device; use auto, cpu, cuda or cuda:N")),
    }
}
