//! Dialogs over the screens: the keys, the command line, an edit, the question before leaving.

mod completion;
mod help;
mod leave;
mod palette;

pub use help::{Help, Subject};
pub use leave::{Leave, Leaving};
pub use palette::{Palette, PaletteOutcome};

use super::edit::Edit;

/// The open dialog; there is at most one.
#[derive(Clone, Debug)]
pub enum Dialog {
    /// The keys.
    Help(Help),
    /// The command line.
    Palette(Palette),
    /// An edit that waits for its confirmation.
    Edit(Box<Edit>),
    /// The question before leaving.
    Leave(Leave),
}
