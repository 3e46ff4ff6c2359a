//! Which updates of the mixture the record has, where one is made after every step.

use crate::mixing::Mixture;
use crate::telemetry::Event;
use crate::unit::Step;

/// An update is reported at the latest after so many steps without a report.
const STEPS: u64 = 10;
/// An update is reported if the weights are so far (total variation) from those last reported.
const DISTANCE: f64 = 0.01;

/// Thins out the reports of updates that measure nothing. Each decision that is left out follows
/// from the recorded steps: they have the training losses that it was made from.
pub struct UpdateReports {
    /// Step of the newest report.
    step: Step,
    /// The weights that the record has.
    mixture: Mixture,
    /// The events of the newest update, where it was not reported.
    waiting: Vec<Event>,
}

impl UpdateReports {
    /// The record has `mixture`, by a report at `step`.
    pub fn new(step: Step, mixture: Mixture) -> Self {
        UpdateReports { step, mixture, waiting: Vec::new() }
    }

    /// `update` are the events of an update at `step` that put `mixture` in force. They are given
    /// back if they are to be reported now; otherwise they wait, in place of those of an earlier one.
    pub fn pass(&mut self, step: Step, mixture: &Mixture, update: Vec<Event>) -> Vec<Event> {
        if self.is_old(step) || mixture.total_variation(&self.mixture) >= DISTANCE {
            *self = UpdateReports::new(step, mixture.clone());
            return update;
        }
        self.waiting = update;
        Vec::new()
    }

    /// An update was due at `step` while the mixture was held. Whether that is to be reported now.
    pub fn pass_held(&mut self, step: Step) -> bool {
        let is_old = self.is_old(step);
        if is_old {
            self.step = step;
        }
        is_old
    }

    /// The newest update, where it was not reported yet: before a checkpoint, a command that gives
    /// weights, or the end, the record has to know the weights in force.
    pub fn take_waiting(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.waiting)
    }

    fn is_old(&self, step: Step) -> bool {
        step.0 >= self.step.0 + STEPS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mixture(first: f64) -> Mixture {
        Mixture::new(vec![first, 1.0 - first]).unwrap()
    }

    /// The steps at which updates at every step are reported, if the weight moves like this.
    fn reported(weight: impl Fn(u64) -> f64) -> Vec<u64> {
        let mut reports = UpdateReports::new(Step(0), mixture(weight(0)));
        let event = |step| vec![Event::UpdateHeld { step: Step(step) }];
        (1..=30)
            .filter(|&step| {
                !reports.pass(Step(step), &mixture(weight(step)), event(step)).is_empty()
            })
            .collect()
    }

    #[test]
    fn weights_that_hardly_move_are_reported_now_and_then_and_others_at_once() {
        assert_eq!(reported(|_| 0.5), [10, 20, 30]);
        // 0.0026 a step: 0.01 is reached with every fourth.
        assert_eq!(reported(|step| 0.5 + 0.0026 * step as f64), [4, 8, 12, 16, 20, 24, 28]);
        // One leap, and quiet again from there on.
        assert_eq!(reported(|step| if step < 5 { 0.5 } else { 0.9 }), [5, 15, 25]);
    }

    #[test]
    fn what_was_left_out_is_there_when_the_record_has_to_know_it() {
        let mut reports = UpdateReports::new(Step(0), mixture(0.5));
        let events = |step| vec![Event::UpdateHeld { step: Step(step) }];
        assert_eq!(reports.pass(Step(1), &mixture(0.501), events(1)), []);
        assert_eq!(reports.pass(Step(2), &mixture(0.502), events(2)), []);
        assert_eq!(reports.take_waiting(), events(2));
        assert_eq!(reports.take_waiting(), []);
        // A report makes what waited old.
        assert_eq!(reports.pass(Step(3), &mixture(0.503), events(3)), []);
        assert_eq!(reports.pass(Step(4), &mixture(0.6), events(4)), events(4));
        assert_eq!(reports.take_waiting(), []);
    }
}
