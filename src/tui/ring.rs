//! Alerts at this terminal: its bell, and notifications of the desktop behind it.

use std::collections::VecDeque;

/// How an alert is told at a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TerminalWays {
    /// By its bell.
    pub bell: bool,
    /// By a notification of the desktop.
    pub desktop: bool,
}

/// Notifications that may wait while the terminal is another program's; older ones are dropped.
const MOST_WAITING: usize = 4;
/// Characters of a notification.
const LONGEST: usize = 200;

/// What is to be told at the terminal with the next frame.
#[derive(Clone, Debug, Default)]
pub(super) struct Ring {
    bell: bool,
    notifications: VecDeque<(String, String)>,
}

impl Ring {
    /// Adds an alert.
    pub fn add(&mut self, ways: TerminalWays, title: &str, text: &str) {
        self.bell |= ways.bell;
        if ways.desktop {
            if self.notifications.len() == MOST_WAITING {
                self.notifications.pop_front();
            }
            self.notifications.push_back((plain(title), plain(text)));
        }
    }

    /// Takes all of it as bytes for a terminal.
    pub fn take(&mut self, desktop: Desktop) -> Vec<u8> {
        let Ring { bell, notifications } = std::mem::take(self);
        let mut text: String =
            notifications.iter().map(|(title, text)| desktop.notification(title, text)).collect();
        text += if bell { "\u{7}" } else { "" };
        text.into_bytes()
    }
}

/// The escape sequences by which a terminal notifies the desktop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Desktop {
    /// `OSC 9 ; text`.
    osc_9: bool,
    /// `OSC 777 ; notify ; title ; text`.
    osc_777: bool,
    /// Whether tmux is in between, which passes on only what is marked for that.
    through_tmux: bool,
}

impl Desktop {
    /// By what the environment says about the terminal; both sequences where it says nothing.
    pub fn from_env(env: &dyn Fn(&str) -> Option<String>) -> Self {
        let var = |name: &str| env(name).unwrap_or_default();
        let (term, program) = (var("TERM"), var("TERM_PROGRAM"));
        let through_tmux = !var("TMUX").is_empty();
        // Behind tmux they name tmux and not the terminal.
        let has_9 = ["iTerm.app", "WezTerm", "ghostty"].contains(&&*program)
            || ["xterm-kitty", "xterm-ghostty"].contains(&&*term);
        let has_777 = ["foot", "rxvt", "contour"].iter().any(|name| term.starts_with(name))
            || !var("VTE_VERSION").is_empty();
        let is_known = !through_tmux && has_9 != has_777;
        Desktop { osc_9: !is_known || has_9, osc_777: !is_known || has_777, through_tmux }
    }

    fn notification(self, title: &str, text: &str) -> String {
        let mut sequences = String::new();
        if self.osc_9 {
            sequences += &self.passed(&format!("\u{1b}]9;{title}: {text}\u{7}"));
        }
        if self.osc_777 {
            let title = title.replace(';', ",");
            sequences += &self.passed(&format!("\u{1b}]777;notify;{title};{text}\u{7}"));
        }
        sequences
    }

    fn passed(self, sequence: &str) -> String {
        match self.through_tmux {
            true => format!("\u{1b}Ptmux;{}\u{1b}\\", sequence.replace('\u{1b}', "\u{1b}\u{1b}")),
            false => sequence.to_owned(),
        }
    }
}

/// A text in which nothing ends or begins a sequence.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: TerminalWays = TerminalWays { bell: true, desktop: true };

    fn told(vars: &[(&str, &str)], text: &str) -> String {
        let env = |name: &str| {
            vars.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        let mut ring = Ring::default();
        ring.add(BOTH, "VersaTune demo", text);
        String::from_utf8(ring.take(Desktop::from_env(&env))).unwrap()
    }

    #[test]
    fn a_notification_is_in_the_words_of_the_terminal() {
        let (nine, both) = (
            "\u{1b}]9;VersaTune demo: loss > 3\u{7}",
            "\u{1b}]9;VersaTune demo: loss > 3\u{7}\u{1b}]777;notify;VersaTune demo;loss > 3\u{7}",
        );
        assert_eq!(told(&[("TERM_PROGRAM", "iTerm.app")], "loss > 3"), format!("{nine}\u{7}"));
        assert_eq!(told(&[("TERM", "xterm-256color")], "loss > 3"), format!("{both}\u{7}"));
        let foot = told(&[("TERM", "foot")], "loss > 3");
        assert_eq!(foot, "\u{1b}]777;notify;VersaTune demo;loss > 3\u{7}\u{7}");
    }

    #[test]
    fn tmux_passes_it_on_and_the_bell_needs_no_passing() {
        let told = told(&[("TMUX", "/tmp/tmux-0/default,1,0"), ("TERM", "tmux-256color")], "x");
        let inner = "\u{1b}\u{1b}]9;VersaTune demo: x\u{7}";
        assert!(told.starts_with(&format!("\u{1b}Ptmux;{inner}\u{1b}\\")), "{told:?}");
        assert!(told.ends_with("\u{1b}\\\u{7}"), "{told:?}");
    }

    #[test]
    fn a_text_cannot_end_its_sequence() {
        let told = told(&[("TERM", "foot")], "a\u{7}b\u{1b}]0;title\u{7}\n");
        assert_eq!(told, "\u{1b}]777;notify;VersaTune demo;ab]0;title\u{7}\u{7}");
        let mut ring = Ring::default();
        ring.add(TerminalWays { bell: false, desktop: false }, "a", "b");
        assert!(ring.take(Desktop::from_env(&|_| None)).is_empty());
    }
}
