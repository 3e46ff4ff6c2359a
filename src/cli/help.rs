//! `versatune help`: the reference in the terminal.

use super::Cli;
use crate::app::Exit;
use crate::control::nearest;
use crate::help::{self, Style, TOPICS, Topic};
use crate::print;
use crate::tui::look::in_locale;
use clap::CommandFactory;
use std::io::{IsTerminal, Write};
use std::process::{Command, Stdio};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A topic or a subcommand; without one, the list of topics
    topic: Option<String>,
}

/// Widest line of a page.
const COLUMNS: u16 = 80;

pub(super) fn run(args: Args) -> anyhow::Result<Exit> {
    let Some(name) = args.topic else {
        say!("{}\n{}", Cli::command().render_long_help().to_string().trim_end(), topic_list());
        return Ok(Exit::Done);
    };
    if let Some(topic) = Topic::find(&name) {
        page(topic);
        return Ok(Exit::Done);
    }
    let mut cli = Cli::command();
    if let Some(command) = cli.find_subcommand_mut(&name) {
        let mut command = command.clone().bin_name(format!("versatune {name}"));
        say!("{}", command.render_long_help().to_string().trim_end());
        return Ok(Exit::Done);
    }
    let hint = nearest(&name, TOPICS.iter().map(|topic| topic.name))
        .map_or(String::new(), |near| format!("; did you mean {near}?"));
    complain!("error: there is no help on '{name}'{hint}\n{}", topic_list());
    Ok(Exit::Usage)
}

fn topic_list() -> String {
    let lines = TOPICS.iter().map(|topic| format!("\n  {:<12} {}", topic.name, topic.summary));
    format!("\nTopics, as in `versatune help config`:{}", lines.collect::<String>())
}

/// Shows a page: through a pager in a terminal, as plain text elsewhere.
fn page(topic: &Topic) {
    let text = in_locale(topic.text);
    if !std::io::stdout().is_terminal() {
        say!("{}", help::render(&text, Style::Plain, COLUMNS.into()).trim_end());
        return;
    }
    let style = if super::in_colour() { Style::Colour } else { Style::Plain };
    let text = help::render(&text, style, columns().into());
    if !through_pager(&text) {
        print::raw(text.trim_end());
    }
}

/// Columns to write: the terminal's, at most [`COLUMNS`].
fn columns() -> u16 {
    let size = rustix::termios::tcgetwinsize(std::io::stdout());
    size.map_or(COLUMNS, |size| size.ws_col.clamp(40, COLUMNS))
}

/// Gives the text to `$PAGER`, else to `less -FRX`. `false` if none could be started.
fn through_pager(text: &str) -> bool {
    let pager = std::env::var("PAGER").ok().filter(|pager| !pager.trim().is_empty());
    let mut command = match pager {
        // Through the shell, since $PAGER may hold arguments.
        Some(pager) => {
            let mut shell = Command::new("sh");
            shell.arg("-c").arg(pager);
            shell
        }
        None => {
            let mut less = Command::new("less");
            less.arg("-FRX");
            less
        }
    };
    if std::env::var_os("LESS").is_none() {
        command.env("LESS", "FRX");
    }
    let Ok(mut pager) = command.stdin(Stdio::piped()).spawn() else { return false };
    if let Some(mut input) = pager.stdin.take() {
        // A pager that is left before the end closes its input: no error.
        let _ = input.write_all(text.as_bytes());
    }
    // 126 and 127: the shell found no such program.
    pager.wait().is_ok_and(|status| !matches!(status.code(), Some(126 | 127)))
}
