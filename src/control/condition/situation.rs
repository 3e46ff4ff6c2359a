use std::fmt;

/// What a run can be in, which is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Situation {
    /// The loss of a target is at or below its mastery ceiling, by the newest update.
    TargetAtCeiling,
    /// A domain has forgotten what its limit allows, or more.
    LimitReached,
    /// An error ended the run.
    Failed,
    /// The run ended without an error.
    Ended,
    /// The run is paused.
    Paused,
    /// The run is paused, and no person and no signal asked for that.
    PausedByItself,
    /// No optimizer step was taken for some time, pauses not counted.
    NoStep(NoStepFor),
}

/// A time without a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoStepFor {
    /// Seconds, at least 1.
    pub secs: u64,
}

/// Situations whose words are all that there is to them, and what each is.
pub(super) const SITUATIONS: [(&str, Situation, &str); 6] = [
    (
        "target at ceiling",
        Situation::TargetAtCeiling,
        "a target's γ is 0 at the newest update: it has learnt what its mastery ceiling allows",
    ),
    (
        "limit reached",
        Situation::LimitReached,
        "a domain has forgotten what its forgetting limit allows, or more",
    ),
    ("phase failed", Situation::Failed, "an error ended the run; may alert only"),
    ("phase ended", Situation::Ended, "the run ended without an error; may alert only"),
    ("phase paused", Situation::Paused, "the run is paused; may alert only"),
    (
        "paused by itself",
        Situation::PausedByItself,
        "the run is paused, and no person and no signal asked for it; may alert only",
    ),
];

/// What a [`Situation::NoStep`] is.
pub(super) const NO_STEP_HELP: &str = "no optimizer step was taken for so long, pauses not counted; `s`, `min` or `h`; may alert only";

/// What begins a [`Situation::NoStep`].
pub(super) const NO_STEP: &str = "no step for";

/// Units of time, and their seconds.
pub(super) const TIMES: [(&str, u64); 3] = [("h", 3600), ("min", 60), ("s", 1)];

impl Situation {
    /// Whether a command can wait for it: it can be so between two steps of training.
    pub(super) fn is_between_steps(self) -> bool {
        match self {
            Situation::TargetAtCeiling | Situation::LimitReached => true,
            Situation::Failed
            | Situation::Ended
            | Situation::Paused
            | Situation::PausedByItself
            | Situation::NoStep(_) => false,
        }
    }
}

impl fmt::Display for Situation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, SITUATIONS.iter().find(|(_, known, _)| known == self)) {
            (Situation::NoStep(time), _) => write!(f, "{NO_STEP} {time}"),
            (_, Some((words, ..))) => f.write_str(words),
            (_, None) => Ok(()),
        }
    }
}

impl fmt::Display for NoStepFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fitting = TIMES.iter().find(|(_, secs)| self.secs.is_multiple_of(*secs));
        let (unit, secs) = fitting.copied().unwrap_or(("s", 1));
        write!(f, "{} {unit}", self.secs / secs)
    }
}
