use super::ConfigArgs;
use crate::app::{self, Exit};
use crate::data::{RowChoice, RowPlace, RowView};
use crate::echo;
use crate::print;
use crate::tui::look::in_locale;
use anyhow::bail;
use serde::Serialize;
use std::ops::ControlFlow;
use std::path::Path;

/// Token ids that a person is shown.
const IDS_SHOWN: usize = 24;

/// `versatune rows`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    config: ConfigArgs,
    /// Rows of this domain only
    #[arg(long, value_name = "NAME")]
    domain: Option<String>,
    /// Rows of each domain
    #[arg(long, default_value_t = 3, conflicts_with = "all")]
    n: usize,
    /// Another seed chooses other rows
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Every row
    #[arg(long)]
    all: bool,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

pub fn run(args: Args) -> anyhow::Result<Exit> {
    let plan = args.config.load()?.plan;
    let names: Vec<_> = plan.data.domains.iter().map(|domain| domain.name.as_str()).collect();
    if let Some(name) = args.domain.as_deref().filter(|name| !names.contains(name)) {
        bail!("there is no domain {name}; the config has {}", names.join(", "));
    }
    let count = (!args.all).then_some(args.n);
    let choice = RowChoice { domain: args.domain, count, seed: args.seed };
    let colours = super::in_colour();
    let mut failure = None;
    app::for_each_row(&plan, &choice, &mut |row| {
        if args.json {
            match serde_json::to_string(&Line::from_row(&row)) {
                Ok(line) => print::raw(&echo::json(&line)),
                Err(error) => {
                    failure = Some(error);
                    return ControlFlow::Break(());
                }
            }
        } else {
            print::raw(&in_locale(&text(&row, colours)));
        }
        ControlFlow::Continue(())
    })?;
    failure.map_or(Ok(Exit::Done), |error| Err(error.into()))
}

/// What `--json` prints of a row.
#[derive(Serialize)]
struct Line<'a> {
    domain: &'a str,
    file: &'a Path,
    /// Line of a text file, or number of a row in a table, from 1.
    line: u64,
    tokens: &'a [u32],
    counted: &'a [bool],
    text: String,
    counted_text: Vec<&'a str>,
    cut: bool,
    notices: &'a [String],
}

impl<'a> Line<'a> {
    fn from_row(row: &'a RowView) -> Self {
        let (RowPlace::Line(line) | RowPlace::Row(line)) = row.place;
        let counted = row.runs.iter().filter(|(counted, _)| *counted);
        Line {
            domain: &row.domain,
            file: &row.file,
            line,
            tokens: &row.tokens,
            counted: &row.counted,
            text: row.runs.iter().map(|(_, text)| text.as_str()).collect(),
            counted_text: counted.map(|(_, text)| text.as_str()).collect(),
            cut: row.cut > 0,
            notices: &row.notices,
        }
    }
}

/// A row for people: what the loss counts is green, or between `[[` and `]]` without colours.
fn text(row: &RowView, colours: bool) -> String {
    let [start, end] = if colours { ["\u{1b}[1;32m", "\u{1b}[0m"] } else { ["[[", "]]"] };
    let counted = row.counted.iter().filter(|counted| **counted).count();
    let size = match row.tokens.len() {
        0 => "no example".to_owned(),
        all => format!("{all} tokens, the loss counts {counted}"),
    };
    let file = super::shown(&row.file);
    let cut = match row.cut {
        0 => String::new(),
        tokens => format!(" · {tokens} more were cut"),
    };
    let mut out = format!("{} · {}, {} · {size}{cut}\n", row.domain, echo::line(&file), row.place);
    for notice in &row.notices {
        out += &format!("{}\n", echo::line(notice));
    }
    for (counted, text) in &row.runs {
        let text = echo::lines(text);
        out += &if *counted { format!("{start}{text}{end}") } else { text.into_owned() };
    }
    if !row.tokens.is_empty() {
        let ids: Vec<_> = row.tokens.iter().take(IDS_SHOWN).map(u32::to_string).collect();
        let more = if row.tokens.len() > IDS_SHOWN { " …" } else { "" };
        out += &format!("\nids {}{more}\n", ids.join(" "));
    }
    out
}
