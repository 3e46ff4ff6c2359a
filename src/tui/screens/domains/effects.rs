//! Which domains help and hurt one, by what tuning the reference model on each did to the losses of all.

use crate::mixing::Change;
use crate::telemetry::{CrossTable, RunState};
use crate::tui::draw::Fact;
use crate::tui::look::{Glyphs, Role};

/// Domains that a line names.
const NAMED: usize = 3;

/// What clearly lowers or raises the domain's loss, and whose losses training on it does; nothing where that
/// was not measured.
pub(super) fn facts(run: &RunState, domain: usize, glyphs: &Glyphs) -> Vec<Fact> {
    let Some(table) = &run.cross else { return Vec::new() };
    let others = || (0..run.domains.len()).filter(|other| *other != domain);
    let on_it = clear(others().map(|other| (other, table.change(other, domain))));
    let by_it = clear(others().map(|other| (other, table.change(domain, other))));
    let line = |label: &str, changes: &[(usize, Change)], role| {
        (!changes.is_empty()).then(|| Fact::new(label, words(run, changes, glyphs)).with(role))
    };
    let [helped, hurt] = apart(&on_it);
    let [helps, hurts] = apart(&by_it);
    let found: Vec<Fact> = [
        line("helped by", &helped, Role::Good),
        line("hurt by", &hurt, Role::Warning),
        line("helps", &helps, Role::Good),
        line("hurts", &hurts, Role::Warning),
    ]
    .into_iter()
    .flatten()
    .collect();
    match found.is_empty() && is_known(table) {
        true => vec![Fact::new("helped by", "no domain clearly").with(Role::Dim)],
        false => found,
    }
}

fn is_known(table: &CrossTable) -> bool {
    table.tuned.iter().flatten().any(|loss| loss.is_finite())
}

/// Those that are no chance, the largest first.
fn clear(changes: impl Iterator<Item = (usize, Change)>) -> Vec<(usize, Change)> {
    let mut clear: Vec<_> = changes.filter(|(_, change)| change.is_clear()).collect();
    clear.sort_by(|(_, a), (_, b)| b.relative.abs().total_cmp(&a.relative.abs()));
    clear
}

/// Lower losses and higher ones.
fn apart(changes: &[(usize, Change)]) -> [Vec<(usize, Change)>; 2] {
    changes.iter().partition::<Vec<_>, _>(|(_, change)| change.relative < 0.0).into()
}

/// `code −3.1 %, general −1.0 %`.
fn words(run: &RunState, changes: &[(usize, Change)], glyphs: &Glyphs) -> String {
    let word = |(other, change): &(usize, Change)| {
        let sign = if change.relative < 0.0 { glyphs.minus } else { "+" };
        format!("{} {sign}{:.1} %", run.domains[*other], 100.0 * change.relative.abs())
    };
    let mut words: Vec<String> = changes.iter().take(NAMED).map(word).collect();
    if changes.len() > NAMED {
        words.push(format!("{} more", changes.len() - NAMED));
    }
    words.join(", ")
}
