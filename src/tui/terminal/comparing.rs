use super::conversation::{Partner, Reply, TerminalFlags, converse};
use super::held::Held;
use crate::compare::ComparedRun;
use crate::tui::compare::{Answer, RunComparison};
use crossterm::event::Event as Input;
use ratatui::buffer::Buffer;
use std::io;
use std::sync::mpsc::Receiver;

/// Runs that go on as they are read again, and what is wrong with those that cannot be read as they should be, in
/// sentences; unbounded.
pub type NewerRuns = Receiver<(Vec<ComparedRun>, Vec<String>)>;

/// Shows runs over each other until they are left; `false` where the terminal is lost.
///
/// # Errors
/// A picture cannot be written as bytes.
pub fn compare(
    comparison: &mut RunComparison,
    newer: &NewerRuns,
    flags: TerminalFlags<'_>,
    held: &mut Held,
) -> io::Result<bool> {
    Ok(converse(&mut Comparing { comparison, newer }, flags, held)?.is_some())
}

struct Comparing<'a> {
    comparison: &'a mut RunComparison,
    newer: &'a NewerRuns,
}

impl Partner for Comparing<'_> {
    type Answer = ();

    fn tick(&mut self) {
        for (runs, faults) in self.newer.try_iter() {
            self.comparison.renew(runs);
            if !faults.is_empty() {
                self.comparison.set_fault(faults.join("; "));
            }
        }
    }

    fn take(&mut self, input: &Input) -> Option<Reply<()>> {
        Some(match self.comparison.take(input)? {
            Answer::Leave => Reply::End(()),
            Answer::Stop => Reply::Stop,
            Answer::Redraw => Reply::Redraw,
        })
    }

    fn frame(&mut self) -> Buffer {
        self.comparison.frame()
    }

    fn set_fault(&mut self, why: String) {
        self.comparison.set_fault(why);
    }
}
