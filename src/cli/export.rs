use super::find_run::find_run;
use crate::app::Exit;
use crate::disk;
use crate::export::{self, Format};
use crate::unit::grouped;
use std::path::PathBuf;

/// `versatune export`.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Args {
    /// Folder of the run, such as runs/demo, or its name; it may be going on
    run: PathBuf,
    /// The format
    #[arg(long, value_enum, value_name = "FORMAT")]
    to: FormatArg,
    /// Another place: a folder for tensorboard, otherwise a file [default: metrics.tensorboard,
    /// metrics.csv or metrics.jsonl in the run's folder]
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum FormatArg {
    /// Scalars and texts in an event file, for `tensorboard --logdir`
    Tensorboard,
    /// A table, one number or sentence a row
    Csv,
    /// The same rows, a JSON object a line
    Jsonl,
}

const AFTER_HELP: &str = "\
Every step of the record is exported with its exact numbers; TensorBoard keeps them in f32. Steps
that a resume did again, or that a rollback left, are left out. `versatune help export` explains
metrics and fields; `logging.tensorboard: true` writes the events while a run goes.";

pub fn run(args: Args) -> anyhow::Result<Exit> {
    let folder = find_run(Some(&args.run))?;
    let format = match args.to {
        FormatArg::Tensorboard => Format::TensorBoard,
        FormatArg::Csv => Format::Csv,
        FormatArg::Jsonl => Format::JsonLines,
    };
    let place = args.out.unwrap_or_else(|| format.usual_place(&folder));
    let exported = export::export(&folder, format, &place)?;
    super::warn_of(&exported.damage);
    say!("{}  {} points", super::shown(&exported.path), grouped(exported.points));
    if exported.left_out > 0 {
        let left_out = grouped(exported.left_out);
        say!("left out {left_out} points of steps that a resume did again or a rollback left");
    }
    if format == Format::TensorBoard {
        say!("see it with: tensorboard --logdir {}", super::shown(disk::parent(&exported.path)));
    }
    Ok(Exit::Done)
}
