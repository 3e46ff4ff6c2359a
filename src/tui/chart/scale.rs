/// The y axis: from a value to how far up it is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    /// The ends: logarithms to base 10 where it is logarithmic. `low` < `high`, both finite.
    low: f64,
    high: f64,
    log: bool,
    /// The values at the ends.
    ends: (f64, f64),
}

/// Numbers are clamped to this: a difference of larger ones could overflow.
const LARGEST: f64 = 1e150;
/// The largest power of ten on a logarithmic axis, and the least with the sign changed.
const DECADES: f64 = 150.0;

impl Scale {
    /// An axis from `low` to `high` with a margin at both ends; wider where they are the same.
    pub fn new(low: f64, high: f64, log: bool) -> Self {
        let tame = |v: f64| if v.is_nan() { 0.0 } else { v.clamp(-LARGEST, LARGEST) };
        let decades = |v: f64| exponent(v).clamp(-DECADES, DECADES);
        let (low, high) = match log {
            true => (tame(decades(low)), tame(decades(high))),
            false => (tame(low), tame(high)),
        };
        let (low, high) = (low.min(high), low.max(high));
        let least = match (log, low.abs().max(high.abs())) {
            (true, _) => 0.1,
            (false, 0.0) => 1.0,
            // On a smaller part, neighbouring labels would be the same.
            (false, size) => size * 1e-3,
        };
        let margin = ((high - low) * 0.04).max((least - (high - low)) / 2.0);
        let (low, high) = (low - margin, high + margin);
        let ends = if log { (10f64.powf(low), 10f64.powf(high)) } else { (low, high) };
        Scale { low, high, log, ends }
    }

    /// The values at its ends.
    pub fn ends(&self) -> (f64, f64) {
        self.ends
    }

    pub fn is_log(&self) -> bool {
        self.log
    }

    /// Whether a value is above the upper end.
    pub fn is_above(&self, value: f64) -> bool {
        value > self.ends.1
    }

    /// Whether a value is below the lower end.
    pub fn is_below(&self, value: f64) -> bool {
        value < self.ends.0
    }

    /// How far up a value is: 0 at the lower end, 1 at the upper one, less or more outside; NaN for
    /// NaN, and for what is not positive on a logarithmic axis.
    pub fn share(&self, value: f64) -> f64 {
        let value = if self.log { exponent(value) } else { value };
        ((value - self.low) / (self.high - self.low)).clamp(-1e6, 1e6)
    }
}

/// The logarithm to base 10. Not inlined, because the compiler would then take it on linear axes too, beforehand.
#[inline(never)]
fn exponent(value: f64) -> f64 {
    // Twice as fast as `log10`, and as good for a picture.
    value.ln() * std::f64::consts::LOG10_E
}

/// Whether a value can be drawn: finite, and positive on a logarithmic axis.
pub(super) fn is_drawable(value: f64, log: bool) -> bool {
    value.is_finite() && (!log || value > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_are_shares_of_the_axis() {
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
            prop_assert!(!is_drawable(value, log) || scale.share(value).is_finite());
        }
    }
}
