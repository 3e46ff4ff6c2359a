use super::conversation::{Partner, Reply, TerminalFlags, converse};
use super::held::Held;
use crate::tui::compare::{Answer, RunComparison};
use crossterm::event::Event as Input;
use ratatui::buffer::Buffer;
use std::io;

/// Shows runs over each other until they are left; `false` where the terminal is lost.
///
/// # Errors
/// A picture cannot be written as bytes.
pub fn compare(
    comparison: &mut RunComparison,
    flags: TerminalFlags<'_>,
    held: &mut Held,
) -> io::Result<bool> {
    Ok(converse(comparison, flags, held)?.is_some())
}

impl Partner for RunComparison {
    type Answer = ();

    fn tick(&mut self) {}

    fn take(&mut self, input: &Input) -> Option<Reply<()>> {
        Some(match RunComparison::take(self, input)? {
            Answer::Leave => Reply::End(()),
            Answer::Stop => Reply::Stop,
            Answer::Redraw => Reply::Redraw,
        })
    }

    fn frame(&mut self) -> Buffer {
        RunComparison::frame(self)
    }

    fn set_fault(&mut self, why: String) {
        RunComparison::set_fault(self, why);
    }
}
