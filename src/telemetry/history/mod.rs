mod fold;
mod time_spent;

pub use time_spent::TimeSpent;

use super::marks::{
    AskedMark, CheckpointMark, CommandMark, Curves, DomainLoss, IncidentMark, MeasuringMark,
    SampleMark, ThresholdMark,
};
use super::{Series, ShadowWeights, StepSample, number};
use crate::control::{LiveField, LiveValues};
use crate::mixing::{Mixture, SolvedLambda, StrategyState};
use crate::unit::{Step, Tokens};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// Everything that a run has *done* and that a resume from an older checkpoint undoes: its numbers
/// and curves, but not the machine that it runs on. Vectors have one entry per domain.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// Optimizer steps taken.
    pub step: Step,
    /// w(0), once known.
    pub detected: Option<Mixture>,
    /// The 95 % interval of each share of w(0); empty where they were not measured.
    pub detected_intervals: Vec<(f64, f64)>,
    /// The weights that the run began with.
    pub weights_first: Option<Mixture>,
    /// The weights in force.
    pub weights: Option<Mixture>,
    /// The weights before the newest change.
    pub weights_before: Option<Mixture>,
    /// Where the strategies that run beside the one in force would have the weights.
    #[serde(default)]
    pub shadows: Vec<ShadowWeights>,
    /// Held-out losses, nats per token.
    pub losses: Vec<DomainLoss>,
    /// The lowest mean of the domains' held-out losses so far.
    #[serde(default)]
    pub best_mean_loss: Option<f64>,
    /// The values that an operator may change, as they are now.
    pub live: Option<LiveValues>,
    /// Mastery ceilings r; empty where there are none.
    #[serde(deserialize_with = "number::nans_if_null")]
    pub reference_losses: Vec<f64>,
    /// γ of the newest update.
    #[serde(deserialize_with = "number::nans_if_null")]
    pub potential: Vec<f64>,
    /// φ of the newest update.
    #[serde(deserialize_with = "number::nans_if_null")]
    pub forgetting: Vec<f64>,
    /// Standard error of γ of the newest update; empty where it is not known.
    #[serde(default)]
    pub potential_error: Vec<f64>,
    /// Standard error of φ of the newest update; empty where it is not known.
    #[serde(default)]
    pub forgetting_error: Vec<f64>,
    /// Inner products of the domains' gradients with their sum, of the newest update; empty where
    /// they were not measured.
    #[serde(default, deserialize_with = "number::nans_if_null")]
    pub gradient_products: Vec<f64>,
    /// λ as it was solved last, with the numbers that led to it.
    #[serde(default)]
    pub solved_lambda: Option<SolvedLambda>,
    /// Where the weights would stand at the end, as of the newest projection.
    #[serde(default)]
    pub projected: Option<Mixture>,
    /// What the next update will look at.
    pub since_update: SinceUpdate,
    /// What is measured, once that is decided.
    #[serde(default)]
    pub measuring: Option<MeasuringMark>,
    /// Evaluations done.
    pub evaluations: u64,
    /// Seconds that they took.
    #[serde(default, deserialize_with = "number::nan_if_null")]
    pub measuring_secs: f64,
    /// Mixture updates done.
    pub updates: u64,
    /// Threshold tests that ended in an expansion.
    pub expanded: u64,
    /// Threshold tests that ended in a hold.
    pub held: u64,
    /// Threshold tests that passed while a domain was beyond its forgetting limit.
    #[serde(default)]
    pub limited: u64,
    /// The newest threshold tests, oldest first.
    pub thresholds: VecDeque<ThresholdMark>,
    /// The newest command outcomes, oldest first.
    pub commands: VecDeque<CommandMark>,
    /// For each live value that commands have changed, the newest of them, however many commands came
    /// after it.
    #[serde(with = "changed_by")]
    pub changed_by: BTreeMap<LiveField, CommandMark>,
    /// All tokens that went through the model in training.
    pub tokens: Tokens,
    /// Target tokens trained on, those that the loss counts, per domain.
    pub domain_tokens: Vec<u64>,
    /// Examples drawn, per domain.
    pub domain_examples: Vec<u64>,
    /// Passes completed over a domain's rows.
    pub passes: Vec<u64>,
    /// Steps that were not taken because a number was not finite.
    pub skipped_steps: u64,
    /// Held-out losses that were not used.
    pub rejected_losses: u64,
    /// Tokens of a micro-batch, once it had to be halved.
    pub micro_batch: Option<Tokens>,
    /// The newest optimizer step.
    pub sample: Option<StepSample>,
    /// The newest checkpoint.
    pub checkpoint: Option<CheckpointMark>,
    /// Texts that the model wrote, oldest first: the first ones and the newest.
    pub samples: VecDeque<SampleMark>,
    /// Answers to prompts of operators, oldest first.
    #[serde(default)]
    pub asked: VecDeque<AskedMark>,
    /// Resumes, skipped steps and rejected losses, oldest first.
    pub incidents: VecDeque<IncidentMark>,
    /// Steps of the newest checkpoints, oldest first.
    pub checkpoints: VecDeque<Step>,
    /// Milliseconds that the run has taken, without the time between one process and the next.
    pub ran_ms: u64,
    /// Seconds spent in optimizer steps.
    #[serde(deserialize_with = "number::nan_if_null")]
    pub step_secs: f64,
    /// Seconds of these in which steps waited for their examples.
    #[serde(default, deserialize_with = "number::nan_if_null")]
    pub data_secs: f64,
    /// Seconds spent in writing checkpoints.
    #[serde(default, deserialize_with = "number::nan_if_null")]
    pub saving_secs: f64,
    /// Seconds spent in evaluations and checkpoints since the first step.
    #[serde(deserialize_with = "number::nan_if_null")]
    pub overhead_secs: f64,
    /// Curves over steps.
    pub curves: Curves,
    window: VecDeque<Pace>,
}

impl History {
    /// Mean of the domains' newest held-out losses; `None` before all are measured.
    pub fn mean_loss(&self) -> Option<f64> {
        let sum: f64 = self.losses.iter().map(|loss| loss.last).sum();
        let mean = sum / self.losses.len() as f64;
        mean.is_finite().then_some(mean)
    }

    /// Who gave the newest of the commands that a person gave.
    pub fn newest_commander(&self) -> Option<&str> {
        self.commands.iter().rev().find_map(|mark| mark.outcome.actor.person())
    }

    /// Lowest and highest weight of each domain so far, where the mixture has moved, and never out of the
    /// 95 % intervals of w(0): what it did is no more than w(0) may be off.
    pub fn moves_within_detected(&self) -> Option<Vec<(f64, f64)>> {
        let range = |series: &Series| {
            let mut range = (f64::INFINITY, f64::NEG_INFINITY);
            // A gap is NaN, which `min` and `max` leave out.
            series.each_span(|span| {
                range = (range.0.min(span.low.value), range.1.max(span.high.value));
            });
            range
        };
        let ranges: Vec<(f64, f64)> = self.curves.weights.iter().map(range).collect();
        let intervals = &self.detected_intervals;
        let pairs = || ranges.iter().zip(intervals);
        let is_known = !ranges.is_empty() && ranges.len() == intervals.len();
        let has_moved = ranges.iter().any(|(low, high)| high > low);
        let stays =
            pairs().all(|((low, high), interval)| interval.0 <= *low && *high <= interval.1);
        (is_known && has_moved && stays).then_some(ranges)
    }
}

/// What was collected since the last mixture update was due. Vectors have one entry per domain.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SinceUpdate {
    /// Optimizer steps done when that update was due.
    pub step: Step,
    /// Held-out losses that the update used, nats; at the beginning those of the untuned model.
    #[serde(deserialize_with = "number::nans_if_null")]
    pub losses: Vec<f64>,
    /// φ over the interval before the update.
    #[serde(deserialize_with = "number::nans_if_null")]
    pub forgetting: Vec<f64>,
    /// The newest losses that were measured since then, if any.
    #[serde(deserialize_with = "number::some_nans_if_null")]
    pub measured: Option<Vec<f64>>,
    /// Sum of training losses since then, nats.
    #[serde(deserialize_with = "number::nans_if_null")]
    pub training_loss_sum: Vec<f64>,
    /// Target tokens since then.
    pub training_tokens: Vec<u64>,
    /// What the strategy carries to the next update.
    pub state: StrategyState,
}

/// The work of one step and the time that it took.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Pace {
    tokens: u64,
    #[serde(deserialize_with = "number::nan_if_null")]
    flops: f64,
    #[serde(deserialize_with = "number::nan_if_null")]
    secs: f64,
}

/// Keys of JSON objects are texts, so the map is written as a list of pairs.
mod changed_by {
    use super::{BTreeMap, CommandMark, LiveField};
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(
        changed_by: &BTreeMap<LiveField, CommandMark>,
        writer: S,
    ) -> Result<S::Ok, S::Error> {
        writer.collect_seq(changed_by)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
        reader: D,
    ) -> Result<BTreeMap<LiveField, CommandMark>, D::Error> {
        Vec::<(LiveField, CommandMark)>::deserialize(reader).map(BTreeMap::from_iter)
    }
}

impl History {
    /// An empty history of this many domains.
    pub(in crate::telemetry) fn with_domains(domains: usize) -> Self {
        let unknown = DomainLoss {
            first: f64::NAN,
            last: f64::NAN,
            first_used: f64::NAN,
            used: f64::NAN,
            tokens: Tokens(0),
            error: None,
            potential_error: None,
            since_update: None,
            since_start: None,
        };
        let curves = || vec![Series::default(); domains];
        History {
            losses: vec![unknown; domains],
            domain_tokens: vec![0; domains],
            domain_examples: vec![0; domains],
            passes: vec![0; domains],
            since_update: SinceUpdate {
                step: Step(0),
                losses: vec![f64::NAN; domains],
                forgetting: vec![0.0; domains],
                measured: None,
                training_loss_sum: vec![0.0; domains],
                training_tokens: vec![0; domains],
                state: StrategyState::default(),
            },
            curves: Curves {
                weights: curves(),
                losses: curves(),
                loss_errors: curves(),
                changes: curves(),
                change_errors: curves(),
                potential: curves(),
                forgetting: curves(),
                ..Curves::default()
            },
            ..History::default()
        }
    }

    /// Tokens, FLOP and optimizer steps per second over the last steps, where there are any.
    pub fn pace(&self) -> Option<(f64, f64, f64)> {
        let secs: f64 = self.window.iter().map(|p| p.secs).sum();
        let per_sec = |sum: f64| sum / secs;
        (secs > 0.0 && secs.is_finite()).then(|| {
            (
                per_sec(self.window.iter().map(|p| p.tokens as f64).sum()),
                per_sec(self.window.iter().map(|p| p.flops).sum()),
                per_sec(self.window.len() as f64),
            )
        })
    }
}
