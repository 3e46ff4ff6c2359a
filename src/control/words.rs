use super::{Command, EngineCommand, LifecycleCommand, LiveChange, Repeat, Tunable};

/// The first word of a command, and what may follow it.
#[derive(Debug)]
pub struct Word {
    /// The word itself.
    pub name: &'static str,
    /// What follows the word.
    pub form: Form,
    /// What may follow, in short: `<domain>[,<domain>…] | none`; empty where nothing may.
    pub usage: &'static str,
    /// What the command does, in one line.
    pub help: &'static str,
    /// A complete command line.
    pub example: &'static str,
}

/// What follows a command's word: what the parser expects and what a completion offers.
#[derive(Clone, Debug, PartialEq)]
pub enum Form {
    /// Nothing: the word is this command.
    Alone(Command),
    /// Names of domains, or `none`.
    Domains,
    /// The name of a [`Tunable`] and a number.
    Tunable,
    /// `<domain>=<weight>`, once or more.
    Weights,
    /// `<domain>=<share>` or `<domain>=none`, once or more.
    Limits,
    /// One of [`MIXING`].
    Mixing,
    /// One of [`ALERTS`], and names of built-in alerts.
    Alerts,
    /// The step of a checkpoint, or `best`.
    Checkpoint,
    /// A number of steps and an edit.
    Rehearsal,
    /// The rest of the line, a prompt.
    Prompt,
    /// A condition, `do`, and a command.
    Rule(Repeat),
    /// The number of a rule.
    RuleNumber,
    /// The rest of the line.
    Text,
}

/// What may follow `mixing`, and whether it holds the mixture.
pub const MIXING: [(&str, bool); 2] = [("hold", true), ("release", false)];

/// What may follow `alerts`, and whether it switches them on.
pub const ALERTS: [(&str, bool); 2] = [("on", true), ("off", false)];

/// The word after `set lambda` for a λ that is solved.
pub const AUTO: &str = "auto";

/// The word for "no domain" after `target`, and for "no limit".
pub const NO_DOMAIN: &str = "none";

/// The command that asks the model.
pub(super) const ASK: &str = "ask";

/// The command that tries an edit.
pub(super) const REHEARSE: &str = "rehearse";

/// Commands of which the rest of the line is free text.
pub const FREE_TEXT: [&str; 2] = ["note", ASK];

/// A word that is a whole command; it is its own example.
const fn alone(name: &'static str, command: Command, help: &'static str) -> Word {
    Word { name, form: Form::Alone(command), usage: "", help, example: name }
}

/// Every command: the parser, the help text and completions all come from this table.
pub static VOCABULARY: [Word; 23] = [
    alone(
        "pause",
        Command::Lifecycle(LifecycleCommand::Pause),
        "wait after the current step, the model in memory",
    ),
    alone("resume", Command::Lifecycle(LifecycleCommand::Resume), "go on after a pause"),
    alone(
        "stop",
        Command::Lifecycle(LifecycleCommand::Stop),
        "save a checkpoint and end the run; `stop at 1500` does so after that step",
    ),
    alone("abort", Command::Lifecycle(LifecycleCommand::Abort), "end the run now, without saving"),
    alone("save", Command::Engine(EngineCommand::Save), "save a checkpoint and go on"),
    alone("evaluate", Command::Engine(EngineCommand::Evaluate), "measure the held-out losses now"),
    alone(
        "generate",
        Command::Engine(EngineCommand::Generate),
        "write texts for a few prompts of each domain",
    ),
    Word {
        name: "target",
        form: Form::Domains,
        usage: "<domain>[,<domain>…] | none",
        help: "expand these domains from now on, or none",
        example: "target law,code",
    },
    Word {
        name: "set",
        form: Form::Tunable,
        usage: "<setting> <number> | none | auto",
        help: "change a live value of the run; lambda auto is solved by what was measured",
        example: "set lambda 0.3",
    },
    Word {
        name: "weights",
        form: Form::Weights,
        usage: "<domain>=<weight> …",
        help: "put these weights in force; the other domains share the rest as before",
        example: "weights law=0.3 code=0.2",
    },
    Word {
        name: "limit",
        form: Form::Limits,
        usage: "<domain>=<share> … | <domain>=none …",
        help: "hold expansions where a domain's loss is by more than this share above its start",
        example: "limit general=0.02",
    },
    Word {
        name: "mixing",
        form: Form::Mixing,
        usage: "hold | release",
        help: "hold the mixture as it is, or let the strategy move it again",
        example: "mixing hold",
    },
    Word {
        name: "rollback",
        form: Form::Checkpoint,
        usage: "<step> | best",
        help: "go back to a checkpoint and another way from there; what came after it is set aside",
        example: "rollback 400",
    },
    Word {
        name: "when",
        form: Form::Rule(Repeat::Once),
        usage: "<condition> do <command>",
        help: "give a command the first time that the condition comes true; see `versatune help rules`",
        example: "when forgotten(general) > 0.02 for 3 updates do mixing hold",
    },
    Word {
        name: "whenever",
        form: Form::Rule(Repeat::Each),
        usage: "<condition> do <command>",
        help: "give a command each time that the condition comes true",
        example: "whenever grad_norm > 5 * median do note a spike",
    },
    Word {
        name: "cancel",
        form: Form::RuleNumber,
        usage: "<number of a rule>",
        help: "take a rule away; the config screen lists them",
        example: "cancel 1",
    },
    Word {
        name: "alerts",
        form: Form::Alerts,
        usage: "on | off [failure,end,pause,ceiling,limit]",
        help: "switch the built-in alerts on or off, all or those named; those of the config's `alerts` stay",
        example: "alerts off ceiling",
    },
    alone("undo", Command::Live(LiveChange::Undo), "take the last change of a live value back"),
    Word {
        name: REHEARSE,
        form: Form::Rehearsal,
        usage: "<steps> <edit>",
        help: "try an edit beside the run without it, from here on for so many steps, and wait for a choice",
        example: "rehearse 20 set lambda 0.3",
    },
    alone(
        "keep",
        Command::Engine(EngineCommand::Keep),
        "make the edit that was rehearsed, and go on",
    ),
    alone(
        "drop",
        Command::Engine(EngineCommand::Drop),
        "go on without the edit that was rehearsed",
    ),
    Word {
        name: ASK,
        form: Form::Prompt,
        usage: "<prompt>",
        help: "have the model answer a prompt as it is now, beside the model that the run began with",
        example: "ask What is a contract?",
    },
    Word {
        name: "note",
        form: Form::Text,
        usage: "<text>",
        help: "put a remark into the record",
        example: "note new data from here on",
    },
];

/// The commands and live values in Markdown: what `versatune help commands` shows.
pub fn reference() -> String {
    let commands = VOCABULARY.iter().map(|word| {
        let usage = if word.usage.is_empty() { String::new() } else { format!(" {}", word.usage) };
        row(&format!("{}{usage}", word.name), word.help, &format!("`{}`", word.example))
    });
    let values =
        Tunable::ALL.iter().map(|tunable| row(tunable.name(), tunable.help(), &range(*tunable)));
    format!(
        "| command | effect | example |\n|---|---|---|\n{}\n## Live values\n\n\
         | after `set` | meaning | range |\n|---|---|---|\n{}",
        commands.collect::<String>(),
        values.collect::<String>(),
    )
}

fn range(tunable: Tunable) -> String {
    let none = if tunable.may_be_none() { ", or none" } else { "" };
    tunable.general_range() + none
}

/// A row of a table, whose first cell is code. A bar inside a cell would end it.
fn row(code: &str, help: &str, last: &str) -> String {
    format!("| `{}` | {help} | {last} |\n", code.replace(" | ", "` or `"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_is_a_command_in_its_own_words() {
        for word in &VOCABULARY {
            let command = Command::parse(word.example).unwrap();
            assert_eq!(command.to_string(), word.example);
            assert!(word.example.starts_with(word.name));
        }
    }

    #[test]
    fn the_nearest_word_is_found_in_any_case() {
        use crate::control::nearest;
        assert_eq!(nearest("Lamda", Tunable::ALL.map(Tunable::name)), Some("lambda"));
        assert_eq!(nearest("eval", VOCABULARY.iter().map(|w| w.name)), Some("evaluate"));
        assert_eq!(nearest("frobnicate", VOCABULARY.iter().map(|w| w.name)), None);
    }
}
