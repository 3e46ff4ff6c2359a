use crate::unit::grouped;

/// What an x axis measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Steps, tokens: whole numbers.
    Count,
    /// Seconds.
    Time,
}

/// A value on an axis and its label.
pub(super) type Tick = (f64, String);

/// Most ticks of an axis.
const MOST: usize = 64;
/// Seconds between the ticks of a time axis.
const SPANS: [f64; 20] = [
    1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0,
    10_800.0, 21_600.0, 43_200.0, 86_400.0, 172_800.0, 604_800.0,
];

/// At most `most` ticks of a y axis; their labels have the same number of decimals.
pub(super) fn value_ticks((low, high): (f64, f64), most: usize) -> Vec<Tick> {
    let step = nice((high - low) / most.max(1) as f64);
    let values = multiples((low, high), step);
    let labels = labels(&values, step);
    values.into_iter().zip(labels).collect()
}

/// Ticks of a logarithmic axis: 1, 2 and 5 of each decade where they fit, else powers of ten.
pub(super) fn decade_ticks((low, high): (f64, f64), most: usize) -> Vec<Tick> {
    let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
    let inside = |value: &f64| (low..=high).contains(value);
    let every = |digits: &[f64], decades: usize| -> Vec<f64> {
        let exponents = (first..=last).filter(|e| e.rem_euclid(decades as i32) == 0);
        let all = exponents.flat_map(|e| digits.iter().map(move |digit| digit * 10f64.powi(e)));
        all.filter(inside).collect()
    };
    let mut values = every(&[1.0, 2.0, 5.0], 1);
    let mut decades = 1;
    while values.len() > most.max(1) && decades < 512 {
        values = every(&[1.0], decades);
        decades *= 2;
    }
    if values.len() < 2 {
        // A part so small holds no two of them: ticks as on a linear axis.
        return value_ticks((low, high), most);
    }
    values.into_iter().map(|value| (value, power(value))).collect()
}

/// At most `most` ticks of an x axis.
pub(super) fn axis_ticks((low, high): (f64, f64), most: usize, quantity: Quantity) -> Vec<Tick> {
    let least = (high - low) / most.max(1) as f64;
    let step = match quantity {
        Quantity::Count => nice(least).max(1.0),
        Quantity::Time => SPANS.into_iter().find(|span| *span >= least).unwrap_or(nice(least)),
    };
    let values = multiples((low, high), step);
    let labels = match quantity {
        Quantity::Time => values.iter().map(|value| time(*value)).collect(),
        Quantity::Count if high < 1e6 => {
            values.iter().map(|value| grouped(value.max(0.0) as u64)).collect()
        }
        Quantity::Count => labels(&values, step),
    };
    values.into_iter().zip(labels).collect()
}

/// The next of 1, 2, 5, 10, 20, … that is not less.
fn nice(least: f64) -> f64 {
    if !(least.is_finite() && least > 0.0) {
        return 1.0;
    }
    let decade = 10f64.powf(least.log10().floor());
    let digits = [1.0, 2.0, 5.0, 10.0].map(|digit| digit * decade);
    digits.into_iter().find(|step| *step >= least * (1.0 - 1e-9)).unwrap_or(least)
}

/// Multiples of `step` between two values.
fn multiples((low, high): (f64, f64), step: f64) -> Vec<f64> {
    let first = (low / step - 1e-9).ceil();
    let all = (0..MOST).map(|i| (first + i as f64) * step);
    all.take_while(|value| *value <= high + step * 1e-9).collect()
}

/// Numbers with the same decimals and the same suffix or exponent; zero is `0` among small ones.
fn labels(values: &[f64], step: f64) -> Vec<String> {
    let largest = values.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
    let decimals = |step: f64| (-(step * 1.000_001).log10().floor()).clamp(0.0, 9.0) as usize;
    let write = |value: f64, per: f64, suffix: &str| {
        let value = if value == 0.0 { 0.0 } else { value / per };
        format!("{value:.*}{suffix}", decimals(step / per))
    };
    let suffixes = [(1e5, 1.0, ""), (1e6, 1e3, "k"), (1e9, 1e6, "M"), (1e12, 1e9, "G")];
    let plain = suffixes.into_iter().find(|(below, _, _)| largest < *below);
    match plain {
        Some((_, per, suffix)) if largest >= 1e-2 || largest == 0.0 => {
            values.iter().map(|value| write(*value, per, suffix)).collect()
        }
        _ => {
            let digits = (largest.log10().floor() - step.log10().floor()).clamp(0.0, 2.0) as usize;
            let write = |value: &f64| match *value {
                0.0 => "0".into(),
                value => format!("{value:.digits$e}"),
            };
            values.iter().map(write).collect()
        }
    }
}

fn power(value: f64) -> String {
    match value {
        v if (1e-3..0.9).contains(&v) => format!("{v:.*}", (-v.log10()).ceil() as usize),
        v if (0.9..99_999.0).contains(&v) => format!("{v:.0}"),
        v => format!("{v:.0e}"),
    }
}

/// `45 s`, `5:30`, `20 min`, `2 h 30`, `3 d 12 h`.
pub fn time(secs: f64) -> String {
    let whole = secs.abs().round() as u64;
    let (days, hours) = (whole / 86_400, whole / 3600 % 24);
    let (minutes, seconds) = (whole / 60 % 60, whole % 60);
    match (days, hours, minutes, seconds) {
        (0, 0, 0, 0) => "0".into(),
        (0, 0, 0, s) => format!("{s} s"),
        (0, 0, m, 0) => format!("{m} min"),
        (0, 0, m, s) => format!("{m}:{s:02}"),
        (0, h, 0, _) => format!("{h} h"),
        (0, h, m, _) => format!("{h} h {m:02}"),
        (d, 0, _, _) => format!("{d} d"),
        (d, h, _, _) => format!("{d} d {h} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn labels_of(ticks: Vec<Tick>) -> String {
        ticks.into_iter().map(|tick| tick.1).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn ticks_are_round_numbers_with_equal_decimals() {
        for (range, most, labels) in [
            ((1.31, 3.27), 5, "1.5 2.0 2.5 3.0"),
            ((0.0, 100.0), 4, "0 50 100"),
            ((-0.02, 0.31), 4, "0.0 0.1 0.2 0.3"),
            ((1.2e-5, 2.1e-5), 3, "1.5e-5 2.0e-5"),
            ((0.0, 2.1e-5), 3, "0 1e-5 2e-5"),
            ((11_800.0, 13_100.0), 3, "12000 12500 13000"),
            ((0.0, 250_000.0), 3, "0k 100k 200k"),
            ((71.2, 71.4), 3, "71.2 71.3 71.4"),
        ] {
            assert_eq!(labels_of(value_ticks(range, most)), labels, "{range:?}");
        }
    }

    #[test]
    fn a_logarithmic_axis_has_ticks_at_1_2_and_5_or_at_powers_of_ten() {
        assert_eq!(labels_of(decade_ticks((0.8, 60.0), 8)), "1 2 5 10 20 50");
        assert_eq!(labels_of(decade_ticks((0.8, 60.0), 4)), "1 10");
        assert_eq!(labels_of(decade_ticks((1e-8, 1e4), 4)), "1e-8 1e-4 1 10000");
        assert_eq!(labels_of(decade_ticks((2.1, 3.2), 4)), "2.5 3.0");
    }

    #[test]
    fn x_axes_are_labelled_in_counts_or_times() {
        let labels = |range, quantity| labels_of(axis_ticks(range, 5, quantity));
        assert_eq!(labels((0.0, 1876.0), Quantity::Count), "0 500 1,000 1,500");
        assert_eq!(labels((3.0, 6.5), Quantity::Count), "3 4 5 6");
        assert_eq!(labels((0.0, 2.4e9), Quantity::Count), "0.0G 0.5G 1.0G 1.5G 2.0G");
        assert_eq!(labels((0.0, 100.0), Quantity::Time), "0 30 s 1 min 1:30");
        assert_eq!(labels((3000.0, 20_000.0), Quantity::Time), "1 h 2 h 3 h 4 h 5 h");
        assert_eq!(time(300_000.0), "3 d 11 h");
    }

    proptest! {
        #[test]
        fn ticks_are_few_and_inside_the_axis(
            low in -1e12..1e12f64, width in 1e-6..1e12f64, most in 0usize..30, log in any::<bool>(),
        ) {
            let range = if log { (low.abs() + 1e-9, low.abs() + width) } else { (low, low + width) };
            prop_assume!(range.0 < range.1);
            let ticks = if log { decade_ticks(range, most) } else { value_ticks(range, most) };
            prop_assert!(ticks.len() <= most.max(1) + 1, "{}", ticks.len());
            let slack = (range.1 - range.0) * 1e-6;
            prop_assert!(ticks.iter().all(|t| t.0 >= range.0 - slack && t.0 <= range.1 + slack));
        }
    }
}
