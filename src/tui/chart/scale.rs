/// From values to places along the y axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    /// Of the axis: logarithms to base 10 where it is logarithmic. `low` < `high`, both finite.
    low: f64,
    high: f64,
    log: bool,
}

/// No number on an axis is larger: differences of larger ones could be no numbers.
const LARGEST: f64 = 1e150;
/// The largest power of ten on a logarithmic axis, and the least with the sign changed.
const DECADES: f64 = 150.0;

impl Scale {
    /// An axis from `low` to `high` with some space at both ends; wider where they are the same.
    pub fn new(low: f64, high: f64, log: bool) -> Self {
        let tame = |v: f64| if v.is_nan() { 0.0 } else { v.clamp(-LARGEST, LARGEST) };
        let exponent = |v: f64| v.log10().clamp(-DECADES, DECADES);
        let (low, high) = match log {
            true => (tame(exponent(low)), tame(exponent(high))),
            false => (tame(low), tame(high)),
        };
        let (low, high) = (low.min(high), low.max(high));
        let least = match (log, low.abs().max(high.abs())) {
            (true, _) => 0.1,
            (false, 0.0) => 1.0,
            // Closer than this, labels could not tell one from the other.
            (false, size) => size * 1e-4,
        };
        let room = ((high - low) * 0.04).max((least - (high - low)) / 2.0);
        Scale { low: low - room, high: high + room, log }
    }

    /// The values at its ends.
    pub fn ends(&self) -> (f64, f64) {
        match self.log {
            true => (10f64.powf(self.low), 10f64.powf(self.high)),
            false => (self.low, self.high),
        }
    }

    pub fn is_log(&self) -> bool {
        self.log
    }

    /// How far up a value is: 0 at the lower end, 1 at the upper one, less or more outside; NaN
    /// where it has no place.
    pub fn share(&self, value: f64) -> f64 {
        let value = if self.log { value.log10() } else { value };
        ((value - self.low) / (self.high - self.low)).clamp(-1e6, 1e6)
    }
}

/// Whether a value has a place on an axis.
pub(super) fn has_place(value: f64, log: bool) -> bool {
    value.is_finite() && (!log || value > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn places_by_hand() {
        let linear = Scale::new(0.0, 100.0, false);
        assert_eq!(linear.ends(), (-4.0, 104.0));
        assert_eq!(linear.share(50.0), 0.5);
        let log = Scale::new(0.01, 100.0, true);
        assert!((log.share(1.0) - 0.5).abs() < 1e-12 && log.share(-1.0).is_nan());
        // One value is in the middle.
        assert!((Scale::new(2.0, 2.0, false).share(2.0) - 0.5).abs() < 1e-9);
        assert_eq!(Scale::new(0.0, 0.0, false).ends(), (-0.5, 0.5));
    }

    proptest! {
        #[test]
        fn an_axis_has_two_ends_whatever_the_values(
            low in any::<f64>(), high in any::<f64>(), log in any::<bool>(), value in any::<f64>(),
        ) {
            let scale = Scale::new(low, high, log);
            prop_assert!(scale.low < scale.high && (scale.high - scale.low).is_finite());
            prop_assert!(!has_place(value, log) || scale.share(value).is_finite());
        }
    }
}
