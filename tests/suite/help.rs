//! The pages of `versatune help`: equal to the tables that drive them, complete, and readable.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use versatune::app::Exit;
use versatune::help::{Style, TOPICS, Topic, render};
use versatune::{config, control, mixing, tui};

const CONFIG: &str = "\
# The config

A config is one RON file (`https://github.com/ron-rs/ron`); unknown fields are errors. Ready ones are \
in `configs/`: `demo.ron`, `demo-expansion.ron`, `smollm2.ron`, `paper.ron` (the paper's own run) and \
`expansion.ron`. The `run.ron` in a run's folder is a config too, with every value in it.

`--set key=value` overrides one value, as often as you like: `--set training.lr=1e-5`, \
`--set data.domains.law.limit=100`, `--set mixing.target=law`. The value is written as in a config; \
the quotes around a single word may be left out. Paths in a config are relative to its own folder, \
paths given by `--set` to the working directory.

Each field below has its meaning; then its type, its default and what is allowed. *Live* values can \
be changed by a command during the run (`versatune help commands`). A resumed run keeps the values \
that it began with, except where it says that a resume obeys a change (`versatune help resume`).
";

const STRATEGIES: &str = "\
# Mixing strategies

`mixing.strategy` names the rule that moves the weights w. K is the number of domains, ℓ a \
held-out loss, r a mastery ceiling, w(0) the detected weights. Every strategy keeps every weight \
at or above `mixing.floor`; those that move the weights also obey `mixing.anchor`. For each formula \
it is said whether it was verified against the authors' figure, code or plain words, or \
reconstructed from prose.

`mixing.shadow: [DoReMi, Odm]` runs strategies beside the one in force: at each of its updates they \
are given what it looks at, each with its own weights, and say where they would have them. They \
change nothing of the run, are held where the mixture is held, and measure nothing themselves: \
strategies that need gradients, or losses or ceilings that the run does not have, are refused. Their \
weights are in the record (`shadows_updated`), dim on the curves of the weights (screen 3), among a \
domain's numbers (screen 2) and in `versatune report`.
";

const COMMANDS: &str = "\
# Commands

Commands are typed after `:` on the screens, or written into the config's \
`schedule: [(at: 100, command: \"target law\")]`, where `at: n` means after n steps; they are the \
same in both places. A command takes effect between two optimizer steps, also while the run is \
paused, and the record says whether it was carried out or why not. A reason may follow any command \
but `note` and `ask`: `pause -- disk is full`. On conditions the run gives commands by itself: \
`versatune help rules`.

`stop` ends the program with exit code 130. Without screens a pause lasts until the process gets \
SIGUSR2. `undo` takes changes of live values (the targets and the hold of the mixture included) back \
one by one, up to 64.

`rollback` makes the run what it was when that checkpoint was written: model, moments, the order of \
the rows, mixture and live values, to the bit. It goes on as a run that was stopped there and \
resumed. Commands that were given after the checkpoint are void; the config's `schedule` after it is \
given again, so that a schedule cannot hold a `rollback`; a live value that the config has changed \
since stays changed. Checkpoints of later steps move to `abandoned/1`, `abandoned/2` and so on in the \
run's folder, the record keeps everything, and curves show the abandoned part dim. A resume goes the \
new way. `checkpoint.before_edit: true` writes a checkpoint before every edit by hand, to which one \
can go back.

`rehearse 20 set lambda 0.3` saves, trains 20 steps without the edit and 20 with it, both from here \
on and with the same draws, measures the held-out losses of both, and puts the run back to where it \
was, to the bit. The outcome has the two means; the event has every domain's losses with their \
standard errors and that of the paired difference. Then the run is paused for a choice: `keep` makes \
the edit and goes on, `drop` or `resume` goes on without it. The `schedule` is not followed while an \
edit is tried.

`ask` answers a prompt of yours in the run's chat format, with the likeliest tokens, at most \
`samples.max_tokens`; the model that the run began with answers beside it where memory allows, and \
else a line says why not. It changes nothing of the run.
";

const RULES: &str = include_str!("help/rules.md");

const KEYS: &str = "\
# Keys

`screen.keys` in the config gives actions other keys: `keys: {\"pause\": [\"p\", \"f5\"]}`. Keys are \
characters, `space`, `enter`, `esc`, `tab`, `backtab`, `up`, `pageup`, `f1` and the like, with `ctrl-` \
or `alt-` before them. Everything can be done with the mouse too.
";

/// The pages that tables drive, as the tables say now.
fn generated() -> [(&'static str, String); 5] {
    [
        ("config", format!("{CONFIG}\n{}", config::reference())),
        ("strategies", format!("{STRATEGIES}\n{}", mixing::strategies_markdown())),
        ("commands", format!("{COMMANDS}\n{}", control::reference())),
        ("rules", format!("{RULES}\n{}", control::conditions_reference())),
        ("keys", format!("{KEYS}\n{}", tui::keys::reference())),
    ]
}

fn page_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/help/{name}.md"))
}

#[test]
fn generated_pages_are_up_to_date() {
    for (name, expected) in generated() {
        let file = page_file(name);
        if std::env::var_os("UPDATE_HELP").is_some() {
            fs::write(&file, &expected).unwrap();
        }
        let found = fs::read_to_string(&file).unwrap_or_default();
        assert!(
            found == expected,
            "src/help/{name}.md is out of date: UPDATE_HELP=1 cargo test --test suite help::"
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

/// The page on resumes lists by hand what the config page marks field by field.
#[test]
fn the_page_on_resumes_lists_every_field_that_a_resume_obeys() {
    let page = Topic::find("resume").unwrap().text;
    let reference = config::reference();
    let lines: Vec<&str> = reference.lines().collect();
    let obeyed = lines.windows(2).filter(|pair| pair[1].ends_with("A resume obeys a change."));
    let paths: Vec<&str> = obeyed.filter_map(|pair| pair[0].split('`').nth(1)).collect();
    assert!(paths.len() > 20, "{paths:?}");
    for path in paths {
        let groups = path.match_indices('.').map(|(at, _)| &path[..at]).chain([path]);
        let listed = groups.into_iter().any(|group| page.contains(&format!("`{group}`")));
        assert!(listed, "{path}");
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

/// For a locale without UTF-8. A `?` would be a letter without an ASCII form.
#[test]
fn every_sign_of_the_pages_has_an_ascii_form() {
    for Topic { name, text, .. } in TOPICS {
        let ascii = tui::look::ascii(text);
        assert!(ascii.is_ascii());
        assert_eq!(ascii.matches('?').count(), text.matches('?').count(), "{name}");
    }
}
