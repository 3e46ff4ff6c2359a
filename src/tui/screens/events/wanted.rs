use crate::telemetry::words::{KINDS, kind};
use crate::telemetry::{Event, Level};
use crate::tui::input::Words;

/// A kind of events that an operator looks for.
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

    /// The one that comes so many places later.
    pub(super) fn next(self, places: usize) -> Self {
        Group::ALL[(self as usize + places) % Group::ALL.len()]
    }

    /// The one before.
    pub(super) fn previous(self) -> Self {
        self.next(Group::ALL.len() - 1)
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
                        | Event::UpdateHeld { .. }
                )
            }
            Group::Checkpoints => matches!(
                event,
                Event::CheckpointSaved { .. }
                    | Event::CheckpointRemoved { .. }
                    | Event::CheckpointSkipped { .. }
                    | Event::Resumed { .. }
            ),
            Group::Warnings => is_warning(event),
            Group::Evaluations => matches!(
                event,
                Event::Evaluated { .. }
                    | Event::Sampled { .. }
                    | Event::Detected { .. }
                    | Event::ReferenceLosses { .. }
                    | Event::ReferenceEpoch { .. }
            ),
        }
    }
}

/// Whether an event is one to look at.
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
                | Event::Failed { .. }
        ),
    }
}

/// Which events are looked for: `kind:held law` is those of the kind *held* in which *law* occurs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    group: Group,
    /// Beginnings of kinds, of which one must fit; none is any kind.
    kinds: Vec<String>,
    pub(super) words: Words,
}

impl Wanted {
    /// From what is typed: kinds (`held`, `kind:held`, also a beginning: `kind:he`) and words of the
    /// text.
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
        Wanted { group, kinds, words: words.into_iter().collect() }
    }

    /// Whether it is looked for among the samples rather than the events.
    pub(super) fn of_samples(&self) -> bool {
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
    fn kinds_and_words_are_told_apart() {
        let wanted = Wanted::new(Group::All, "kind:he law");
        assert!(wanted.kind_fits(&tested(1, 1, Outcome::Held)));
        assert!(!wanted.kind_fits(&tested(1, 1, Outcome::Expanded)));
        assert_eq!(wanted.words, Words::new("law"));
        assert_eq!(Wanted::new(Group::All, "held law").kinds, ["held"]);
        assert!(Wanted::new(Group::All, "expand").kinds.is_empty());
        assert!(Wanted::new(Group::All, "step").of_samples());
        assert!(!Wanted::new(Group::All, "step saved").of_samples());
    }

    #[test]
    fn groups_go_round() {
        assert_eq!(Group::All.previous(), Group::Samples);
        assert_eq!(Group::All.previous().next(1), Group::All);
        assert!(Wanted::new(Group::Checkpoints, "").kind_fits(&saved(3)));
        assert!(!Wanted::new(Group::Warnings, "").kind_fits(&notice("all is well")));
        assert!(Wanted::new(Group::Samples, "").kind_fits(&step_sample(1)));
    }
}
