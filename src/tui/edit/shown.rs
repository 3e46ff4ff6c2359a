//! Previews as they are drawn.

use super::preview::{LearningRatePreview, Preview, WeightsPreview, When};
use crate::mixing::Outcome;
use crate::telemetry::RunState;
use crate::tui::look::Role;
use crate::tui::draw::number;
use crate::tui::scene::{Scene, put, put_right, sparkline};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Right edges of the three columns of weights, from the left edge of the dialog.
const COLUMNS: [u16; 3] = [28, 42, 56];

impl Preview {
    /// Rows that it wants.
    pub(super) fn rows(&self, run: &RunState) -> u16 {
        match self {
            Preview::Weights(weights) => {
                let lines = if weights.is_tested() { 2 } else { 1 };
                u16::try_from(run.domains.len()).unwrap_or(20) + lines + 1
            }
            Preview::LearningRate(_) => 4,
            Preview::Words(lines) => u16::try_from(lines.len()).unwrap_or(1),
        }
    }

    /// Draws it.
    pub(super) fn view(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        match self {
            Preview::Weights(weights) => weights.view(scene, area, buf),
            Preview::LearningRate(rates) => rates.view(scene, area, buf),
            Preview::Words(lines) => {
                for (y, line) in (area.y..area.bottom()).zip(lines) {
                    put(buf, scene.look, area.x, y, area.width, line, scene.style(Role::Text));
                }
            }
        }
    }
}

impl WeightsPreview {
    /// Whether Algorithm 3's test is made, with the change or without.
    fn is_tested(&self) -> bool {
        self.outcomes != (None, None)
    }

    fn view(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        let dim = scene.style(Role::Dim);
        for (column, head) in COLUMNS.into_iter().zip(["now", "unchanged", "changed"]) {
            let right = area.x + column.min(area.width);
            put_right(buf, scene.look, right, area.y, 12, head, dim);
        }
        let mut lines = vec![self.when()];
        lines.extend(self.is_tested().then(|| self.test(scene)));
        let domains = self.now.len() as u16;
        let room = area.height.saturating_sub(1 + lines.len() as u16);
        let shown = if domains > room { room.saturating_sub(1) } else { domains };
        for domain in 0..shown {
            let row = Rect { y: area.y + 1 + domain, height: 1, ..area };
            self.row(scene, usize::from(domain), row, buf);
        }
        let more = (shown < domains).then(|| format!("{} more", domains - shown));
        let rest = more.into_iter().chain(lines);
        for (y, line) in (area.y + 1 + shown..area.bottom()).zip(rest) {
            put(buf, scene.look, area.x, y, area.width, &line, dim);
        }
    }

    fn row(&self, scene: &Scene<'_>, domain: usize, row: Rect, buf: &mut Buffer) {
        let style = scene.style(if scene.is_target(domain) { Role::Target } else { Role::Text });
        let name = row.width.min(COLUMNS[0] - 10);
        put(buf, scene.look, row.x, row.y, name, scene.domain(domain), style);
        let share = |of: &[f64]| of.get(domain).copied().unwrap_or(f64::NAN);
        let [now, unchanged, changed] =
            [&self.now, &self.unchanged, &self.changed].map(|w| share(w));
        let role = match changed - unchanged {
            d if d > 5e-4 => Role::Rising,
            d if d < -5e-4 => Role::Falling,
            _ => Role::Text,
        };
        for (column, share, role) in [
            (COLUMNS[0], now, Role::Text),
            (COLUMNS[1], unchanged, Role::Dim),
            (COLUMNS[2], changed, role),
        ] {
            let right = row.x + column.min(row.width);
            let text = format!("{} %", number::percent(share));
            put_right(buf, scene.look, right, row.y, 12, &text, scene.style(role));
        }
    }

    /// When the weights come.
    fn when(&self) -> String {
        match self.at {
            When::AtOnce => "between two steps, at once".into(),
            When::After(step) => format!("at the next update (step {step}), as the losses stand"),
            When::Never => "no update comes before the end".into(),
            When::Released => "held: not before `mixing release`".into(),
        }
    }

    /// What the threshold says.
    fn test(&self, scene: &Scene<'_>) -> String {
        let word = |outcome: Option<Outcome>| match outcome {
            Some(Outcome::Expanded) => "expanded",
            Some(Outcome::Held) => "held",
            Some(Outcome::Full) => "full",
            None => "no target",
        };
        let said = match self.outcomes {
            (one, other) if one == other => word(other).to_owned(),
            (one, other) => format!("{} instead of {}", word(other), word(one)),
        };
        match self.as_last {
            true => format!("{said}, if {} is as it was last", scene.look.glyphs().phi),
            false => said,
        }
    }
}

impl LearningRatePreview {
    fn view(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        let values = |curve: &[(f64, f64)]| curve.iter().map(|(_, rate)| *rate).collect::<Vec<_>>();
        let curves = [("unchanged", values(&self.unchanged)), ("changed", values(&self.changed))];
        let top = curves.iter().flat_map(|(_, v)| v).copied().fold(0.0, f64::max);
        for (i, (head, curve)) in curves.iter().enumerate() {
            let y = area.y + 2 * i as u16;
            if y >= area.bottom() {
                return;
            }
            let (first, last) = (curve.first().copied(), curve.last().copied());
            let style = scene.style(if i == 0 { Role::Dim } else { Role::Accent });
            let ends = [first, last].map(|v| number::short(v.unwrap_or(f64::NAN)));
            let arrow = scene.look.glyphs().arrow;
            let text = format!("{head:<10}{} {arrow} {}", ends[0], ends[1]);
            put(buf, scene.look, area.x, y, 34, &text, style);
            let x = area.x + 36.min(area.width);
            let width = area.right().saturating_sub(x);
            let points = resampled(curve, usize::from(width));
            sparkline(buf, scene.look, Rect { x, y, width, height: 1 }, &points, (0.0, top), style);
        }
        let y = area.y + 3;
        if y < area.bottom() {
            let text = "from the next step to the last";
            put(buf, scene.look, area.x, y, area.width, text, scene.style(Role::Dim));
        }
    }
}

/// As many points as there are columns, spread evenly.
fn resampled(curve: &[f64], width: usize) -> Vec<f64> {
    let count = width.min(curve.len());
    (0..count).filter_map(|i| curve.get(i * curve.len() / count.max(1)).copied()).collect()
}
