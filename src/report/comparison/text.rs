use super::super::cells::{WIDTH, number, wrapped};
use super::super::names::cut;
use super::config::config_text;
use super::grid::Grid;
use super::losses::losses_text;
use super::words::{NAME, difference, name};
use crate::compare::Comparison;
use crate::unit::grouped;
use std::borrow::Cow;

/// Columns of a strategy's name at most.
const STRATEGY: usize = 14;

/// The comparison as tables, at most 100 columns wide: the runs with their final mean losses, the loss of each domain
/// in each run with its difference to the baseline, the fields by which the configs differ, the interventions.
/// `shown` writes a text as the locale can show it.
pub fn comparison_text(comparison: &Comparison, shown: impl Fn(&str) -> Cow<'_, str>) -> String {
    let shown = |text: &str| shown(text).into_owned();
    let parts = [
        runs_text(comparison, &shown),
        losses_text(comparison, &shown),
        config_text(comparison, &shown),
        interventions_text(comparison, &shown),
    ];
    shown(&parts.join("\n"))
}

fn runs_text(comparison: &Comparison, shown: &impl Fn(&str) -> String) -> String {
    let titles = ["run", "strategy", "steps", "mean loss", "difference ", "targets", "status"];
    let mut grid = Grid::new(&titles, &[0, 1, 6]);
    for (index, (run, mean)) in comparison.runs.iter().zip(&comparison.means).enumerate() {
        grid.row(vec![
            name(run),
            cut(&run.state.strategy, STRATEGY),
            run.steps_text(),
            number(mean.loss.value, 4),
            difference(mean, comparison.is_baseline(index)),
            grouped(run.tokens()),
            run.status_text(),
        ]);
    }
    grid.text(shown)
}

fn interventions_text(comparison: &Comparison, shown: &impl Fn(&str) -> String) -> String {
    if comparison.interventions.is_empty() {
        return " No interventions.\n".into();
    }
    let mut grid = Grid::new(&["step", "run", "by", "intervention"], &[1, 2, 3]);
    for one in &comparison.interventions {
        let run = comparison.runs.get(one.run).map(name).unwrap_or_default();
        let reason = one.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
        let command = cut(&format!("{}{reason}", one.command), WIDTH);
        grid.row(vec![one.step.to_string(), run, cut(&one.actor, NAME), command]);
    }
    let older = comparison.cut_short.iter().map(|run| {
        let label = &comparison.runs[*run].label;
        wrapped(&format!("{label} had very many commands: its oldest interventions are not known."))
    });
    grid.text(shown) + &older.collect::<String>()
}
