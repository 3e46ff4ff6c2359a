//! Words and colours of outcomes and changes, the same on every screen.

use crate::mixing::Outcome;
use crate::telemetry::words::parts::outcome_word;
use crate::telemetry::{ForgettingRoom, RunState};
use crate::tui::look::{Glyphs, Role};

/// The word and the colour of a threshold test's outcome.
pub fn outcome(outcome: Outcome) -> (&'static str, Role) {
    let role = match outcome {
        Outcome::Expanded => Role::Good,
        Outcome::Held | Outcome::Limited => Role::Warning,
        Outcome::Full => Role::Dim,
    };
    (outcome_word(outcome), role)
}

/// `2.0 %: 0.6 % left, reached at step 840 at this pace`, and its colour.
pub fn limit_words(room: &ForgettingRoom) -> (String, Role) {
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    let limit = percent(room.limit);
    if room.left() <= 0.0 {
        return (
            format!("{limit}: {} beyond, expansions hold", percent(-room.left())),
            Role::Error,
        );
    }
    let left = format!("{limit}: {} left", percent(room.left()));
    let role = if room.is_near() { Role::Warning } else { Role::Text };
    match room.reached_at {
        Some(step) => (format!("{left}, reached at step {step} at this pace"), role),
        None => (left, role),
    }
}

/// The newest change of a domain's weight, in percentage points; NaN before the first.
pub fn change_points(run: &RunState, domain: usize) -> f64 {
    let share = |mixture: &Option<crate::mixing::Mixture>| {
        mixture.as_ref().and_then(|m| m.as_slice().get(domain).copied()).unwrap_or(f64::NAN)
    };
    100.0 * (share(&run.history.weights) - share(&run.history.weights_before))
}

/// A change in points as text: `▲ +5.0`.
pub fn change(points: f64, glyphs: &Glyphs) -> String {
    match points {
        p if p.is_nan() => glyphs.none.into(),
        p if p >= 0.05 => format!("{} +{p:.1}", glyphs.up),
        p if p <= -0.05 => format!("{} {}{:.1}", glyphs.down, glyphs.minus, -p),
        _ => format!("{}  0.0", glyphs.level),
    }
}

/// The colour of a change.
pub fn change_role(points: f64) -> Role {
    match points {
        p if p >= 0.05 => Role::Rising,
        p if p <= -0.05 => Role::Falling,
        _ => Role::Dim,
    }
}
