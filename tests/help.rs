//! The pages of `versatune help`: equal to the tables that drive them, complete, and readable.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use versatune::app::Exit;
use versatune::help::{Style, TOPICS, Topic, render};
use versatune::{config, control, mixing, tui};

const CONFIG: &str = "\
# The config

A config is one RON file; unknown fields are errors. Ready ones are in `configs/`: `demo.ron`, \
`demo-expansion.ron`, `paper.ron` (the paper's settings), `expansion.ron`.

`--set key=value` overrides one value, as often as you like: `--set training.lr=1e-5`, \
`--set data.domains.law.limit=100`, `--set mixing.target=law`. The value is RON; a plain word may \
stand for a text. Paths in a config are relative to its own folder, paths given by `--set` to the \
working directory.
";

const STRATEGIES: &str = "\
# Mixing strategies

`mixing.strategy` names the rule that moves the weights w. K is the number of domains, ℓ a \
held-out loss, r a mastery ceiling, w(0) the detected weights. Every strategy keeps every weight \
at or above `mixing.floor`; those that move the weights also obey `mixing.anchor`. Each formula \
says whether it was verified against the authors' figure, code or plain words, or reconstructed.
";

const COMMANDS: &str = "\
# Commands

The same words, with the same checks, are typed after `:` on the screens and stand in the \
config's `schedule: [(at: 100, command: \"target law\")]`, where `at: n` means after n steps. A \
command takes effect between two optimizer steps, also while the run is paused, and the record \
says what became of it. A reason may follow any command but `note`: `pause -- disk is full`.
";

const KEYS: &str = "\
# Keys

`screen.keys` gives actions other keys: `keys: {\"pause\": [\"p\", \"f5\"]}`. The mouse does all \
of it too.
";

/// The pages that tables drive, as they ought to be.
fn generated() -> [(&'static str, String); 4] {
    [
        ("config", format!("{CONFIG}\n{}", config::reference())),
        ("strategies", format!("{STRATEGIES}\n{}", mixing::strategies_markdown())),
        ("commands", format!("{COMMANDS}\n{}", control::reference())),
        ("keys", format!("{KEYS}\n{}", tui::keys::reference())),
    ]
}

fn page_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/help/{name}.md"))
}

#[test]
fn pages_say_what_the_tables_say() {
    for (name, expected) in generated() {
        let file = page_file(name);
        if std::env::var_os("UPDATE_HELP").is_some() {
            fs::write(&file, &expected).unwrap();
        }
        let found = fs::read_to_string(&file).unwrap_or_default();
        assert!(
            found == expected,
            "src/help/{name}.md is out of date: UPDATE_HELP=1 cargo test --test help"
        );
    }
}

#[test]
fn every_page_is_a_topic() {
    let mut files: Vec<String> = fs::read_dir(page_file("x").parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    files.sort();
    let mut names: Vec<&str> = TOPICS.iter().map(|topic| topic.name).collect();
    names.sort();
    assert_eq!(files, names);
}

#[test]
fn every_exit_code_has_its_line() {
    let page = Topic::find("logs").unwrap().text;
    for exit in [Exit::Done, Exit::Failed, Exit::Usage, Exit::Interrupted] {
        assert!(page.contains(&format!("\n| {} | ", exit.code())), "{exit:?}");
    }
}

#[test]
fn every_key_and_command_has_its_line() {
    let (keys, commands) = (Topic::find("keys").unwrap().text, Topic::find("commands").unwrap());
    for name in tui::keys::names() {
        assert!(keys.contains(&format!("| `{name}` |")), "{name}");
    }
    for word in &control::VOCABULARY {
        assert!(commands.text.contains(&format!("\n| `{}", word.name)), "{}", word.name);
    }
}

#[test]
fn pages_fit_eighty_columns_and_plain_ones_have_no_control_characters() {
    for topic in TOPICS {
        let page = render(topic.text, Style::Plain, 80);
        for line in page.lines() {
            let columns: usize = line.chars().count();
            assert!(columns <= 80, "{}: {columns} columns: {line}", topic.name);
            assert!(!line.chars().any(char::is_control), "{}: {line:?}", topic.name);
        }
        assert!(render(topic.text, Style::Colour, 80).contains('\x1b'), "{}", topic.name);
    }
}

fn versatune_help(topic: &str) -> (Option<i32>, String, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_versatune")).args(["help", topic]).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_binary_shows_a_page_and_lists_topics_for_a_wrong_word() {
    let (code, page, _) = versatune_help("logs");
    assert_eq!(code, Some(0));
    assert!(page.contains("SIGUSR1") && !page.contains('\x1b'), "{page}");
    let (code, _, error) = versatune_help("confg");
    assert_eq!(code, Some(2));
    assert!(error.contains("did you mean config?") && error.contains("strategies"), "{error}");
    let (code, page, _) = versatune_help("train");
    assert_eq!(code, Some(0));
    assert!(page.contains("--resume"), "{page}");
}
