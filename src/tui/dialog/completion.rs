//! Completions of the command line.

use crate::control::{
    ALERTS, BEST, Form, MIXING, NO_DOMAIN, NumberedRule, Tunable, UsualAlert, VOCABULARY, Word,
    condition_words,
};
use crate::telemetry::RunState;
use crate::tui::draw::number;
use crate::unit::Step;

/// A word that would complete the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Completion {
    pub word: String,
    pub help: String,
}

/// A line with its last word completed. With `for_good` a blank follows, if another word has to.
pub(super) fn completed(line: &str, word: &str, for_good: bool) -> String {
    let (kept, _) = split(line);
    let tail = if for_good && takes_more(&kept, word) { " " } else { "" };
    format!("{kept}{word}{tail}")
}

/// A line as the part that stays and the word that is being typed.
fn split(line: &str) -> (String, &str) {
    let at = line.rfind([' ', ',']).map_or(0, |at| at + 1);
    (line[..at].to_owned(), &line[at..])
}

/// Whether another word has to follow this one.
fn takes_more(kept: &str, word: &str) -> bool {
    let is_first = kept.trim().is_empty();
    let alone = |w: &&Word| w.name == word && matches!(w.form, Form::Alone(_));
    if is_first { !VOCABULARY.iter().any(|w| alone(&w)) } else { kept.trim() == "set" }
}

/// Words that complete the last word of a line.
pub(super) fn completions(line: &str, run: &RunState) -> Vec<Completion> {
    let (kept, typed) = split(line);
    let words: Vec<Completion> = match kept.split_whitespace().next() {
        None => commands(),
        Some(first) => following(first, &kept, run),
    };
    words.into_iter().filter(|one| one.word.starts_with(typed) && one.word != typed).collect()
}

/// The names of all commands.
fn commands() -> Vec<Completion> {
    let command = |word: &Word| Completion {
        word: word.name.into(),
        help: [word.usage, word.help].join("  ").trim().into(),
    };
    VOCABULARY.iter().map(command).collect()
}

/// What a condition may look at; behind `do`, commands and what follows them.
fn of_rule(kept: &str, run: &RunState) -> Vec<Completion> {
    let Some((_, command)) = kept.split_once(" do ") else {
        let words = condition_words(&run.domains).into_iter();
        return words.map(|(word, help)| Completion { word, help: help.into() }).collect();
    };
    match command.split_whitespace().next() {
        None => commands(),
        Some(first) => following(first, command, run),
    }
}

/// Words that may follow the name of a command.
fn following(first: &str, kept: &str, run: &RunState) -> Vec<Completion> {
    let Some(word) = VOCABULARY.iter().find(|word| word.name == first) else { return Vec::new() };
    let domains =
        || run.domains.iter().map(|name| Completion { word: name.clone(), help: String::new() });
    match word.form {
        Form::Alone(_) | Form::Text | Form::Prompt | Form::Rehearsal => Vec::new(),
        Form::Rule(_) => of_rule(kept, run),
        Form::RuleNumber => {
            let rules = run.history.live.iter().flat_map(|live| live.rules.iter());
            let one = |rule: &NumberedRule| Completion {
                word: rule.number.to_string(),
                help: rule.rule.to_string(),
            };
            rules.map(one).collect()
        }
        Form::Domains => {
            let none = Completion { word: NO_DOMAIN.into(), help: "no target".into() };
            domains().chain([none]).collect()
        }
        Form::Weights | Form::Limits => {
            domains().map(|one| Completion { word: one.word + "=", ..one }).collect()
        }
        Form::Checkpoint => checkpoints(run),
        Form::Mixing => MIXING
            .iter()
            .map(|(name, _)| Completion { word: (*name).into(), help: String::new() })
            .collect(),
        Form::Alerts => alerts(kept),
        Form::Tunable if kept.split_whitespace().count() == 1 => Tunable::ALL
            .iter()
            .map(|tunable| Completion {
                word: tunable.name().into(),
                help: tunable_help(*tunable, run),
            })
            .collect(),
        Form::Tunable => Vec::new(),
    }
}

/// `on` and `off`, then the built-in alerts.
fn alerts(kept: &str) -> Vec<Completion> {
    if kept.split_whitespace().count() == 1 {
        let word = |(name, _): (&str, bool)| Completion { word: name.into(), help: String::new() };
        return ALERTS.map(word).into();
    }
    let named = UsualAlert::ALL.into_iter().map(|alert| Completion {
        word: alert.name().into(),
        help: alert.condition().map_or_else(String::new, |when| when.to_string()),
    });
    named.collect()
}

/// The best checkpoint and the newest that are there.
fn checkpoints(run: &RunState) -> Vec<Completion> {
    let best = Completion { word: BEST.into(), help: "that of the lowest held-out loss".into() };
    let step = |step: Step| Completion { word: step.0.to_string(), help: String::new() };
    [best].into_iter().chain(run.newest_checkpoints().map(step)).collect()
}

fn tunable_help(tunable: Tunable, run: &RunState) -> String {
    let now = run.history.live.as_ref().and_then(|live| live.get(tunable));
    let now = now.map_or_else(|| "none".into(), number::tunable);
    format!("now {now}; {} ({})", tunable.help(), tunable.allowed(run.domains.len()))
}
