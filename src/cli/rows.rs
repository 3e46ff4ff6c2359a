use super::{ConfigArgs, sequences};
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
    /// The packed sequences of the first step, with the bounds of the documents in them
    #[arg(long, conflicts_with_all = ["domain", "seed"])]
    packed: bool,
}

pub fn run(args: Args) -> anyhow::Result<Exit> {
    let plan = args.config.load()?.plan;
    let style = TextStyle::new(super::in_colour());
    let count = (!args.all).then_some(args.n);
    if args.packed {
        return sequences::run(&plan, count, args.json, style);
    }
    let names: Vec<_> = plan.data.domains.iter().map(|domain| domain.name.as_str()).collect();
    if let Some(name) = args.domain.as_deref().filter(|name| !names.contains(name)) {
        bail!("there is no domain {name}; the config has {}", names.join(", "));
    }
    let choice = RowChoice { domain: args.domain, count, seed: args.seed };
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
            print::raw(&in_locale(&text(&row, style)));
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

/// How text that the loss counts is told from the rest.
#[derive(Clone, Copy)]
pub(super) struct TextStyle {
    start: &'static str,
    end: &'static str,
}

impl TextStyle {
    /// Green, or between `[[` and `]]` without colours.
    fn new(colours: bool) -> Self {
        let [start, end] = if colours { ["\u{1b}[1;32m", "\u{1b}[0m"] } else { ["[[", "]]"] };
        TextStyle { start, end }
    }

    /// The whole text of the runs.
    pub(super) fn runs(self, runs: &[(bool, String)]) -> String {
        let TextStyle { start, end } = self;
        let run = |(counted, text): &(bool, String)| {
            let text = echo::lines(text);
            if *counted { format!("{start}{text}{end}") } else { text.into_owned() }
        };
        runs.iter().map(run).collect()
    }
}

/// How many tokens there are, and how many of them count.
pub(super) fn counted_words(counted: &[bool]) -> String {
    let counts = counted.iter().filter(|counted| **counted).count();
    format!("{} tokens, the loss counts {counts}", counted.len())
}

/// A row for people.
fn text(row: &RowView, style: TextStyle) -> String {
    let size = match row.tokens.len() {
        0 => "no example".to_owned(),
        _ => counted_words(&row.counted),
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
    out += &style.runs(&row.runs);
    if !row.tokens.is_empty() {
        let ids: Vec<_> = row.tokens.iter().take(IDS_SHOWN).map(u32::to_string).collect();
        let more = if row.tokens.len() > IDS_SHOWN { " …" } else { "" };
        out += &format!("\nids {}{more}\n", ids.join(" "));
    }
    out
}
