//! Previews as they are drawn.

use super::preview::{LearningRatePreview, Preview, Projection, WeightsPreview, When};
use crate::mixing::Outcome;
use crate::telemetry::RunState;
use crate::tui::draw::{Align, Canvas, Column, Table, lines_shown, number};
use crate::tui::look::Role;
use crate::tui::scene::Scene;
use ratatui::layout::Rect;

/// A column of previewed weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weight {
    Domain,
    Now,
    Unchanged,
    Changed,
    End,
}

impl Preview {
    /// Rows that it needs.
    pub(super) fn rows(&self, run: &RunState) -> u16 {
        match self {
            Preview::Weights(weights) => {
                let lines = 1 + u16::from(weights.is_tested()) + u16::from(weights.end.is_some());
                u16::try_from(run.domains.len()).unwrap_or(20) + lines + 1
            }
            Preview::LearningRate(_) => 4,
            Preview::Words(lines) => u16::try_from(lines.len()).unwrap_or(1),
        }
    }

    /// Draws it.
    pub(super) fn view(&self, scene: &Scene<'_>, canvas: &mut Canvas<'_>) {
        match self {
            Preview::Weights(weights) => weights.view(scene, canvas),
            Preview::LearningRate(rates) => rates.view(canvas),
            Preview::Words(lines) => {
                for (row, line) in (0..).zip(lines) {
                    canvas.line(row).put(line, Role::Text);
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

    fn view(&self, scene: &Scene<'_>, canvas: &mut Canvas<'_>) {
        let mut lines = vec![self.when()];
        lines.extend(self.is_tested().then(|| self.test(scene)));
        lines.extend(self.end.as_ref().map(|end| end.words(scene)));
        let (area, domains) = (canvas.area(), self.now.len());
        let rows_left = usize::from(area.height).saturating_sub(1 + lines.len());
        let shown = lines_shown(domains, rows_left);
        let rows = (1 + shown as u16).min(area.height);
        self.table(scene, shown, &mut canvas.within(Rect { height: rows, ..area }));
        let more = (shown < domains).then(|| format!("{} more", domains - shown));
        for (row, line) in (rows..).zip(more.into_iter().chain(lines)) {
            canvas.line(row).put(line, Role::Dim);
        }
    }

    /// The weights of the first domains.
    fn table(&self, scene: &Scene<'_>, len: usize, canvas: &mut Canvas<'_>) {
        let column =
            |key, title: &str, width, align| Column { key, title: title.into(), width, align };
        let mut columns = vec![
            column(Weight::Domain, "", 18, Align::Left(0)),
            column(Weight::Now, "now", 10, Align::Right),
            column(Weight::Unchanged, "unchanged", 14, Align::Right),
            column(Weight::Changed, "changed", 14, Align::Right),
        ];
        if self.end.is_some() {
            columns.push(column(Weight::End, "at the end", 14, Align::Right));
        }
        let table = Table { columns, len, list: None, sort: None };
        table.draw(canvas, |key, domain, cell| {
            let (weights, role) = match key {
                Weight::Domain => {
                    let target = scene.is_target(domain);
                    let role = if target { Role::Target } else { Role::Text };
                    cell.put(scene.domain(domain), role);
                    return;
                }
                Weight::Now => (&self.now, Role::Text),
                Weight::Unchanged => (&self.unchanged, Role::Dim),
                Weight::Changed => (&self.changed, self.change_role(domain)),
                Weight::End => match &self.end {
                    Some(end) => (&end.weights, Role::Dim),
                    None => return,
                },
            };
            cell.end(format!("{} %", number::percent(share(weights, domain))), role);
        });
    }

    fn change_role(&self, domain: usize) -> Role {
        match share(&self.changed, domain) - share(&self.unchanged, domain) {
            d if d > 5e-4 => Role::Rising,
            d if d < -5e-4 => Role::Falling,
            _ => Role::Text,
        }
    }

    /// When the weights come into force.
    fn when(&self) -> String {
        match self.at {
            When::AtOnce => "between two steps, at once".into(),
            When::After(step) => format!("at the next update (step {step}), at the present losses"),
            When::Never => "no update comes before the end".into(),
            When::Released => "held: not before `mixing release`".into(),
        }
    }

    /// The outcome of the threshold test, with the change and without.
    fn test(&self, scene: &Scene<'_>) -> String {
        let word = |outcome: Option<Outcome>| match outcome {
            Some(Outcome::Expanded) => "expanded",
            Some(Outcome::Held) => "held",
            Some(Outcome::Full) => "full",
            Some(Outcome::Limited) => "limited",
            None => "no target",
        };
        let outcome = match self.outcomes {
            (one, other) if one == other => word(other).to_owned(),
            (one, other) => format!("{} instead of {}", word(other), word(one)),
        };
        let glyphs = scene.look.glyphs();
        let turns = self.turns_at.map_or_else(String::new, |tau| {
            format!("; it turns at {} {}", glyphs.tau, number::short(tau))
        });
        match self.as_last {
            true => format!("{outcome}, if {} is as it was last{turns}", glyphs.phi),
            false => outcome + &turns,
        }
    }
}

impl Projection {
    /// `at the end at most, if γ stays as it is; an update moves 3.2 samples`.
    fn words(&self, scene: &Scene<'_>) -> String {
        let glyphs = scene.look.glyphs();
        let solved = self.solved_lambda.map_or_else(String::new, |lambda| {
            format!("{} is {} then; ", glyphs.lambda, number::tunable(lambda))
        });
        let samples = match self.samples {
            Some(samples) if samples < 1.0 => "; the update moves less than one sample".into(),
            Some(samples) => format!("; the update moves {} samples", number::short(samples)),
            None => String::new(),
        };
        format!("{solved}at the end: the most, if {} stays as it is{samples}", glyphs.gamma)
    }
}

impl LearningRatePreview {
    fn view(&self, canvas: &mut Canvas<'_>) {
        let values = |curve: &[(f64, f64)]| curve.iter().map(|(_, rate)| *rate).collect::<Vec<_>>();
        let (unchanged, changed) = (values(&self.unchanged), values(&self.changed));
        let top = unchanged.iter().chain(&changed).copied().fold(0.0, f64::max);
        let curves = [("unchanged", unchanged, Role::Dim), ("changed", changed, Role::Accent)];
        for (row, (head, curve, role)) in [0, 2].into_iter().zip(curves) {
            let (first, last) = (curve.first().copied(), curve.last().copied());
            let [first, last] = [first, last].map(|v| number::short(v.unwrap_or(f64::NAN)));
            let text = format!("{head:<10}{first} {} {last}", canvas.glyphs().arrow);
            let mut line = canvas.line(row);
            line.cell(36, text, role);
            let points = resampled(&curve, usize::from(line.space()));
            line.sparkline(&points, (0.0, top), role);
        }
        canvas.line(3).put("from the next step to the last", Role::Dim);
    }
}

/// The weight of a domain; NaN where there is none.
fn share(weights: &[f64], domain: usize) -> f64 {
    weights.get(domain).copied().unwrap_or(f64::NAN)
}

/// As many points as there are columns, spread evenly.
fn resampled(curve: &[f64], width: usize) -> Vec<f64> {
    let count = width.min(curve.len());
    (0..count).filter_map(|i| curve.get(i * curve.len() / count.max(1)).copied()).collect()
}
