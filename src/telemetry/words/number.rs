//! Numbers as log lines and screens show them.

/// Four decimals, or `nan`: losses, γ, φ.
pub(crate) fn four(value: f64) -> String {
    if value.is_finite() { format!("{value:.4}") } else { "nan".into() }
}

/// Three significant digits, plain where that stays short: `0.832`, `12.3`, `1.95e-5`.
pub(crate) fn three_digits(value: f64) -> String {
    match value.abs() {
        size if !size.is_finite() => "nan".into(),
        0.0 => "0".into(),
        0.01..1.0 => format!("{value:.3}"),
        1.0..10.0 => format!("{value:.2}"),
        10.0..1000.0 => format!("{value:.1}"),
        _ => format!("{value:.2e}"),
    }
}

/// Seconds without white space, so that lines can be split into words: `8.1s`, `42s`, `7m05`, `2h14`.
pub(crate) fn span(secs: f64) -> String {
    if !secs.is_finite() || secs < 0.0 {
        return "unknown".into();
    }
    let whole = secs.round() as u64;
    match whole {
        0..10 => format!("{secs:.1}s"),
        10..60 => format!("{whole}s"),
        60..3600 => format!("{}m{:02}", whole / 60, whole % 60),
        _ => format!("{}h{:02}", whole / 3600, whole % 3600 / 60),
    }
}

/// A large count without white space: `4.20M`, `7.62B`.
pub(crate) fn short_count(count: u64) -> String {
    match count {
        0..10_000 => count.to_string(),
        10_000..1_000_000 => format!("{:.1}k", count as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.2}M", count as f64 / 1e6),
        _ => format!("{:.2}B", count as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_one_word() {
        let spans = [0.0, 8.06, 42.4, 425.0, 8040.0, f64::NAN].map(span);
        assert_eq!(spans, ["0.0s", "8.1s", "42s", "7m05", "2h14", "unknown"]);
        let digits =
            [0.0, 1.95e-5, 0.8321, 1.0, 12.34, 123.4, 1234.0, f64::INFINITY].map(three_digits);
        assert_eq!(digits, ["0", "1.95e-5", "0.832", "1.00", "12.3", "123.4", "1.23e3", "nan"]);
        assert_eq!([9999, 16_384, 4_198_400].map(short_count), ["9999", "16.4k", "4.20M"]);
    }
}
