use super::{CommandError, Setting};

impl Setting {
    /// Every live value, in the order in which help lists them.
    pub const ALL: [Setting; 9] = [
        Setting::Lambda,
        Setting::Delta,
        Setting::Tau,
        Setting::Floor,
        Setting::Anchor,
        Setting::Every,
        Setting::Smoothing,
        Setting::Lr,
        Setting::Clip,
    ];

    /// The word for it in commands.
    pub fn name(self) -> &'static str {
        match self {
            Setting::Lambda => "lambda",
            Setting::Delta => "delta",
            Setting::Tau => "tau",
            Setting::Lr => "lr",
            Setting::Every => "every",
            Setting::Floor => "floor",
            Setting::Anchor => "anchor",
            Setting::Smoothing => "smoothing",
            Setting::Clip => "clip",
        }
    }

    /// What it is, in one line.
    pub fn help(self) -> &'static str {
        match self {
            Setting::Lambda => "how far the learnable potential moves the weights",
            Setting::Delta => "how much a target's share grows at an expansion",
            Setting::Tau => "what potential / mean forgetting must exceed for an expansion",
            Setting::Lr => "peak learning rate; the schedule keeps its shape",
            Setting::Every => "optimizer steps between two mixture updates",
            Setting::Floor => "least share of a domain",
            Setting::Anchor => "pull towards the detected mixture at each update",
            Setting::Smoothing => "weight of the past in the average of held-out losses",
            Setting::Clip => "largest gradient norm",
        }
    }

    /// The range of [`Setting::check`] in words, for a run of `domains` domains.
    pub fn allowed(self, domains: usize) -> String {
        match self {
            Setting::Lambda | Setting::Tau => "0 or more".into(),
            Setting::Delta | Setting::Anchor => "0 to 1".into(),
            Setting::Lr => "above 0, at most 1".into(),
            Setting::Every => "a whole number, 1 or more".into(),
            Setting::Floor => {
                let highest = highest_floor(domains);
                format!("0 to below 1/{} = {highest:.4}, as there are {domains} domains", domains)
            }
            Setting::Smoothing => "0 to below 1".into(),
            Setting::Clip => "above 0".into(),
        }
    }

    /// Whether `value` is in the setting's range: the one place that says so, for configs, commands
    /// and screens alike. `domains` is their number in the run, K.
    ///
    /// # Errors
    /// The setting, the value found and the range allowed.
    pub fn check(self, value: f64, domains: usize) -> Result<(), CommandError> {
        let fits = match self {
            Setting::Lambda | Setting::Tau => value >= 0.0,
            Setting::Delta | Setting::Anchor => (0.0..=1.0).contains(&value),
            Setting::Lr => value > 0.0 && value <= 1.0,
            // Above 2^53 not every whole number is a float.
            Setting::Every => value.fract() == 0.0 && (1.0..=2f64.powi(53)).contains(&value),
            Setting::Floor => (0.0..highest_floor(domains)).contains(&value),
            Setting::Smoothing => (0.0..1.0).contains(&value),
            Setting::Clip => value > 0.0,
        };
        if value.is_finite() && fits {
            return Ok(());
        }
        let (name, allowed) = (self.name(), self.allowed(domains));
        Err(CommandError(format!("{name} cannot be {value}; allowed is {allowed}")))
    }
}

/// A floor of 1/K would leave nothing to move.
fn highest_floor(domains: usize) -> f64 {
    1.0 / domains.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        use Setting::*;
        let good: [(Setting, &[f64]); 9] = [
            (Lambda, &[0.0, 0.3, 1e6]),
            (Delta, &[0.0, 1.0]),
            (Tau, &[0.0, 12.0]),
            (Floor, &[0.0, 0.16]),
            (Anchor, &[0.0, 1.0]),
            (Every, &[1.0, 500.0]),
            (Smoothing, &[0.0, 0.99]),
            (Lr, &[2e-5, 1.0]),
            (Clip, &[1.0]),
        ];
        let bad: [(Setting, &[f64]); 9] = [
            (Lambda, &[-0.1]),
            (Delta, &[-0.1, 1.1]),
            (Tau, &[-1.0]),
            (Floor, &[-0.01, 1.0 / 6.0]),
            (Anchor, &[1.01]),
            (Every, &[0.0, 1.5, 1e300]),
            (Smoothing, &[1.0]),
            (Lr, &[0.0, 2.0]),
            (Clip, &[0.0]),
        ];
        assert_eq!(good.map(|(setting, _)| setting), Setting::ALL);
        for (setting, values) in good {
            values.iter().for_each(|&v| assert_eq!(setting.check(v, 6), Ok(()), "{v}"));
        }
        for (setting, values) in bad {
            for &value in values.iter().chain(&[f64::NAN, f64::INFINITY]) {
                assert!(setting.check(value, 6).is_err(), "{setting:?} {value}");
            }
        }
    }

    #[test]
    fn the_error_says_what_is_allowed() {
        let error = Setting::Floor.check(0.2, 6).unwrap_err();
        assert_eq!(
            error.to_string(),
            "floor cannot be 0.2; allowed is 0 to below 1/6 = 0.1667, as there are 6 domains"
        );
    }
}
