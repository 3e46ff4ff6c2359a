use crate::app::Exit;
use crate::bench::{self, BenchPlan, BenchResult, GenerationPlan, GenerationResult, Numerics};
use crate::bench::{Part, Parts, Rate, SavePlan, SaveResult, SaveTime, Shape, TracedPlan};
use crate::bench::{TracedStep, Workload};
use crate::config::{DeviceChoice, Precision, Recompute};
use crate::echo;
use crate::print;
use crate::unit::{Bytes, Tokens, grouped};
use anyhow::Context;
use clap::ValueEnum;
use std::path::PathBuf;

/// `versatune bench`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A known shape, with random weights
    #[arg(long, value_enum, required_unless_present_any = ["model", "products"], conflicts_with = "model")]
    shape: Option<Shape>,
    /// A model folder; where it has no weights they are random
    #[arg(long, value_name = "FOLDER")]
    model: Option<PathBuf>,
    /// Compare the device's logits, loss and gradients with f32 on the CPU, and time nothing
    #[arg(long)]
    check: bool,
    /// Time products of square matrices alone: what MFU can be at most
    #[arg(long, conflicts_with_all = ["check", "generate"])]
    products: bool,
    /// Time one step more by its parts
    #[arg(long)]
    parts: bool,
    /// Count operations and bytes of a step as on an H100, and what they would take at assumed rates
    #[arg(long, conflicts_with_all = ["check", "generate", "products", "parts"])]
    trace: bool,
    /// Time this many generated texts of --sequence tokens side by side, and one by one, instead
    /// of training
    #[arg(long, value_name = "SAMPLES", conflicts_with = "check")]
    generate: Option<usize>,
    /// Time a checkpoint of a training that goes on meanwhile, in a folder for temporary files, instead of steps
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["check", "generate", "products"])]
    save: Option<PathBuf>,
    /// Slow the disk to so many MB a second, with --save
    #[arg(long, value_name = "MB", requires = "save")]
    disk_rate: Option<f64>,
    /// Tokens of a step of random samples
    #[arg(long, default_value_t = 2048)]
    tokens: usize,
    /// Tokens of a random sample, or of a generated text
    #[arg(long, default_value_t = 512)]
    sequence: usize,
    /// Samples instead of random ones: a file with {"input_ids": [], "labels": []} on each line
    #[arg(long, value_name = "FILE")]
    rows: Option<PathBuf>,
    /// Samples of a step, with --rows
    #[arg(long, default_value_t = 16)]
    batch: usize,
    /// Most tokens of one micro-batch [default: a whole step]
    #[arg(long)]
    micro_batch: Option<u64>,
    /// Learning rate
    #[arg(long, default_value_t = 1e-4)]
    lr: f64,
    /// cpu, cuda, cuda:1 or auto
    #[arg(long, default_value = "auto", value_parser = device)]
    device: DeviceChoice,
    /// Number formats
    #[arg(long, value_enum, default_value = "F32")]
    precision: PrecisionArg,
    /// What is computed again in the backward pass: without a word everything
    #[arg(long, value_enum, num_args = 0..=1, require_equals = true, default_value = "none", default_missing_value = "full")]
    recompute: RecomputeArg,
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
    #[value(name = "F32")]
    F32,
    #[value(name = "MixedBf16")]
    MixedBf16,
    #[value(name = "PureBf16")]
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

#[derive(Clone, Copy, Debug, ValueEnum)]
enum RecomputeArg {
    None,
    Selective,
    Full,
}

impl From<RecomputeArg> for Recompute {
    fn from(arg: RecomputeArg) -> Self {
        match arg {
            RecomputeArg::None => Recompute::None,
            RecomputeArg::Selective => Recompute::Selective,
            RecomputeArg::Full => Recompute::Full,
        }
    }
}

pub fn run(args: Args) -> anyhow::Result<Exit> {
    if args.products {
        let rate = bench::rate(args.device, args.threads, args.precision.into())?;
        return print_rate(&rate, args.json);
    }
    let scratch = tempfile::tempdir().context("cannot make a temporary folder")?;
    let folder = match (&args.shape, &args.model) {
        (Some(shape), _) => {
            std::fs::write(scratch.path().join("config.json"), shape.config_json())?;
            scratch.path().to_path_buf()
        }
        (None, Some(folder)) => folder.clone(),
        (None, None) => anyhow::bail!("name a --shape or a --model folder"),
    };
    if args.trace {
        let step = bench::traced(&traced_plan(&args, folder))?;
        return print_traced(&step, args.json);
    }
    if args.check {
        let numerics = bench::check(&folder, args.device, args.threads)?;
        return print_numerics(&numerics, args.json);
    }
    if let Some(samples) = args.generate {
        let result = bench::generation(&generation_plan(&args, folder, samples))?;
        return print_generation(&result, args.json);
    }
    if let Some(into) = &args.save {
        let save =
            SavePlan { into: into.clone(), disk_rate: args.disk_rate.map(|rate| 1e6 * rate) };
        return print_saving(&bench::saving(&plan(&args, folder)?, &save)?, args.json);
    }
    let result = bench::bench(&plan(&args, folder)?)?;
    if args.json {
        print::raw(&echo::json(&serde_json::to_string(&result)?));
    } else {
        print(&result);
    }
    Ok(Exit::Done)
}

fn plan(args: &Args, folder: PathBuf) -> anyhow::Result<BenchPlan> {
    let workload = match &args.rows {
        Some(file) => Workload::Given { examples: bench::read_rows(file)?, batch: args.batch },
        None => {
            let examples = (args.tokens / args.sequence.max(1)).max(1);
            Workload::Random { examples, length: args.sequence }
        }
    };
    let whole_step = match args.rows {
        Some(_) => args.batch * args.sequence,
        None => args.tokens,
    };
    Ok(BenchPlan {
        folder,
        precision: args.precision.into(),
        device: args.device,
        threads: args.threads,
        recompute: args.recompute.into(),
        workload,
        micro_batch: Tokens(args.micro_batch.unwrap_or(whole_step as u64)),
        lr: args.lr,
        steps: args.steps,
        warmup: args.warmup,
        parts: args.parts,
    })
}

fn traced_plan(args: &Args, folder: PathBuf) -> TracedPlan {
    TracedPlan {
        folder,
        precision: args.precision.into(),
        recompute: args.recompute.into(),
        length: args.sequence,
        tokens: args.tokens,
        micro_batch: args.micro_batch.map_or(args.tokens, |tokens| tokens as usize),
    }
}

fn generation_plan(args: &Args, folder: PathBuf, samples: usize) -> GenerationPlan {
    GenerationPlan {
        folder,
        precision: args.precision.into(),
        device: args.device,
        threads: args.threads,
        samples,
        length: args.sequence,
    }
}

fn print(result: &BenchResult) {
    let mfu = result.mfu.map_or("unknown peak".into(), |mfu| format!("{:.1} %", mfu * 100.0));
    say!("device        {}", result.device);
    say!("parameters    {}", grouped(result.parameters));
    say!("tokens/s      {}", grouped(result.tokens_per_s.round() as u64));
    say!("MFU           {mfu}");
    say!("peak memory   {}", Bytes(result.peak_memory_bytes));
    say!("planned       {}", Bytes(result.planned_memory_bytes));
    say!("step          {:.3} s", result.step_secs);
    if result.halved > 0 {
        say!("halved        the micro-batch, {} times: memory ran out", result.halved);
    }
    let Some(parts) = result.parts else { return };
    let Parts { input_ms, forward_ms, loss_ms, backward_ms, optimizer_ms } = parts;
    for (name, ms) in [
        ("input", input_ms),
        ("forward", forward_ms),
        ("loss", loss_ms),
        ("backward", backward_ms),
        ("optimizer", optimizer_ms),
    ] {
        say!("{name:<13} {ms:.1} ms");
    }
}

fn print_traced(step: &TracedStep, json: bool) -> anyhow::Result<Exit> {
    if json {
        print::raw(&echo::json(&serde_json::to_string(step)?));
        return Ok(Exit::Done);
    }
    say!("counted as on {}; assumed: {}", step.device, step.assumed);
    say!("{:<12} {:>8} {:>10} {:>10} {:>10}", "part", "kernels", "TFLOP", "GB", "ms");
    for Part { name, kernels, flops, bytes, ms } in &step.parts {
        let (tera, giga) = (flops / 1e12, bytes / 1e9);
        say!("{name:<12} {:>8} {tera:>10.1} {giga:>10.1} {ms:>10.1}", grouped(*kernels));
    }
    say!("tokens/s      {}", grouped(step.tokens_per_s.round() as u64));
    say!("MFU           {:.1} %", 100.0 * step.mfu);
    say!("uploads       {} a micro-batch", step.uploads);
    Ok(Exit::Done)
}

fn print_rate(rate: &Rate, json: bool) -> anyhow::Result<Exit> {
    if json {
        print::raw(&echo::json(&serde_json::to_string(rate)?));
        return Ok(Exit::Done);
    }
    say!("device        {}", rate.device);
    say!("products      {0} × {0} in {1}", rate.size, rate.dtype);
    say!("rate          {:.2} TFLOP/s", rate.flops / 1e12);
    if let Some(share) = rate.share_of_peak {
        say!("of the peak   {:.1} %", 100.0 * share);
    }
    Ok(Exit::Done)
}

fn print_saving(result: &SaveResult, json: bool) -> anyhow::Result<Exit> {
    if json {
        print::raw(&echo::json(&serde_json::to_string(result)?));
        return Ok(Exit::Done);
    }
    say!("device        {}", result.device);
    say!("parameters    {}", grouped(result.parameters));
    say!("checkpoint    {}", Bytes(result.checkpoint_bytes));
    say!("step          {:.3} s", result.step_secs);
    for (name, save) in ["first save", "next save"].iter().zip(&result.saves) {
        let SaveTime { save_secs, stop_secs, steps, step_secs } = save;
        let share = 100.0 * stop_secs / save_secs;
        say!(
            "{name:<13} {save_secs:.2} s, {share:.1} % of which training stood still; then {steps} steps of {step_secs:.3} s"
        );
    }
    say!("peak memory   {}", Bytes(result.peak_memory_bytes));
    Ok(Exit::Done)
}

fn print_generation(result: &GenerationResult, json: bool) -> anyhow::Result<Exit> {
    if json {
        print::raw(&echo::json(&serde_json::to_string(result)?));
        return Ok(Exit::Done);
    }
    let rate = |tokens_per_s: f64| grouped(tokens_per_s.round() as u64);
    say!("device        {}", result.device);
    say!("parameters    {}", grouped(result.parameters));
    say!("batched       {} tokens/s", rate(result.generate_tokens_per_s));
    say!("one by one    {} tokens/s", rate(result.generate_tokens_per_s_one_by_one));
    say!("ratio         {:.1}", result.batched_ratio);
    say!("peak memory   {}", Bytes(result.peak_memory_bytes));
    Ok(Exit::Done)
}

fn print_numerics(numerics: &Numerics, json: bool) -> anyhow::Result<Exit> {
    if json {
        print::raw(&echo::json(&serde_json::to_string(numerics)?));
        return Ok(Exit::Done);
    }
    say!("{} against f32 on the CPU, relative", numerics.device);
    say!("{:<10} {:>10} {:>10} {:>10}", "precision", "logits", "loss", "gradients");
    for found in &numerics.precisions {
        let bench::Difference { precision, logits, loss, gradients } = found;
        say!("{precision:<10} {logits:>10.1e} {loss:>10.1e} {gradients:>10.1e}");
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
