use super::ConfigArgs;
use crate::app::{self, Exit};
use crate::echo;
use crate::print;
use crate::unit::{Bytes, Tokens, duration_text, grouped};

/// `versatune check`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    config: ConfigArgs,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

pub fn run(args: Args) -> anyhow::Result<Exit> {
    let plan = args.config.load()?.plan;
    let report = app::check(&plan)?;
    if args.json {
        print::raw(&echo::json(&serde_json::to_string_pretty(&report)?));
        return Ok(Exit::Done);
    }
    say!("config     in order");
    say!("device     {} · {}: {}", report.device.name, report.device.model, report.device.why);
    say!("model      {} · {} parameters", report.family, grouped(report.parameters));
    say!("data       {:<12} {:>10} {:>14} {:>10}", "domain", "rows", "target tokens", "held out");
    for domain in &report.domains {
        say!(
            "           {:<12} {:>10} {:>14} {:>10}",
            domain.domain,
            grouped(domain.train_rows),
            domain.train_target_tokens.to_string(),
            grouped(domain.held_out_rows)
        );
    }
    for notice in &report.notices {
        say!("           {notice}");
    }
    say!("steps      {}", grouped(report.steps));
    say!("tokens     {}", Tokens(report.tokens));
    say!("memory     about {} of {}", Bytes(report.memory_bytes), report.device.memory);
    say!(
        "time       about {} for the steps, from one that was tried here",
        duration_text(report.secs)
    );
    Ok(Exit::Done)
}
