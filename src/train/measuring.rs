//! How many held-out rows are measured, and how often, for a share of the run's work.
//!
//! Work is counted in tokens, never in seconds, so that a resume decides alike: a token that is only
//! measured costs a third of one that is trained on, since the backward pass takes twice a forward one.

use super::cadence::MeasuringCadence;
use serde::Serialize;

/// Fewest rows of a domain: below it a standard error says little itself.
const FEWEST_ROWS: usize = 32;
/// Fewest mixture updates: below it nothing moves.
const FEWEST_UPDATES: u64 = 8;
/// What a measured token costs, in trained ones.
const FORWARD: f64 = 1.0 / 3.0;

/// What the choice depends on.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasuringNeeds {
    /// The share of the run's work that measuring may take; `None` measures every row.
    pub budget: Option<f64>,
    /// After which steps the run measures.
    pub cadence: MeasuringCadence,
    /// Tokens of a step.
    pub step_tokens: f64,
    /// Mean tokens of a held-out row, per domain.
    pub row_tokens: Vec<f64>,
    /// Held-out rows, per domain.
    pub rows: Vec<usize>,
    /// Steps between two mixture updates, whether they measure or not.
    pub every: u64,
    /// Whether `every` is not the user's own, so that it may grow.
    pub every_is_free: bool,
}

/// The choice.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Measuring {
    /// Most held-out rows of a domain that are measured.
    pub rows: usize,
    /// Steps between two mixture updates.
    pub every: u64,
    /// Measurements of the whole run.
    pub measurements: u64,
    /// The share of the run's work that they take: above the budget where the fewest rows and updates do.
    pub share: f64,
}

impl Measuring {
    /// What is to be said where measuring takes more than the budget.
    pub fn over(&self, budget: Option<f64>) -> Option<String> {
        let budget = budget.filter(|budget| self.share > *budget)?;
        let percent = |share: f64| format!("{:.1} %", 100.0 * share);
        Some(format!(
            "measuring takes {} of the run's work, above the {} of evaluation.budget: at least {FEWEST_ROWS} rows of \
             a domain and {FEWEST_UPDATES} mixture updates (or mixing.every as it is given) come before it; a longer \
             run or a larger mixing.every costs less",
            percent(self.share),
            percent(budget)
        ))
    }
}

impl MeasuringNeeds {
    /// As many rows as the budget has, at least 32; only where those are too many already, longer
    /// intervals, down to 8 updates.
    pub fn choose(&self) -> Measuring {
        let all = self.rows.iter().copied().max().unwrap_or(0);
        let Some(budget) = self.budget else { return self.with(all, self.every) };
        let fits = |measuring: &Measuring| measuring.share <= budget;
        let rows = (FEWEST_ROWS..=all).rev().find(|rows| fits(&self.with(*rows, self.every)));
        if let Some(rows) = rows {
            return self.with(rows, self.every);
        }
        let fewest = all.min(FEWEST_ROWS);
        let longest = (self.cadence.steps / FEWEST_UPDATES).max(1);
        if !self.every_is_free || self.cadence.updates.is_none() || longest <= self.every {
            return self.with(fewest, self.every);
        }
        let every = (self.every..longest).find(|every| fits(&self.with(fewest, *every)));
        self.with(fewest, every.unwrap_or(longest))
    }

    /// The shortest interval of mixture updates, from `every` to an eighth of the run, at which the measuring of
    /// these rows keeps to the budget; the longest one where none does.
    pub fn shortest_interval(&self, rows: usize) -> Measuring {
        let Some(budget) = self.budget else { return self.with(rows, self.every) };
        let longest = (self.cadence.steps / FEWEST_UPDATES).max(self.every);
        let fits = |every: &u64| self.with(rows, *every).share <= budget;
        self.with(rows, (self.every..longest).find(fits).unwrap_or(longest))
    }

    fn with(&self, rows: usize, every: u64) -> Measuring {
        let updates = self.cadence.updates.map(|_| every);
        let measurements = MeasuringCadence { updates, ..self.cadence }.measurements();
        let of_domain = self.rows.iter().zip(&self.row_tokens);
        let tokens: f64 = of_domain.map(|(all, tokens)| rows.min(*all) as f64 * tokens).sum();
        let trained = (self.cadence.steps as f64 * self.step_tokens).max(1.0);
        let share = measurements as f64 * tokens * FORWARD / trained;
        Measuring { rows, every, measurements, share }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A run of 400 steps of 16 rows of 100 tokens, with 500 held-out rows in each of 3 domains.
    fn needs() -> MeasuringNeeds {
        MeasuringNeeds {
            budget: Some(0.03),
            cadence: cadence(400),
            step_tokens: 1600.0,
            row_tokens: vec![100.0; 3],
            rows: vec![500; 3],
            every: 10,
            every_is_free: true,
        }
    }

    fn cadence(steps: u64) -> MeasuringCadence {
        MeasuringCadence { steps, updates: Some(1), evaluations: None, ranked_checkpoints: None }
    }

    #[test]
    fn rows_come_before_the_cadence_and_the_fewest_of_both_before_the_budget() {
        // 41 measurements (start, end, 39 updates) of 3 · 32 rows · 100 tokens / 3 = 3,200 tokens are 131,200
        // of 640,000: 20 %. 3 % are 19,200: six measurements, and eight updates with two more are the
        // fewest: every 50 steps, 9 measurements, 28,800 tokens, 4.5 %.
        let least = needs().choose();
        assert_eq!((least.rows, least.every, least.measurements), (32, 50, 9));
        assert!((least.share - 0.045).abs() < 1e-12);
        // A hundred times the steps and their own intervals: 7.99 million tokens for each percent.
        let long = MeasuringNeeds { cadence: cadence(40_000), every: 1000, ..needs() }.choose();
        // 41 · rows · 100 ≤ 0.03 · 64,000,000: 468 rows.
        assert_eq!((long.rows, long.every), (468, 1000));
        // In between the cadence is what gives: 18 · 3,200 ≤ 0.03 · 1,920,000.
        let between = MeasuringNeeds { cadence: cadence(1200), every: 30, ..needs() }.choose();
        assert_eq!((between.rows, between.every, between.measurements), (32, 71, 18));
    }

    #[test]
    fn what_the_user_gave_stays() {
        let own = MeasuringNeeds { every_is_free: false, ..needs() }.choose();
        assert_eq!((own.rows, own.every), (32, 10));
        let all = MeasuringNeeds { budget: None, ..needs() }.choose();
        assert_eq!((all.rows, all.every), (500, 10));
        // Fewer rows than the fewest are all measured.
        let few = MeasuringNeeds { rows: vec![5, 9, 7], ..needs() }.choose();
        assert_eq!(few.rows, 9);
    }

    /// 3 · 32 rows · 100 tokens / 3 = 3,200 tokens a measurement, of 1,600 · 1200 = 1,920,000.
    #[test]
    fn the_interval_follows_the_budget_while_the_rows_stay() {
        let needs =
            |budget| MeasuringNeeds { budget, cadence: cadence(1200), every: 30, ..needs() };
        // 18 measurements are 3 %: the start, the end and 16 updates, after each 71 steps.
        assert_eq!(needs(Some(0.03)).shortest_interval(32).every, 71);
        // Of 6 % 36, after each 35 steps; all 41 are 6.8 %.
        assert_eq!(needs(Some(0.06)).shortest_interval(32).every, 35);
        assert_eq!(needs(Some(0.5)).shortest_interval(32).every, 30);
        assert_eq!(needs(None).shortest_interval(32).every, 30);
        assert_eq!(needs(Some(0.001)).shortest_interval(32).every, 150, "eight updates");
    }

    #[test]
    fn updates_that_do_not_measure_cost_nothing() {
        let unmeasured = MeasuringCadence { updates: None, ..cadence(400) };
        let chosen = MeasuringNeeds { cadence: unmeasured, ..needs() }.choose();
        // Start and end: 2 · rows · 100 ≤ 0.03 · 640,000.
        assert_eq!((chosen.measurements, chosen.rows, chosen.every), (2, 96, 10));
    }

    proptest! {
        #[test]
        fn beyond_the_fewest_the_budget_holds(
            budget in 0.001f64..0.5, steps in 1u64..5000, rows in 1usize..2000, every in 1u64..200,
        ) {
            let needs = MeasuringNeeds {
                budget: Some(budget), cadence: cadence(steps), rows: vec![rows; 3], every, ..needs()
            };
            let chosen = needs.choose();
            // One step more between the updates, and there were too few: 18 steps in intervals of 2 are
            // 9 updates, of 3 only 6.
            let is_least = chosen.rows <= FEWEST_ROWS
                && (chosen.every == every || steps / (chosen.every + 1) < FEWEST_UPDATES);
            prop_assert!(chosen.share <= budget || is_least, "{:?}", chosen);
            prop_assert!(chosen.rows >= FEWEST_ROWS.min(rows) && chosen.every >= every);
            prop_assert!(steps < FEWEST_UPDATES || chosen.every == every || steps / chosen.every >= FEWEST_UPDATES);
        }
    }
}
