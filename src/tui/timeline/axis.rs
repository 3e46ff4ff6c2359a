use crate::telemetry::{RunState, Series};
use crate::tui::chart::{Extent, Quantity, time};
use crate::tui::draw::number;
use crate::unit::grouped;

/// Steps that are shown at least.
const LEAST_STEPS: f64 = 8.0;

/// The quantity of the x axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Axis {
    /// Optimizer steps.
    #[default]
    Step,
    /// Tokens that went through the model in training.
    Tokens,
    /// Seconds that the run took.
    Time,
}

impl Axis {
    /// The one after it, in a circle.
    pub fn next(self) -> Self {
        match self {
            Axis::Step => Axis::Tokens,
            Axis::Tokens => Axis::Time,
            Axis::Time => Axis::Step,
        }
    }

    /// Its name, and how its values are written.
    pub fn quantity(self) -> (&'static str, Quantity) {
        match self {
            Axis::Step => ("step", Quantity::Count),
            Axis::Tokens => ("tokens", Quantity::Count),
            Axis::Time => ("time", Quantity::Time),
        }
    }

    /// A value of x in words: `step 1,200`, `after 35 s`.
    pub fn text(self, x: f64) -> String {
        match self {
            Axis::Step => format!("step {}", grouped(x.round().max(0.0) as u64)),
            Axis::Tokens => format!("{} tokens", number::count(x)),
            Axis::Time => format!("after {}", time(x)),
        }
    }
}

/// The x axis of a run: where each of its steps is. A later step is never further left.
#[derive(Clone, Debug, PartialEq)]
pub struct Timeline {
    axis: Axis,
    /// Steps taken.
    steps: f64,
    /// `(step, x)` where x is not the step itself; at least the beginning.
    table: Vec<(f64, f64)>,
}

impl Timeline {
    pub fn new(run: &RunState, axis: Axis) -> Self {
        let curves = &run.history.curves;
        let table = match axis {
            Axis::Step => Vec::new(),
            Axis::Tokens => table(&curves.tokens),
            Axis::Time => table(&curves.secs),
        };
        Timeline { axis, steps: run.history.step.0 as f64, table }
    }

    /// The same up to the end of the ways that rollbacks left, where that is later: there the tokens and
    /// the time are those of the way that was left.
    pub fn with_abandoned(mut self, run: &RunState) -> Self {
        for left in &run.abandoned {
            self.steps = self.steps.max(left.end.0 as f64);
            let series = match self.axis {
                Axis::Step => continue,
                Axis::Tokens => &left.curves.tokens,
                Axis::Time => &left.curves.secs,
            };
            let (step, x) = self.table.last().copied().unwrap_or_default();
            let later = series.lasts().into_iter().filter(|p| p.step as f64 > step && p.value >= x);
            self.table.extend(later.map(|p| (p.step as f64, p.value)));
        }
        self
    }

    /// The quantity of its axis.
    pub fn axis(&self) -> Axis {
        self.axis
    }

    /// The x of the first and the last step.
    pub fn extent(&self) -> Extent {
        let (first, last) = (self.x(0.0), self.x(self.steps));
        let least = match self.axis {
            Axis::Step => LEAST_STEPS,
            Axis::Tokens | Axis::Time => (last - first) * LEAST_STEPS / self.steps.max(LEAST_STEPS),
        };
        Extent::new(first, last, least)
    }

    /// The x of a step.
    pub fn x(&self, step: f64) -> f64 {
        self.cursor().x(step)
    }

    /// The step at a value of x; between two steps a fraction.
    pub fn step(&self, x: f64) -> f64 {
        if self.axis == Axis::Step {
            return x;
        }
        let after = self.table.partition_point(|(_, at)| *at < x);
        between(&self.table, after, |(step, at)| (at, step), x)
    }

    /// For steps in order: looks near the last one instead of searching the whole table.
    pub fn cursor(&self) -> Cursor<'_> {
        Cursor { timeline: self, after: 0 }
    }
}

/// Finds the x of steps; see [`Timeline::cursor`].
pub struct Cursor<'a> {
    timeline: &'a Timeline,
    after: usize,
}

impl Cursor<'_> {
    /// The x of a step.
    #[inline]
    pub fn x(&mut self, step: f64) -> f64 {
        if self.timeline.axis == Axis::Step { step } else { self.find(step) }
    }

    fn find(&mut self, step: f64) -> f64 {
        let table = &self.timeline.table;
        let later = |at: &(f64, f64)| at.0 < step;
        let near = table.get(self.after..).unwrap_or_default().iter().take(8);
        let passed = near.take_while(|at| later(at)).count();
        let behind = self.after.checked_sub(1).and_then(|at| table.get(at));
        let goes_on = passed < 8 && behind.is_none_or(later);
        self.after = if goes_on { self.after + passed } else { table.partition_point(later) };
        between(table, self.after, |at| at, step)
    }
}

/// Interpolates between the entry before `after` and that one, both as `(known, wanted)` once they
/// are in `order`; beyond the ends it gives the last value.
fn between(
    table: &[(f64, f64)],
    after: usize,
    order: impl Fn((f64, f64)) -> (f64, f64),
    at: f64,
) -> f64 {
    let before = after.checked_sub(1).and_then(|i| table.get(i)).map(|entry| order(*entry));
    match (before, table.get(after).map(|entry| order(*entry))) {
        (Some((a, x)), Some((b, y))) if b > a => x + (y - x) * ((at - a) / (b - a)).clamp(0.0, 1.0),
        (_, Some((_, x))) | (Some((_, x)), None) => x,
        (None, None) => at,
    }
}

fn table(series: &Series) -> Vec<(f64, f64)> {
    let known = series.lasts().into_iter().filter(|point| point.value.is_finite());
    let mut table: Vec<(f64, f64)> = known.map(|p| (p.step as f64, p.value)).collect();
    if table.first().is_none_or(|(step, _)| *step > 0.0) {
        table.insert(0, (0.0, 0.0));
    }
    let mut latest = f64::NEG_INFINITY;
    for (_, x) in &mut table {
        latest = x.max(latest);
        *x = latest;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::fixture::{fold, records, small_run};
    use proptest::prelude::*;

    fn timeline(axis: Axis, table: &[(f64, f64)]) -> Timeline {
        Timeline { axis, steps: table.last().map_or(0.0, |at| at.0), table: table.to_vec() }
    }

    #[test]
    fn x_is_interpolated_between_two_steps() {
        let tokens = timeline(Axis::Tokens, &[(0.0, 0.0), (10.0, 100.0), (20.0, 400.0)]);
        assert_eq!(
            [0.0, 5.0, 10.0, 15.0, 99.0].map(|step| tokens.x(step)),
            [0., 50., 100., 250., 400.]
        );
        assert_eq!([0.0, 50.0, 250.0, 9e9].map(|x| tokens.step(x)), [0.0, 5.0, 15.0, 20.0]);
        assert_eq!(timeline(Axis::Step, &[]).x(7.0), 7.0);
    }

    #[test]
    fn x_is_tokens_or_seconds_of_a_run() {
        let run = fold(&records(small_run()));
        let tokens = Timeline::new(&run, Axis::Tokens);
        assert_eq!((tokens.x(0.0), tokens.x(40.0)), (0.0, 40.0 * 512.0));
        let time = Timeline::new(&run, Axis::Time);
        // Events are a second apart, the first measurement is the 15th.
        assert_eq!((time.x(0.0), time.x(20.0)), (14.0, 35.0));
        assert_eq!(Axis::Time.text(time.x(20.0)), "after 35 s");
    }

    proptest! {
        #[test]
        fn a_cursor_finds_the_same_as_single_searches(
            mut table in prop::collection::vec((0.0..1e4f64, 0.0..1e6f64), 1..60),
            steps in prop::collection::vec(0.0..2e4f64, 0..60),
            sorted in any::<bool>(),
        ) {
            table.sort_by(|a, b| a.0.total_cmp(&b.0));
            let timeline = timeline(Axis::Time, &table);
            let mut steps = steps;
            if sorted {
                steps.sort_by(f64::total_cmp);
            }
            let mut cursor = timeline.cursor();
            for step in steps {
                prop_assert_eq!(cursor.x(step), timeline.x(step));
            }
        }
    }
}
