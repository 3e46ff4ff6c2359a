use super::ConfigArgs;
use crate::app::{self, Exit};
use crate::echo;
use crate::print;
use crate::telemetry::{DataSummary, FieldUse, FileFields, Lengths};
use crate::train::{CeilingTime, CheckpointTime, EvaluationTime, FirstWeight, Measuring};
use crate::train::{PlannedDevice, PlannedMemory, PreflightReport, RunTime};
use crate::unit::{Bytes, Tokens, duration_text, grouped};
use std::path::Path;

/// `versatune check`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    config: ConfigArgs,
    /// One JSON object
    #[arg(long)]
    json: bool,
    /// Only the memory, on a GPU that need not be here
    #[arg(long, value_name = "NAME", value_parser = planned_device)]
    device: Option<PlannedDevice>,
}

fn planned_device(name: &str) -> Result<PlannedDevice, String> {
    let names = || PlannedDevice::names().collect::<Vec<_>>().join(", ");
    PlannedDevice::named(name).ok_or_else(|| format!("known are {}", names()))
}

pub fn run(args: Args) -> anyhow::Result<Exit> {
    let plan = args.config.load()?.plan;
    if let Some(device) = &args.device {
        return memory_alone(&app::check_memory(&plan, device)?, args.json);
    }
    let report = app::check(&plan)?;
    if args.json {
        print::raw(&echo::json(&serde_json::to_string_pretty(&report)?));
        return Ok(Exit::Done);
    }
    say!("config     in order");
    say!("device     {} · {}: {}", report.device.name, report.device.model, report.device.why);
    say!("model      {} · {} parameters", report.family, grouped(report.parameters));
    data(&report.domains);
    for notice in &report.notices {
        say!("           {notice}");
    }
    fields(&report.domains);
    weights(&report);
    say!("steps      {}", grouped(report.steps));
    say!("updates    {}, one after each {} steps", grouped(report.updates), grouped(report.every));
    measuring(&report);
    say!("tokens     {}", Tokens(report.tokens));
    memory(&report.memory);
    time(&report);
    Ok(Exit::Done)
}

/// The memory on a device that need not be here; a run that does not fit is an error.
fn memory_alone(planned: &PlannedMemory, json: bool) -> anyhow::Result<Exit> {
    match json {
        true => print::raw(&echo::json(&serde_json::to_string_pretty(planned)?)),
        false => memory(planned),
    }
    planned.require_fit()?;
    Ok(Exit::Done)
}

/// The memory of the run, by its parts.
fn memory(planned: &PlannedMemory) {
    let plan = &planned.plan;
    let (total, capacity) = (Bytes(plan.total), Bytes(plan.capacity));
    say!("memory     about {total} of {capacity} on {}: {}", plan.device, plan.choice.words());
    if let Some(why) = &planned.why {
        say!("           chosen by fit: {why}");
    }
    let working = format!("most in {}", plan.working_in);
    let parts = [
        ("weights", plan.weights, ""),
        ("copies", plan.copies, "of the weights in bf16"),
        ("gradients", plan.gradients, ""),
        ("moments", plan.moments, ""),
        ("activations", plan.activations, "kept for the backward"),
        ("working", plan.working, working.as_str()),
        ("reserve", plan.reserve, "the device's own, and fragments"),
    ];
    for (name, bytes, what) in parts.into_iter().filter(|(_, bytes, _)| *bytes > 0) {
        say!(
            "           {}",
            format!("{name:<12} {:>10}  {what}", Bytes(bytes).to_string()).trim_end()
        );
    }
    if let Some(bytes) = plan.ceilings {
        say!("           while the ceilings are measured {}", Bytes(bytes));
    }
    if planned.checkpoint_copy_bytes > 0 {
        copy(planned);
    }
    let PlannedMemory { checkpoint_bytes, checkpoints, .. } = *planned;
    let all = Bytes(checkpoint_bytes * checkpoints);
    say!("disk       {} a checkpoint, at most {all} for {checkpoints}", Bytes(checkpoint_bytes));
}

/// The copy in host memory that a checkpoint is written from.
fn copy(planned: &PlannedMemory) {
    let (copy, plan) = (planned.checkpoint_copy_bytes, &planned.plan);
    if !planned.copy_is_in_it {
        say!(
            "host       {} for a copy while a checkpoint is written; without, training waits",
            Bytes(copy)
        );
        return;
    }
    let with = plan.total + copy;
    let short = if with > plan.capacity { ": too much, so that training waits for it" } else { "" };
    say!("           with a copy while a checkpoint is written {}{short}", Bytes(with));
}

/// What is measured, and its share of the run's work.
fn measuring(report: &PreflightReport) {
    let Measuring { rows, measurements, share, .. } = report.measuring;
    say!(
        "measuring  {} times, at most {} held-out rows of a domain: {:.1} % of the work",
        grouped(measurements),
        grouped(rows as u64),
        100.0 * share
    );
    if let Some(text) = &report.over_budget {
        say!("           {text}");
    }
}

/// The first weights, and what they come to in samples and in target tokens.
fn weights(report: &PreflightReport) {
    let (samples, targets) = ("of samples", "of targets");
    say!("weights    {:<12} {:>10} {samples:>11} {targets:>11}", "domain", "weight");
    for FirstWeight { domain, weight, token_share } in &report.weights {
        let share = |share: f64| format!("{:.1} %", 100.0 * share);
        say!(
            "           {domain:<12} {weight:>10.4} {:>11} {:>11}",
            share(*weight),
            share(*token_share)
        );
    }
    if !report.weights_known {
        say!("           these are equal weights: the run measures the ones that it begins with");
    }
}

/// What the parts of the run take. All of it is estimated.
fn time(report: &PreflightReport) {
    let RunTime { steps_secs, ceilings, evaluations, checkpoints } = &report.time;
    let known = |secs: Option<f64>| secs.map_or("not known".into(), duration_text);
    say!(
        "time       about {}, an estimate from small parts tried here:",
        duration_text(report.secs)
    );
    let part =
        |name: &str, secs: String, of: String| say!("           {name:<12} {secs:>12}  {of}");
    let steps = format!("{}, from one that was tried", grouped(report.steps));
    part("steps", duration_text(*steps_secs), steps);
    if let Some(CeilingTime { steps, measurements, secs, basis }) = ceilings {
        let (steps, measurements) = (grouped(*steps), grouped(*measurements));
        let of = format!("{steps} steps and {measurements} measurements, {basis}");
        part("ceilings", known(*secs), of);
    }
    let EvaluationTime { count, rows, tokens, secs } = evaluations;
    let (count, rows, tokens) = (grouped(*count), grouped(*rows), Tokens(*tokens));
    part(
        "held-out",
        duration_text(*secs),
        format!("{count} measurements of {rows} rows, {tokens} tokens"),
    );
    let CheckpointTime { count, bytes, secs, basis } = checkpoints;
    let of = format!("{} of about {}, {basis}", grouped(*count), Bytes(*bytes));
    part("checkpoints", known(*secs), of);
}

/// Rows and tokens of the domains, and how long their rows are.
fn data(domains: &[DataSummary]) {
    let share = |part: u64, all: u64| match all {
        0 => "–".into(),
        _ => format!("{:.1} %", 100.0 * part as f64 / all as f64),
    };
    let rows: u64 = domains.iter().map(|domain| domain.train_rows).sum();
    let targets: u64 = domains.iter().map(|domain| domain.train_target_tokens.0).sum();
    let (of_rows, of_targets) = ("of rows", "of targets");
    say!(
        "data       {:<12} {:>10} {:>9} {:>14} {:>10} {:>9}",
        "domain",
        "rows",
        of_rows,
        "target tokens",
        of_targets,
        "held out"
    );
    for domain in domains {
        say!(
            "           {:<12} {:>10} {:>9} {:>14} {:>10} {:>9}",
            domain.domain,
            grouped(domain.train_rows),
            share(domain.train_rows, rows),
            domain.train_target_tokens.to_string(),
            share(domain.train_target_tokens.0, targets),
            grouped(domain.held_out_rows)
        );
    }
    say!(
        "tokens     {:<12} {:>10} {:>9} {:>14} {:>10} {:>9}",
        "of a row",
        "median",
        "95 %",
        "longest",
        "cut",
        "twice"
    );
    for domain in domains {
        let Some(Lengths { median, p95, longest }) = domain.lengths else { continue };
        say!(
            "           {:<12} {:>10} {:>9} {:>14} {:>10} {:>9}",
            domain.domain,
            grouped(median),
            grouped(p95),
            grouped(longest),
            share(domain.cut_rows, domain.train_rows + domain.held_out_rows),
            grouped(domain.duplicate_rows)
        );
    }
}

/// The words before the fields of each use.
const USES: [(FieldUse, &str); 6] = [
    (FieldUse::Content, ""),
    (FieldUse::Template, "for the chat template: "),
    (FieldUse::Domain, "names the domain: "),
    (FieldUse::Ignored, "left out by data.ignore_fields: "),
    (FieldUse::Refused, "refused: "),
    (FieldUse::Unused, "not used: "),
];

/// A file with the same fields for some domains.
struct FileLine<'a> {
    file: &'a str,
    fields: String,
    domains: Vec<&'a str>,
    rows: u64,
}

/// The fields of every file, and what becomes of them.
fn fields(domains: &[DataSummary]) {
    let mut lines: Vec<FileLine> = Vec::new();
    for (domain, file) in domains.iter().flat_map(|d| d.files.iter().map(move |file| (d, file))) {
        let fields = uses(file);
        let is_same = |line: &&mut FileLine| line.file == file.file && line.fields == fields;
        match lines.iter_mut().find(is_same) {
            Some(line) => {
                line.domains.push(&domain.domain);
                line.rows += file.rows;
            }
            None => {
                let (domains, rows) = (vec![domain.domain.as_str()], file.rows);
                lines.push(FileLine { file: &file.file, fields, domains, rows });
            }
        }
    }
    let mut title = "fields";
    for FileLine { file, fields, domains, rows } in lines {
        let name = super::shown(Path::new(file));
        let rows = if rows == 1 { "1 row".into() } else { format!("{} rows", grouped(rows)) };
        let of = match domains[..] {
            [domain] => domain.to_owned(),
            _ => format!("{} domains", domains.len()),
        };
        say!("{title:<10} {} ({rows} of {of}): {fields}", echo::line(&name));
        title = "";
    }
}

/// The fields of a file by their use; a number where not all rows have one.
fn uses(file: &FileFields) -> String {
    let of = |what: FieldUse| {
        let fields = file.fields.iter().filter(move |field| field.what == what);
        let names = fields.map(|field| match field.rows == file.rows {
            true => echo::line(&field.name).into_owned(),
            false => format!("{} ({})", echo::line(&field.name), grouped(field.rows)),
        });
        names.collect::<Vec<_>>().join(", ")
    };
    let all = USES.iter().map(|(what, words)| (words, of(*what)));
    let given = all.filter(|(_, names)| !names.is_empty());
    given.map(|(words, names)| format!("{words}{names}")).collect::<Vec<_>>().join("; ")
}
