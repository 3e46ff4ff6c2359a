//! What a terminal can show, read from the environment.

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
    /// Reads them from environment variables. What no variable promises is not assumed: too high a
    /// guess shows garbage, one too low only plainer screens.
    pub fn from_env(env: &dyn Fn(&str) -> Option<String>) -> Self {
        // An empty variable counts as unset: so no-color.org has it, and so do locales.
        let given = |name: &str| env(name).filter(|value| !value.is_empty());
        let term = given("TERM").unwrap_or_default().to_lowercase();
        let depth = match given("NO_COLOR") {
            Some(_) => Depth::None,
            None => depth(&term, &given),
        };
        Capabilities { depth, marks: marks(&term, &given) }
    }
}

/// Values of `TERM` of terminals with 24-bit colour. Over ssh, which passes on `TERM` alone, there is
/// nothing else to tell by.
const TRUE_TERMS: [&str; 8] =
    ["xterm-kitty", "xterm-ghostty", "alacritty", "foot", "wezterm", "contour", "rio", "ghostty"];

/// Values of `TERM_PROGRAM` of such terminals; ssh does not pass it on.
const TRUE_PROGRAMS: [&str; 8] =
    ["iterm.app", "wezterm", "vscode", "ghostty", "rio", "mintty", "warpterminal", "hyper"];

fn depth(term: &str, given: &dyn Fn(&str) -> Option<String>) -> Depth {
    let lower = |name| given(name).unwrap_or_default().to_lowercase();
    let (colorterm, program) = (lower("COLORTERM"), lower("TERM_PROGRAM"));
    let claims_true = matches!(colorterm.as_str(), "truecolor" | "24bit");
    if is_colourless(term) {
        return Depth::None;
    }
    if is_console(term) {
        return Depth::Basic;
    }
    // tmux takes any colour and converts it for the terminal around it.
    if term.starts_with("tmux") || program == "tmux" {
        return if claims_true { Depth::True } else { Depth::Indexed };
    }
    // GNU screen inherits the variables of the terminal around it, but not its colours.
    // Terminal.app before macOS 26 shows garbage for what it cannot do.
    let screen = term.starts_with("screen");
    let limited = screen || program == "apple_terminal";
    let known = TRUE_TERMS.iter().any(|name| term.starts_with(name))
        || TRUE_PROGRAMS.contains(&program.as_str());
    match () {
        () if term.ends_with("-direct") => Depth::True,
        () if !limited && (claims_true || known) => Depth::True,
        () if term.contains("256color") => Depth::Indexed,
        () if claims_true && !screen => Depth::Indexed,
        () => Depth::Basic,
    }
}

/// Whether texts of the locale are UTF-8. An empty variable counts as unset.
pub(super) fn is_utf8(env: &dyn Fn(&str) -> Option<String>) -> bool {
    let given = |name: &&str| env(name).filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(given);
    let locale = locale.unwrap_or_default().to_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

fn marks(term: &str, given: &dyn Fn(&str) -> Option<String>) -> Marks {
    match () {
        () if !is_utf8(given) || is_dumb(term) || is_vt(term) => Marks::Ascii,
        () if is_console(term) => Marks::Block,
        () => Marks::Braille,
    }
}

/// Whether a terminal of this `TERM` can write anywhere but at the end, as screens need it.
pub fn can_place_text(term: &str) -> bool {
    !is_dumb(&term.to_lowercase())
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
    fn environments_of_real_terminals_are_told_apart() {
        let table = [
            // Local terminals.
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
            // Inside a multiplexer.
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
            // NO_COLOR, other locales, terminals without colour.
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
}
