//! What the run's time went to.

use crate::telemetry::History;
use crate::tui::draw::{Bar, Canvas, Panel, dotted};
use crate::tui::look::Role;
use crate::tui::scene::Scene;
use crate::unit::duration_text;

/// Columns of a part's name, of its share and of its time.
const CELLS: (u16, u16, u16) = (18, 8, 14);
/// Columns of a bar at most.
const BAR: u16 = 60;

/// Rows of the panel.
pub(super) const ROWS: u16 = 6;

/// A line for each part: its share, its time, a bar.
pub(super) fn view(scene: &Scene<'_>, canvas: &mut Canvas<'_>) {
    let history = &scene.run.history;
    let all = history.ran_ms as f64 / 1000.0;
    let panel = Panel::new("time").right(format!("of {}", duration_text(all)));
    let mut panel = canvas.panel(panel);
    let mut inside = panel.inset(1);
    let shares = history.time_spent().shares();
    if shares.is_empty() {
        return inside.note("no time was spent yet");
    }
    let (name, percent, secs) = CELLS;
    for (row, (part, share)) in (0..).zip(shares) {
        let mut line = inside.line(row);
        line.cell(name, part, Role::Dim);
        line.cell_right(percent, format!("{:.1} %", 100.0 * share), Role::Text);
        line.cell_right(secs, duration_text(share * all), Role::Text).skip(2);
        let beyond = line.space().saturating_sub(BAR);
        line.skip_end(beyond).bar(Bar { share, mark: None }, Role::Good);
    }
}

/// `training 92 % · measuring 6 % · saving 1 %`: the parts that are at least half a per cent.
pub(in crate::tui::screens) fn words(scene: &Scene<'_>, history: &History) -> String {
    let shares = history.time_spent().shares().into_iter().filter(|(_, share)| *share >= 0.005);
    dotted(scene.look, shares.map(|(part, share)| format!("{part} {:.0} %", 100.0 * share)))
}
