use super::ConfigArgs;
use crate::app::{self, Exit};
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

/// Runs it.
pub fn run(args: Args) -> anyhow::Result<Exit> {
    let plan = args.config.load()?.plan;
    let checked = app::check(plan)?;
    if args.json {
        say!("{}", serde_json::to_string_pretty(&checked)?);
        return Ok(Exit::Done);
    }
    say!("config     in order");
    say!("device     {} · {}: {}", checked.device.name, checked.device.model, checked.device.why);
    say!("model      {} · {} parameters", checked.family, grouped(checked.parameters));
    say!("data       {:<12} {:>10} {:>14} {:>10}", "domain", "rows", "target tokens", "held out");
    for domain in &checked.domains {
        say!(
            "           {:<12} {:>10} {:>14} {:>10}",
            domain.domain,
            grouped(domain.train_rows),
            domain.train_target_tokens.to_string(),
            grouped(domain.held_out_rows)
        );
    }
    for notice in &checked.notices {
        say!("           {notice}");
    }
    say!("steps      {}", grouped(checked.steps));
    say!("tokens     {}", Tokens(checked.tokens));
    say!("memory     about {} of {}", Bytes(checked.memory_bytes), checked.device.memory);
    say!(
        "time       about {} for the steps, from one that was tried here",
        duration_text(checked.secs)
    );
    Ok(Exit::Done)
}
