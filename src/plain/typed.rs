use crate::control::Command;

/// Words that are no commands of the run.
const WORDS: [&str; 4] = ["status", "domains", "help", "leave"];

/// What a typed line means.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Typed {
    /// Nothing was typed.
    Nothing,
    /// A command for the run, with the reason given.
    Command(Command, Option<String>),
    Status,
    Domains,
    Help,
    /// No more lines are wanted; the run goes on.
    Leave,
    /// Neither; what would be allowed.
    Wrong(String),
}

impl Typed {
    /// The meaning of a line, for a run with these domains.
    pub fn of(line: &str, domains: &[String]) -> Self {
        match line.trim() {
            "" => Typed::Nothing,
            "status" => Typed::Status,
            "domains" => Typed::Domains,
            "help" | "?" => Typed::Help,
            "leave" | "quit" | "q" => Typed::Leave,
            line => match Command::parse_for(line, domains) {
                Ok((command, reason)) => Typed::Command(command, reason),
                Err(error) => Typed::Wrong(format!("{error}; also: {}", WORDS.join(", "))),
            },
        }
    }
}
