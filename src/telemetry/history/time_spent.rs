use super::History;

/// What a run's time went to, seconds; not the time between one process and the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeSpent {
    /// Optimizer steps, without the wait for their examples.
    pub training: f64,
    /// Evaluations.
    pub measuring: f64,
    /// Checkpoints.
    pub saving: f64,
    /// Waiting for examples, in the optimizer steps.
    pub data: f64,
    /// The rest: preparation, sample texts, pauses.
    pub other: f64,
}

impl TimeSpent {
    /// The parts with their names, and the share of each in all of them; nothing before any time was spent.
    pub fn shares(&self) -> Vec<(&'static str, f64)> {
        let TimeSpent { training, measuring, saving, data, other } = *self;
        let parts = [
            ("training", training),
            ("measuring", measuring),
            ("saving", saving),
            ("waiting for data", data),
            ("other", other),
        ];
        let all: f64 = parts.iter().map(|(_, secs)| secs).sum();
        let share = |(name, secs): (&'static str, f64)| (name, secs / all);
        if all > 0.0 { parts.into_iter().map(share).collect() } else { Vec::new() }
    }
}

impl History {
    /// What the run's time went to so far.
    pub fn time_spent(&self) -> TimeSpent {
        // A record may hold any number.
        let known = |secs: f64| if secs.is_finite() { secs.max(0.0) } else { 0.0 };
        let data = known(self.data_secs);
        let training = known(self.step_secs - data);
        let (measuring, saving) = (known(self.measuring_secs), known(self.saving_secs));
        let all = self.ran_ms as f64 / 1000.0;
        let other = known(all - training - data - measuring - saving);
        TimeSpent { training, measuring, saving, data, other }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_of_the_time_is_other() {
        let history = History {
            ran_ms: 100_000,
            step_secs: 80.0,
            data_secs: 5.0,
            measuring_secs: 10.0,
            saving_secs: 2.0,
            ..History::default()
        };
        let spent = history.time_spent();
        assert_eq!(
            spent,
            TimeSpent { training: 75.0, measuring: 10.0, saving: 2.0, data: 5.0, other: 8.0 }
        );
        assert_eq!(spent.shares()[0], ("training", 0.75));
        assert_eq!(spent.shares().iter().map(|(_, share)| share).sum::<f64>(), 1.0);
    }

    #[test]
    fn nothing_spent_has_no_shares_and_no_number_breaks_it() {
        assert!(History::default().time_spent().shares().is_empty());
        let broken =
            History { step_secs: f64::NAN, data_secs: -1.0, ran_ms: 10, ..History::default() };
        assert_eq!(broken.time_spent().other, 0.01);
    }
}
