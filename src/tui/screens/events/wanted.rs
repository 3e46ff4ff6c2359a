use crate::telemetry::words::{KINDS, kind};
use crate::telemetry::{Event, Level};
use crate::tui::input::Words;

/// A group of events that the screen is limited to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Group {
    #[default]
    All,
    Commands,
    Thresholds,
    Checkpoints,
    Warnings,
    Evaluations,
    Samples,
}

impl Group {
    const ALL: [Group; 7] = [
        Group::All,
        Group::Commands,
        Group::Thresholds,
        Group::Checkpoints,
        Group::Warnings,
        Group::Evaluations,
        Group::Samples,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Group::All => "all",
            Group::Commands => "commands",
            Group::Thresholds => "thresholds",
            Group::Checkpoints => "checkpoints",
            Group::Warnings => "warnings",
            Group::Evaluations => "evaluations",
            Group::Samples => "steps and readings",
        }
    }

    /// The group `count` after this one; the first follows the last.
    pub(super) fn step(self, count: usize) -> Self {
        Group::ALL[(self as usize + count) % Group::ALL.len()]
    }

    /// The one before.
    pub(super) fn previous(self) -> Self {
        self.step(Group::ALL.len() - 1)
    }

    /// Whether an event belongs to it.
    fn holds(self, event: &Event) -> bool {
        match self {
            Group::All => true,
            Group::Samples => event.is_droppable(),
            Group::Commands => {
                matches!(event, Event::CommandOutcome(_) | Event::CommandReplayed(_))
            }
            Group::Thresholds => {
                matches!(
                    event,
                    Event::ThresholdTested { .. }
                        | Event::MixtureUpdated { .. }
                        | Event::ShadowsUpdated { .. }
                        | Event::UpdateHeld { .. }
                )
            }
            Group::Checkpoints => matches!(
                event,
                Event::CheckpointBegun { .. }
                    | Event::CheckpointSaved { .. }
                    | Event::CheckpointRemoved { .. }
                    | Event::CheckpointSkipped { .. }
                    | Event::Resumed { .. }
                    | Event::RolledBack { .. }
            ),
            Group::Warnings => is_warning(event),
            Group::Evaluations => matches!(
                event,
                Event::Evaluated { .. }
                    | Event::Sampled { .. }
                    | Event::Asked { .. }
                    | Event::Rehearsed { .. }
                    | Event::Detected { .. }
                    | Event::CrossLosses(_)
                    | Event::ReferenceLosses { .. }
                    | Event::ReferenceEpoch { .. }
            ),
        }
    }
}

/// Whether an event needs attention.
pub(super) fn is_warning(event: &Event) -> bool {
    match event {
        Event::Notice { level, .. } => *level >= Level::Warning,
        event => matches!(
            event,
            Event::LossRejected { .. }
                | Event::StepSkipped { .. }
                | Event::MicroBatchHalved { .. }
                | Event::CheckpointSkipped { .. }
                | Event::ConfigChanged { .. }
                | Event::EventsLost { .. }
                | Event::Failed { .. }
        ),
    }
}

/// Which events are shown: `kind:held law` means those of the kind *held* in which *law* occurs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    group: Group,
    /// Prefixes of kinds, of which one must fit; empty: any kind.
    kinds: Vec<String>,
    pub(super) words: Words,
}

impl Wanted {
    /// Parses a filter: kinds (`held`, `kind:held`, or a prefix: `kind:he`) and words of the text.
    pub(super) fn new(group: Group, filter: &str) -> Self {
        let (mut kinds, mut words) = (Vec::new(), Vec::new());
        for word in filter.split_whitespace() {
            let lower = word.to_lowercase();
            match lower.strip_prefix("kind:") {
                Some(kind) => kinds.push(kind.to_owned()),
                None if KINDS.contains(&lower.as_str()) => kinds.push(lower),
                None => words.push(word),
            }
        }
        Wanted { group, kinds, words: Words::new(&words.join(" ")) }
    }

    /// Whether it can only be found among the samples, not among the lifecycle events.
    pub(super) fn is_about_samples(&self) -> bool {
        const SAMPLES: [&str; 4] = ["step", "host", "progress", "detecting"];
        let named = |kind: &String| SAMPLES.contains(&kind.as_str());
        let all = self.group == Group::All && !self.kinds.is_empty();
        self.group == Group::Samples || all && self.kinds.iter().all(named)
    }

    /// Whether an event is of the kind, whatever its text.
    pub(super) fn kind_fits(&self, event: &Event) -> bool {
        let is = |begins: &String| kind(event).starts_with(begins.as_str());
        self.group.holds(event) && (self.kinds.is_empty() || self.kinds.iter().any(is))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mixing::Outcome;
    use crate::telemetry::fixture::{notice, saved, step_sample, tested};

    #[test]
    fn a_filter_is_parsed_into_kinds_and_words() {
        let wanted = Wanted::new(Group::All, "kind:he law");
        assert!(wanted.kind_fits(&tested(1, 1, Outcome::Held)));
        assert!(!wanted.kind_fits(&tested(1, 1, Outcome::Expanded)));
        assert_eq!(wanted.words, Words::new("law"));
        assert_eq!(Wanted::new(Group::All, "held law").kinds, ["held"]);
        assert!(Wanted::new(Group::All, "expand").kinds.is_empty());
        assert!(Wanted::new(Group::All, "step").is_about_samples());
        assert!(!Wanted::new(Group::All, "step saved").is_about_samples());
    }

    #[test]
    fn groups_follow_each_other_in_a_circle_and_hold_their_events() {
        assert_eq!(Group::All.previous(), Group::Samples);
        assert_eq!(Group::All.previous().step(1), Group::All);
        assert!(Wanted::new(Group::Checkpoints, "").kind_fits(&saved(3)));
        assert!(!Wanted::new(Group::Warnings, "").kind_fits(&notice("all is well")));
        assert!(Wanted::new(Group::Samples, "").kind_fits(&step_sample(1)));
    }
}
