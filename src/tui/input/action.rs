use crate::control::Tunable;

/// Everything that a key can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Pause the run, or go on; play a record, or stop playing.
    Pause,
    /// Choose the target domains.
    Target,
    /// Edit a live value.
    Edit(Tunable),
    /// Save a checkpoint.
    Save,
    /// Measure the held-out losses.
    Evaluate,
    /// Write texts for a few prompts of each domain.
    Generate,
    /// Open the command line.
    Palette,
    /// Filter the list of this screen.
    Filter,
    /// Copy what is selected.
    Copy,
    /// Show the keys.
    Help,
    /// Leave the screens.
    Leave,
    /// Close what is open, clear what is typed.
    Back,
    /// Show the screen of this number, from 1.
    Screen(u8),
    /// The next screen.
    NextScreen,
    /// The screen before.
    PreviousScreen,
    /// Show one panel in full, or all again.
    Enlarge,
    /// Freeze the picture while the run continues.
    Freeze,
    /// The next theme.
    Theme,
    /// Draw everything again, as after another program wrote on the terminal.
    Redraw,
    /// Upwards in a list; the panel before.
    Up,
    /// Downwards.
    Down,
    /// To the left: crosshair, column.
    Left,
    /// To the right.
    Right,
    /// A page upwards.
    PageUp,
    /// A page downwards.
    PageDown,
    /// To the beginning.
    First,
    /// To the end; follow what comes.
    Last,
    /// Open, choose or toggle what is selected.
    Choose,
    /// The next metric or order.
    NextKind,
    /// The metric or order before.
    PreviousKind,
    /// Logarithmic or linear y axis.
    LogAxis,
    /// Magnify the x axis.
    ZoomIn,
    /// Show more of the x axis.
    ZoomOut,
    /// Show the whole run.
    ZoomReset,
    /// Earlier part of the x axis.
    PanLeft,
    /// Later part of the x axis.
    PanRight,
    /// Steps, tokens or time along the x axis.
    XAxis,
    /// More or less smoothing of curves.
    Smoothing,
    /// Clip outliers of curves, or show them.
    Outliers,
    /// An optimizer step back in a record.
    StepBack,
    /// An optimizer step on in a record.
    StepOn,
    /// To the mark before in a record.
    MarkBefore,
    /// To the next mark in a record.
    MarkAfter,
    /// To the start of a record.
    RecordStart,
    /// To the end of a record.
    RecordEnd,
    /// Play a record slower.
    Slower,
    /// Play a record faster.
    Faster,
}
