use crate::control::{Condition, Repeat};

/// What every run tells people of, and how often.
const USUAL: [(&str, Repeat); 5] = [
    ("phase failed", Repeat::Each),
    ("phase ended", Repeat::Each),
    ("paused by itself", Repeat::Each),
    // As often as the run itself says so.
    ("target at ceiling for 3 updates", Repeat::Each),
    ("limit reached", Repeat::Each),
];

/// The conditions of the usual alerts: a failure, the end, a pause that nobody asked for, a target at its mastery
/// ceiling, a forgetting limit that is reached.
pub fn usual_alerts() -> impl Iterator<Item = (Condition, Repeat)> {
    USUAL.iter().filter_map(|(text, repeat)| Some((Condition::parse(text).ok()?, *repeat)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_of_the_usual_alerts_is_a_condition() {
        assert_eq!(usual_alerts().count(), USUAL.len());
    }
}
