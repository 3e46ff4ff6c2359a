use crate::tui::look::can_place_text;
use std::io::IsTerminal;

/// Why no screens can be shown here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoScreens {
    /// A pipe, a file or nothing.
    #[error("{0} is not a terminal")]
    NoTerminal(&'static str),
    /// `TERM` names a terminal that only writes on, or none.
    #[error(
        "TERM is {0}, and such a terminal cannot place text; in one that can, name it: TERM=xterm-256color"
    )]
    PlainTerminal(String),
}

/// Whether there is a terminal that can show screens.
///
/// # Errors
/// Why there is none.
pub fn find_terminal() -> Result<(), NoScreens> {
    find_plain_terminal()?;
    let term = std::env::var("TERM").unwrap_or_default();
    match can_place_text(&term) {
        true => Ok(()),
        false if term.is_empty() => Err(NoScreens::PlainTerminal("not set".into())),
        false => Err(NoScreens::PlainTerminal(term)),
    }
}

/// Whether there is a terminal for lines, whatever else it can do.
///
/// # Errors
/// Why there is none.
pub fn find_plain_terminal() -> Result<(), NoScreens> {
    let terminals =
        [("stdin", std::io::stdin().is_terminal()), ("stdout", std::io::stdout().is_terminal())];
    match terminals.iter().find(|(_, is_terminal)| !is_terminal) {
        Some((name, _)) => Err(NoScreens::NoTerminal(name)),
        None => Ok(()),
    }
}
