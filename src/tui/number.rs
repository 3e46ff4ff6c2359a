//! Numbers as the screens show them: of constant width where they stand in columns.

/// Three significant digits, plain where that stays short: `0.832`, `12.3`, `1.95e-5`; `–` where
/// it is no number.
pub fn short(value: f64) -> String {
    match value.abs() {
        size if !size.is_finite() => "–".into(),
        0.0 => "0".into(),
        0.01..1.0 => format!("{value:.3}"),
        1.0..10.0 => format!("{value:.2}"),
        10.0..100.0 => format!("{value:.1}"),
        100.0..10_000.0 => format!("{value:.0}"),
        size if size < 0.01 => format!("{value:.2e}"),
        _ => format!("{value:.2e}"),
    }
}

/// A loss, γ or φ with three decimals; `–` where it is not known.
pub fn three(value: f64) -> String {
    if value.is_finite() { format!("{value:.3}") } else { "–".into() }
}

/// A share as a percentage without the sign: `31.4`; `–` where it is not known.
pub fn percent(share: f64) -> String {
    if share.is_finite() { format!("{:.1}", 100.0 * share) } else { "–".into() }
}

/// A rate or a large count in one word: `856`, `13.1k`, `4.20M`, `7.62B`.
pub fn count(value: f64) -> String {
    match value {
        v if !v.is_finite() => "–".into(),
        v if v < 10_000.0 => format!("{v:.0}"),
        v if v < 1e6 => format!("{:.1}k", v / 1e3),
        v if v < 1e9 => format!("{:.2}M", v / 1e6),
        v => format!("{:.2}B", v / 1e9),
    }
}

/// A value that an operator sets, as he would write it: `0.3`, `50`, `2e-5`.
pub fn setting(value: f64) -> String {
    match value.abs() {
        size if size == 0.0 || (1e-3..1e9).contains(&size) => value.to_string(),
        _ => format!("{value:e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_say_what_they_do_not_know() {
        let all = [0.0, 0.8321, 12.34, 1.95e-5, 4321.0, 2e7, f64::NAN].map(short);
        assert_eq!(all, ["0", "0.832", "12.3", "1.95e-5", "4321", "2.00e7", "–"]);
        assert_eq!([percent(0.3141), percent(f64::NAN)], ["31.4", "–"]);
        assert_eq!([856.0, 13_100.0, 4.2e6, 7.62e9].map(count), ["856", "13.1k", "4.20M", "7.62B"]);
        assert_eq!([0.3, 50.0, 2e-5].map(setting), ["0.3", "50", "2e-5"]);
    }
}
