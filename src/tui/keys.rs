//! The table of keys, from which keys are handled, the help is written and hints are shown.

use super::input::Action;
use super::screens::ScreenId;
use crate::control::Tunable;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::collections::BTreeMap;
use std::fmt;

/// One line of the table.
#[derive(Clone, Copy)]
struct Binding {
    action: Action,
    /// As a config names it.
    name: &'static str,
    keys: &'static [&'static str],
    help: &'static str,
    /// For the line of hints; empty: not shown there.
    hint: &'static str,
}

const fn bind(
    action: Action,
    name: &'static str,
    keys: &'static [&'static str],
    help: &'static str,
    hint: &'static str,
) -> Binding {
    Binding { action, name, keys, help, hint }
}

/// The keys above those of the screens, in the order of the help.
static ABOVE: &[Binding] = &[
    bind(Action::Pause, "pause", &["space"], "pause the run, or go on; play a record", "pause"),
    bind(Action::Target, "target", &["t"], "choose the target domains", "target"),
    bind(Action::Edit(Tunable::Lambda), "lambda", &["l"], "set lambda, after a preview", "lambda"),
    bind(Action::Edit(Tunable::Delta), "delta", &["d"], "set delta, after a preview", "delta"),
    bind(Action::Edit(Tunable::Tau), "tau", &["u"], "set tau, after a preview", "tau"),
    bind(Action::Edit(Tunable::Lr), "lr", &["r"], "set the learning rate, after a preview", "rate"),
    bind(Action::Save, "save", &["s"], "save a checkpoint and go on", "save"),
    bind(Action::Evaluate, "evaluate", &["v"], "measure the held-out losses now", ""),
    bind(Action::Generate, "generate", &["w"], "write texts for a few prompts now", "write"),
    bind(Action::Palette, "command", &[":"], "give any command", "command"),
    bind(Action::Filter, "filter", &["/"], "filter the list of this screen", "filter"),
    bind(Action::Copy, "copy", &["c"], "copy what is selected, or the run's path", ""),
    bind(Action::Help, "help", &["?"], "what this screen shows, and the keys", "help"),
    bind(Action::Leave, "leave", &["q", "ctrl-c"], "leave the screens, after a question", "leave"),
    bind(Action::Back, "back", &["esc"], "close what is open", ""),
];

/// The rest of the table, below the keys of the screens.
static BELOW: &[Binding] = &[
    bind(Action::NextScreen, "next", &["tab"], "the next screen", ""),
    bind(Action::PreviousScreen, "previous", &["backtab"], "the screen before", ""),
    bind(Action::Enlarge, "enlarge", &["z"], "one panel in full, or all again", "enlarge"),
    bind(Action::Freeze, "freeze", &["f"], "keep the picture while the run goes on", "freeze"),
    bind(Action::Theme, "theme", &["T"], "the next theme", ""),
    bind(Action::Redraw, "redraw", &["ctrl-l"], "draw everything anew", ""),
    bind(Action::Up, "up", &["up", "k"], "up; the panel before", ""),
    bind(Action::Down, "down", &["down", "j"], "down; the next panel", ""),
    bind(Action::Left, "left", &["left", "h"], "left: crosshair, earlier text, numbers", "earlier"),
    bind(Action::Right, "right", &["right"], "right: crosshair, later text, rows", ""),
    bind(Action::PageUp, "page-up", &["pageup"], "a page up", ""),
    bind(Action::PageDown, "page-down", &["pagedown"], "a page down", ""),
    bind(Action::First, "first", &["home", "g"], "to the beginning", ""),
    bind(Action::Last, "last", &["end", "G"], "to the end; follow what comes", ""),
    bind(Action::Choose, "choose", &["enter"], "open or turn; an event: show it in the curves", ""),
    bind(Action::NextKind, "next-kind", &["m"], "the next metric, or order of the table", "metric"),
    bind(Action::PreviousKind, "previous-kind", &["M"], "the metric or order before", ""),
    bind(Action::LogAxis, "log-axis", &["y"], "logarithmic or linear y axis", "log y"),
    bind(Action::ZoomIn, "zoom-in", &["+", "="], "magnify the x axis", "zoom"),
    bind(Action::ZoomOut, "zoom-out", &["-"], "show more of the x axis", ""),
    bind(Action::ZoomReset, "zoom-reset", &["0"], "show the whole run", ""),
    bind(Action::PanLeft, "pan-left", &["["], "an earlier part", "pan"),
    bind(Action::PanRight, "pan-right", &["]"], "a later part", ""),
    bind(Action::XAxis, "x-axis", &["x"], "steps, tokens or time along the x axis", "x axis"),
    bind(Action::Smoothing, "smoothing", &["a"], "smoothing of the curves", "smooth"),
    bind(Action::Outliers, "outliers", &["o"], "clip outliers of the curves, or show them", ""),
    bind(Action::StepBack, "step-back", &[","], "in a record: a step back", "back"),
    bind(Action::StepOn, "step-on", &["."], "in a record: a step on", "step"),
    bind(
        Action::MarkAfter,
        "mark-after",
        &["n"],
        "to the next mark of a record, or of the curves",
        "mark",
    ),
    bind(Action::MarkBefore, "mark-before", &["N"], "to the mark before", "before"),
    bind(Action::RecordStart, "start", &["("], "in a record: to its start", "start"),
    bind(Action::RecordEnd, "end", &[")"], "in a record: to its end", "end"),
    bind(Action::Slower, "slower", &["<"], "in a record: play it slower", "slower"),
    bind(Action::Faster, "faster", &[">"], "in a record: play it faster", "faster"),
];

/// Every key there is, in the order of the help.
fn table() -> impl Iterator<Item = Binding> {
    let screens = ScreenId::all().map(|id| Binding {
        action: Action::Screen(id.number()),
        name: id.name(),
        keys: id.keys(),
        help: id.help(),
        hint: "",
    });
    ABOVE.iter().copied().chain(screens).chain(BELOW.iter().copied())
}

/// A key with its modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    code: KeyCode,
    ctrl: bool,
    alt: bool,
}

impl Key {
    /// The key of an event. Shift is in the character.
    pub fn from_event(event: &KeyEvent) -> Self {
        Key {
            code: event.code,
            ctrl: event.modifiers.contains(KeyModifiers::CONTROL),
            alt: event.modifiers.contains(KeyModifiers::ALT),
        }
    }

    /// Reads `space`, `ctrl-c`, `alt-x`, `f5`, `T`.
    pub fn parse(text: &str) -> Option<Self> {
        let (mut rest, mut ctrl, mut alt) = (text, false, false);
        loop {
            if let Some(after) = rest.strip_prefix("ctrl-") {
                (rest, ctrl) = (after, true);
            } else if let Some(after) = rest.strip_prefix("alt-") {
                (rest, alt) = (after, true);
            } else {
                break;
            }
        }
        let named = NAMES.iter().find(|(name, _)| *name == rest).map(|(_, code)| *code);
        let function = rest.strip_prefix('f').and_then(|n| n.parse().ok());
        let mut characters = rest.chars();
        let code = match (characters.next(), characters.next()) {
            (Some(c), None) if !c.is_control() && c != ' ' => KeyCode::Char(c),
            _ => named.or(function.filter(|n| (1..=12).contains(n)).map(KeyCode::F))?,
        };
        Some(Key { code, ctrl, alt })
    }
}

const NAMES: [(&str, KeyCode); 15] = [
    ("space", KeyCode::Char(' ')),
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("backtab", KeyCode::BackTab),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pageup", KeyCode::PageUp),
    ("pagedown", KeyCode::PageDown),
];

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("ctrl-")?;
        }
        if self.alt {
            f.write_str("alt-")?;
        }
        match (NAMES.iter().find(|(_, code)| *code == self.code), self.code) {
            (Some((name, _)), _) => f.write_str(name),
            (None, KeyCode::Char(c)) => write!(f, "{c}"),
            (None, KeyCode::F(n)) => write!(f, "f{n}"),
            (None, _) => f.write_str("?"),
        }
    }
}

/// Why keys cannot be bound as a config wants it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No such action.
    #[error("there is no action '{found}'; {hint}there are: {}", names().join(", "))]
    Action {
        /// What was found.
        found: String,
        /// `did you mean …? `, or nothing.
        hint: String,
    },
    /// No such key.
    #[error(
        "'{found}' is no key; write a character, or one of space, enter, esc, tab, up, pageup, f1 …, with ctrl- or alt- before it"
    )]
    Key {
        /// What was found.
        found: String,
    },
    /// A key for two actions.
    #[error("the key '{key}' would do two things: {one} and {other}; give one of them another key")]
    Twice {
        /// The key.
        key: String,
        /// What it does.
        one: &'static str,
        /// What it would do too.
        other: &'static str,
    },
}

/// Names of all actions, as configs write them.
pub fn names() -> Vec<&'static str> {
    table().map(|binding| binding.name).collect()
}

/// Every key in Markdown, with the name by which `screen.keys` gives it other keys: what
/// `versatune help keys` shows.
pub fn reference() -> String {
    let row = |binding: Binding| {
        let keys: Vec<String> = binding.keys.iter().map(|key| format!("`{key}`")).collect();
        format!("| {} | `{}` | {} |\n", keys.join(" "), binding.name, binding.help)
    };
    let rows: String = table().map(row).collect();
    format!("| keys | action | |\n|---|---|---|\n{rows}")
}

/// Which key does what.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyMap(Vec<(Key, Action)>);

impl Default for KeyMap {
    fn default() -> Self {
        // A test holds that the table can be read.
        KeyMap::with(&BTreeMap::new()).unwrap_or(KeyMap(Vec::new()))
    }
}

impl KeyMap {
    /// The table of keys with changes: other keys for the named actions.
    ///
    /// # Errors
    /// An action or key that does not exist, a key that would do two things.
    pub fn with(changes: &BTreeMap<String, Vec<String>>) -> Result<Self, KeyError> {
        for name in changes.keys() {
            if !table().any(|binding| binding.name == name) {
                let near = crate::control::nearest(name, names());
                let hint = near.map_or(String::new(), |near| format!("did you mean {near}? "));
                return Err(KeyError::Action { found: name.clone(), hint });
            }
        }
        let mut map = KeyMap(Vec::new());
        for binding in table() {
            let changed = changes.get(binding.name);
            let texts: Vec<&str> = match changed {
                Some(texts) => texts.iter().map(String::as_str).collect(),
                None => binding.keys.to_vec(),
            };
            for text in texts {
                let key =
                    Key::parse(text).ok_or_else(|| KeyError::Key { found: text.to_owned() })?;
                if let Some(other) = map.action(key) {
                    let (one, other) = (name_of(other), binding.name);
                    return Err(KeyError::Twice { key: key.to_string(), one, other });
                }
                map.0.push((key, binding.action));
            }
        }
        // Ctrl-C leaves, unless the config uses it for something else: everybody knows that key.
        if let Some(key) = Key::parse("ctrl-c").filter(|key| map.action(*key).is_none()) {
            map.0.push((key, Action::Leave));
        }
        Ok(map)
    }

    /// What a key does.
    pub fn action(&self, key: Key) -> Option<Action> {
        self.0.iter().find(|(bound, _)| *bound == key).map(|(_, action)| *action)
    }

    /// The first key of an action, as text.
    pub fn key(&self, action: Action) -> Option<String> {
        self.keys(action).next().map(|key| key.to_string())
    }

    fn keys(&self, action: Action) -> impl Iterator<Item = Key> + '_ {
        self.0.iter().filter(move |(_, bound)| *bound == action).map(|(key, _)| *key)
    }

    /// Every action with its keys and what they do, in the order of the table.
    pub fn help(&self) -> Vec<(Action, String, &'static str)> {
        let line = |binding: Binding| {
            let keys: Vec<String> = self.keys(binding.action).map(|key| key.to_string()).collect();
            (!keys.is_empty()).then(|| (binding.action, keys.join(" "), binding.help))
        };
        table().filter_map(line).collect()
    }

    /// `(key, word)` of an action for the line of hints.
    pub fn hint(&self, action: Action) -> Option<(String, &'static str)> {
        let binding = table().find(|binding| binding.action == action)?;
        (!binding.hint.is_empty()).then_some(())?;
        Some((self.key(action)?, binding.hint))
    }
}

fn name_of(action: Action) -> &'static str {
    table().find(|binding| binding.action == action).map_or("", |binding| binding.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(name: &str, keys: &[&str]) -> Result<KeyMap, String> {
        let keys = keys.iter().map(|key| key.to_string()).collect();
        KeyMap::with(&BTreeMap::from([(name.to_owned(), keys)])).map_err(|e| e.to_string())
    }

    #[test]
    fn every_key_of_the_table_does_one_thing() {
        let map = KeyMap::with(&BTreeMap::new()).unwrap();
        assert_eq!(map.help().len(), table().count());
        for binding in table() {
            for key in binding.keys {
                let parsed = Key::parse(key).unwrap();
                assert_eq!(parsed.to_string(), *key);
                assert_eq!(map.action(parsed), Some(binding.action));
            }
        }
    }

    #[test]
    fn an_action_can_be_given_other_keys() {
        let map = changed("pause", &["p", "f5"]).unwrap();
        assert_eq!(map.action(Key::parse("p").unwrap()), Some(Action::Pause));
        assert_eq!(map.action(Key::parse("space").unwrap()), None);
        assert_eq!(map.hint(Action::Pause), Some(("p".into(), "pause")));
    }

    #[test]
    fn a_binding_that_cannot_be_is_an_error_with_a_hint() {
        let error = changed("pasue", &["p"]).unwrap_err();
        assert!(error.starts_with("there is no action 'pasue'; did you mean pause?"), "{error}");
        assert!(changed("pause", &["hyper-x"]).unwrap_err().starts_with("'hyper-x' is no key"));
        let error = changed("pause", &["t"]).unwrap_err();
        assert_eq!(
            error,
            "the key 't' would do two things: pause and target; give one of them another key"
        );
    }
}
