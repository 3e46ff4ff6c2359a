//! What a terminal says of itself in the environment.

use super::{Depth, Marks};

/// What a terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Its colours.
    pub depth: Depth,
    /// Its marks.
    pub marks: Marks,
}

impl Capabilities {
    /// Reads them from the environment. What is not said is not assumed: a wrong guess upwards
    /// shows garbage, one downwards is only plainer.
    pub fn from_env(env: &dyn Fn(&str) -> Option<String>) -> Self {
        // An empty variable is one that is not set: so says no-color.org, and so do locales.
        let given = |name: &str| env(name).filter(|value| !value.is_empty());
        let term = given("TERM").unwrap_or_default().to_lowercase();
        let depth = match given("NO_COLOR") {
            Some(_) => Depth::None,
            None => depth(&term, &given),
        };
        Capabilities { depth, marks: marks(&term, &given) }
    }

    /// The same, but for what the user has decided himself.
    pub fn with(self, depth: Option<Depth>, marks: Option<Marks>) -> Self {
        Capabilities { depth: depth.unwrap_or(self.depth), marks: marks.unwrap_or(self.marks) }
    }
}

/// Terminals with any colour. Over ssh, which hands on `TERM` alone, this is all there is to go by.
const TRUE_TERMS: [&str; 8] =
    ["xterm-kitty", "xterm-ghostty", "alacritty", "foot", "wezterm", "contour", "rio", "ghostty"];

/// The same by the name of the program; not handed on by ssh.
const TRUE_PROGRAMS: [&str; 8] =
    ["iterm.app", "wezterm", "vscode", "ghostty", "rio", "mintty", "warpterminal", "hyper"];

fn depth(term: &str, given: &dyn Fn(&str) -> Option<String>) -> Depth {
    let lower = |name| given(name).unwrap_or_default().to_lowercase();
    let (colorterm, program) = (lower("COLORTERM"), lower("TERM_PROGRAM"));
    let said = matches!(colorterm.as_str(), "truecolor" | "24bit");
    if is_colourless(term) {
        return Depth::None;
    }
    if is_console(term) {
        return Depth::Basic;
    }
    // tmux takes any colour and brings it down to what is outside of it.
    if term.starts_with("tmux") || program == "tmux" {
        return if said { Depth::True } else { Depth::Indexed };
    }
    // Variables of the terminal around GNU screen reach into it, but not what they promise.
    // Terminal.app before macOS 26 shows garbage for what it cannot do.
    let screen = term.starts_with("screen");
    let limited = screen || program == "apple_terminal";
    let known = TRUE_TERMS.iter().any(|name| term.starts_with(name))
        || TRUE_PROGRAMS.contains(&program.as_str());
    match () {
        () if term.ends_with("-direct") => Depth::True,
        () if !limited && (said || known) => Depth::True,
        () if term.contains("256color") => Depth::Indexed,
        () if said && !screen => Depth::Indexed,
        () => Depth::Basic,
    }
}

fn marks(term: &str, given: &dyn Fn(&str) -> Option<String>) -> Marks {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| given(name));
    let locale = locale.unwrap_or_default().to_lowercase();
    let utf8 = locale.contains("utf-8") || locale.contains("utf8");
    match () {
        () if !utf8 || is_dumb(term) || is_vt(term) => Marks::Ascii,
        () if is_console(term) => Marks::Block,
        () => Marks::Braille,
    }
}

fn is_dumb(term: &str) -> bool {
    matches!(term, "" | "dumb" | "unknown")
}

/// `vt100`, `vt220`, …; not `vte-256color`.
fn is_vt(term: &str) -> bool {
    term.strip_prefix("vt").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

fn is_colourless(term: &str) -> bool {
    is_dumb(term) || is_vt(term) || term.ends_with("-m") || term.ends_with("-mono")
}

/// The console of Linux, by itself or inside GNU screen.
fn is_console(term: &str) -> bool {
    term == "linux" || term.starts_with("linux-") || term.ends_with(".linux")
}

#[cfg(test)]
mod tests {
    use super::*;
    use Depth::{Basic, Indexed, None as Colourless, True};
    use Marks::{Ascii, Block, Braille};

    fn found(variables: &str) -> (Depth, Marks) {
        let read = |name: &str| {
            let mut all = variables.split_whitespace().filter_map(|pair| pair.split_once('='));
            all.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
        };
        let found = Capabilities::from_env(&read);
        (found.depth, found.marks)
    }

    #[test]
    fn real_environments() {
        let table = [
            // Terminals at home.
            ("TERM=xterm-256color COLORTERM=truecolor LANG=en_GB.UTF-8", (True, Braille)),
            ("TERM=xterm-kitty COLORTERM=truecolor LANG=de_DE.UTF-8", (True, Braille)),
            ("TERM=alacritty COLORTERM=truecolor LANG=en_US.utf8", (True, Braille)),
            ("TERM=xterm-256color TERM_PROGRAM=iTerm.app LC_CTYPE=UTF-8", (True, Braille)),
            (
                "TERM=xterm-256color TERM_PROGRAM=vscode COLORTERM=truecolor LANG=C.UTF-8",
                (True, Braille),
            ),
            (
                "TERM=xterm-256color TERM_PROGRAM=Apple_Terminal LANG=en_US.UTF-8",
                (Indexed, Braille),
            ),
            ("TERM=vte-256color COLORTERM=truecolor LANG=en_US.UTF-8", (True, Braille)),
            ("TERM=xterm-direct LANG=en_US.UTF-8", (True, Braille)),
            ("TERM=rxvt-unicode-256color COLORTERM=rxvt LANG=fr_FR.UTF-8", (Indexed, Braille)),
            ("TERM=linux LANG=en_US.UTF-8", (Basic, Block)),
            ("TERM=linux COLORTERM=truecolor LANG=en_US.UTF-8", (Basic, Block)),
            ("TERM=linux LANG=C", (Basic, Ascii)),
            // Over ssh and mosh: TERM and, often, the locale.
            ("TERM=xterm-256color LANG=en_US.UTF-8", (Indexed, Braille)),
            ("TERM=xterm-kitty LANG=C.UTF-8", (True, Braille)),
            ("TERM=xterm-ghostty LC_ALL=C.UTF-8 LANG=C", (True, Braille)),
            ("TERM=xterm-256color", (Indexed, Ascii)),
            ("TERM=xterm LANG=en_US.UTF-8", (Basic, Braille)),
            ("TERM=putty-256color LANG=en_US.UTF-8", (Indexed, Braille)),
            // Inside another.
            ("TERM=tmux-256color TERM_PROGRAM=tmux LANG=en_US.UTF-8", (Indexed, Braille)),
            ("TERM=tmux-256color COLORTERM=truecolor LANG=en_US.UTF-8", (True, Braille)),
            (
                "TERM=screen-256color TERM_PROGRAM=tmux COLORTERM=truecolor LANG=en_US.UTF-8",
                (True, Braille),
            ),
            ("TERM=screen LANG=en_US.UTF-8", (Basic, Braille)),
            (
                "TERM=screen.xterm-256color COLORTERM=truecolor TERM_PROGRAM=iTerm.app LANG=C.UTF-8",
                (Indexed, Braille),
            ),
            ("TERM=screen.linux LANG=en_US.UTF-8", (Basic, Block)),
            // Wishes and the plain ones.
            (
                "NO_COLOR=1 TERM=xterm-256color COLORTERM=truecolor LANG=C.UTF-8",
                (Colourless, Braille),
            ),
            ("NO_COLOR= TERM=xterm-256color LANG=C.UTF-8", (Indexed, Braille)),
            ("TERM=xterm-256color LC_ALL=C LANG=en_US.UTF-8", (Indexed, Ascii)),
            ("TERM=xterm-256color LC_ALL= LC_CTYPE= LANG=en_US.UTF-8", (Indexed, Braille)),
            ("TERM=xterm-256color LANG=de_DE.ISO-8859-1", (Indexed, Ascii)),
            ("TERM=xterm-256color LANG=POSIX", (Indexed, Ascii)),
            ("TERM=vt100 LANG=en_US.UTF-8", (Colourless, Ascii)),
            ("TERM=vt220 LANG=en_US.UTF-8", (Colourless, Ascii)),
            ("TERM=xterm-mono LANG=en_US.UTF-8", (Colourless, Braille)),
            ("TERM=dumb COLORTERM=truecolor LANG=en_US.UTF-8", (Colourless, Ascii)),
            ("LANG=en_US.UTF-8", (Colourless, Ascii)),
            ("", (Colourless, Ascii)),
        ];
        for (variables, wanted) in table {
            assert_eq!(found(variables), wanted, "{variables}");
        }
    }

    #[test]
    fn the_user_decides() {
        let found = Capabilities { depth: Indexed, marks: Braille };
        assert_eq!(found.with(None, None), found);
        let wanted = Capabilities { depth: True, marks: Ascii };
        assert_eq!(found.with(Some(True), Some(Ascii)), wanted);
    }
}
