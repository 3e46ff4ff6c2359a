use super::history::remember;
use super::{
    ConfigValue, DataSummary, DetectionSample, DeviceInfo, DomainTable, Event, History, HostPoint,
    HostSample, Incident, Level, Phase, Record,
};
use crate::control::{Command, LifecycleCommand};
use crate::lr::Schedule;
use crate::mixing::{self, Outlook, StrategyKind};
use crate::unit::Step;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::sync::Arc;

/// Notices that are remembered.
const NOTICES: usize = 200;
/// Readings of the machine that are remembered.
const READINGS: usize = 600;
/// Checkpoints of which the state is kept, so that a resume can go back to them.
const BOOKMARKS: usize = 8;

/// What the events of a run add up to: a function of the list of events and of nothing else, in
/// bounded memory. It is what screens show and what a report is made of.
///
/// A resume goes back: with [`Event::Resumed`] the [`History`] is again what it was when that
/// checkpoint was saved, and what the record holds of the steps behind it counts no more.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunState {
    /// Number of the newest event.
    pub seq: u64,
    /// Its time, milliseconds since 1970 UTC.
    pub unix_ms: u64,
    /// Time of the first event.
    pub began_ms: u64,
    /// The run's name.
    pub run: String,
    /// Version of the program.
    pub version: String,
    /// The strategy's name.
    pub strategy: String,
    /// Names of the domains.
    pub domains: Vec<String>,
    /// Optimizer steps planned.
    pub steps: u64,
    /// The run's seed.
    pub seed: u64,
    /// How often the run was taken up again.
    pub resumes: u64,
    /// What was asked for, once it was said.
    pub asked: Option<Asked>,
    /// The device.
    pub device: Option<DeviceInfo>,
    /// The model.
    pub model: Option<ModelInfo>,
    /// The data, domain by domain as they became ready.
    pub data: Vec<DataSummary>,
    /// What the run is busy with.
    pub phase: Option<Phase>,
    /// A detail of it.
    pub phase_detail: Option<String>,
    /// Whether the run stands still when that is done, until somebody lets it go on.
    pub paused: bool,
    /// Whether this process has come to training: from then on a stop saves a checkpoint.
    pub trains: bool,
    /// How far a long phase has come.
    pub progress: Option<Progress>,
    /// How far detection has come, where w(0) is measured.
    pub detection: Option<DetectionSample>,
    /// What was said to people, oldest first; errors and changed fields of the config included.
    pub notices: VecDeque<Notice>,
    /// The newest readings of the machine.
    pub host: Option<HostSample>,
    /// What is kept of the readings until then, oldest first: of the machine, not of the run, so
    /// that no resume undoes it.
    pub readings: VecDeque<HostPoint>,
    /// How the run ended, once it has.
    pub ended: Option<Ending>,
    /// What was done.
    pub history: History,
    bookmarks: VecDeque<Bookmark>,
}

/// What a run was asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    /// Every value of the config, in its order.
    pub values: Vec<ConfigValue>,
    /// The strategy with its constants.
    pub strategy: StrategyKind,
    /// The learning rate over the run.
    pub schedule: Schedule,
}

/// The loaded model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelInfo {
    /// Folder or Hub id.
    pub source: String,
    /// Family.
    pub family: String,
    /// Parameters.
    pub parameters: u64,
    /// Precision in words.
    pub precision: String,
}

/// How far something has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Of what.
    pub what: String,
    /// Units done.
    pub done: u64,
    /// Units in all, where known.
    pub total: Option<u64>,
}

/// A sentence for people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// When, in milliseconds since 1970 UTC.
    pub unix_ms: u64,
    /// How much it matters.
    pub level: Level,
    /// The sentence.
    pub text: String,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ending {
    /// After which step.
    pub step: Step,
    /// Why: the reason, or the error.
    pub why: String,
    /// Whether all planned steps were done.
    pub complete: bool,
    /// Whether it was an error.
    pub failed: bool,
}

/// The history as it was when a checkpoint was saved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Bookmark {
    path: String,
    step: Step,
    #[serde(with = "shared")]
    history: Arc<History>,
}

/// A shared history as a plain one.
mod shared {
    use super::{Arc, History};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(history: &Arc<History>, writer: S) -> Result<S::Ok, S::Error> {
        History::serialize(history, writer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(reader: D) -> Result<Arc<History>, D::Error> {
        History::deserialize(reader).map(Arc::new)
    }
}

impl RunState {
    /// Folds in the next event.
    pub fn apply(&mut self, record: &Record) {
        if self.seq == 0 {
            self.began_ms = record.unix_ms;
        }
        let goes_on = self.seq > 0 && !matches!(record.event, Event::RunStarted { .. });
        if goes_on {
            let since = record.unix_ms.saturating_sub(self.unix_ms);
            self.history.ran_ms = self.history.ran_ms.saturating_add(since);
        }
        self.seq = record.seq;
        self.unix_ms = record.unix_ms;
        self.history.apply(record, &self.domains);
        match &record.event {
            Event::RunStarted { run, version, domains, strategy, resumed_at, seed } => {
                if resumed_at.is_none() || *domains != self.domains {
                    self.history = History::with_domains(domains.len());
                    self.bookmarks.clear();
                }
                self.resumes += u64::from(resumed_at.is_some());
                self.run.clone_from(run);
                self.version.clone_from(version);
                self.domains.clone_from(domains);
                self.strategy.clone_from(strategy);
                self.seed = *seed;
                self.data.clear();
                self.ended = None;
                self.enter(Phase::Loading, None);
                self.paused = false;
                self.trains = false;
            }
            Event::Configured { values, strategy, schedule } => {
                let (values, strategy) = (values.clone(), strategy.clone());
                self.asked = Some(Asked { values, strategy, schedule: *schedule });
            }
            Event::Planned { steps } => self.steps = *steps,
            Event::DeviceChosen(device) => self.device = Some(device.clone()),
            Event::PhaseChanged { phase, detail } => {
                self.enter(*phase, detail.clone());
                self.paused |= *phase == Phase::Paused;
                self.trains |= *phase == Phase::Training;
            }
            Event::CommandOutcome(outcome) => {
                let resume = Command::Lifecycle(LifecycleCommand::Resume);
                self.paused &= !(outcome.command == resume && outcome.is_applied());
            }
            Event::Progress { phase: _, what, done, total } => {
                self.progress = Some(Progress { what: what.clone(), done: *done, total: *total });
            }
            Event::ModelLoaded { source, family, parameters, precision } => {
                self.model = Some(ModelInfo {
                    source: source.clone(),
                    family: family.clone(),
                    parameters: *parameters,
                    precision: precision.clone(),
                });
            }
            Event::DataReady(summary) => {
                self.data.retain(|known| known.domain != summary.domain);
                self.data.push(summary.clone());
            }
            Event::Notice { level, text } => self.notice(*level, text.clone()),
            Event::CheckpointSkipped { path, why } => {
                self.notice(Level::Warning, format!("{path} skipped: {why}"));
            }
            Event::ConfigChanged { field, old, new, obeyed } => {
                let obeyed = if *obeyed { "obeyed" } else { "not obeyed" };
                self.notice(Level::Warning, format!("{field} is {new}, was {old}: {obeyed}"));
            }
            Event::CheckpointSaved { step, path, .. } => self.bookmark(path, *step),
            Event::CheckpointRemoved { path } => self.bookmarks.retain(|b| b.path != *path),
            Event::Resumed { step, path, .. } => self.go_back(path, *step),
            Event::Detecting(sample) => self.detection = Some(sample.clone()),
            Event::Host(sample) => {
                let point = HostPoint::new(record.unix_ms, sample);
                remember(&mut self.readings, point, READINGS);
                self.host = Some(sample.clone());
            }
            Event::Finished { step, why, complete, domains: _ } => {
                self.phase = Some(Phase::Finished);
                self.paused = false;
                let (why, complete) = (why.clone(), *complete);
                self.ended = Some(Ending { step: *step, why, complete, failed: false });
            }
            Event::Failed { step, error } => {
                self.phase = Some(Phase::Failed);
                self.paused = false;
                self.notice(Level::Error, error.clone());
                let why = error.clone();
                self.ended = Some(Ending { step: *step, why, complete: false, failed: true });
            }
            Event::Detected { .. }
            | Event::LiveValues(_)
            | Event::ReferenceEpoch { .. }
            | Event::ReferenceLosses { .. }
            | Event::Step(_)
            | Event::Evaluated { .. }
            | Event::MixtureUpdated { .. }
            | Event::ThresholdTested { .. }
            | Event::LossRejected { .. }
            | Event::StepSkipped { .. }
            | Event::MicroBatchHalved { .. }
            | Event::PassCompleted { .. }
            | Event::Sampled { .. }
            | Event::UpdateHeld { .. }
            | Event::CommandReplayed(_) => {}
        }
    }

    /// Tokens per second over the last steps.
    pub fn tokens_per_sec(&self) -> Option<f64> {
        self.history.pace().map(|(tokens, _, _)| tokens)
    }

    /// Share of the device's peak that the last steps made use of, 0..=1, where a peak is known.
    pub fn mfu(&self) -> Option<f64> {
        let peak_flops = self.device.as_ref()?.peak_flops.filter(|peak| *peak > 0.0)?;
        Some(self.history.pace()?.1 / peak_flops)
    }

    /// Seconds to the end of the run: steps at the pace of the last ones, and evaluations and
    /// checkpoints as many per step as until now.
    pub fn eta_secs(&self) -> Option<f64> {
        let (_, _, steps_per_sec) = self.history.pace()?;
        let done = self.history.step.0.max(1) as f64;
        let left = self.steps.saturating_sub(self.history.step.0) as f64;
        Some(left * (1.0 / steps_per_sec + self.history.overhead_secs / done))
    }

    /// Seconds since the newest checkpoint, at the given time.
    pub fn checkpoint_age_secs(&self, unix_ms: u64) -> Option<f64> {
        let saved_ms = self.history.checkpoint.as_ref()?.unix_ms;
        Some(unix_ms.saturating_sub(saved_ms) as f64 / 1000.0)
    }

    /// What the next mixture update would look at if it came now; `None` before w(0) and the first
    /// held-out losses are known. Where nothing was measured since the last update, as much is
    /// forgotten as in the interval before it: nobody knows better.
    pub fn outlook(&self) -> Option<Outlook> {
        let History { losses, since_update: since, .. } = &self.history;
        let mean = |(sum, tokens): (&f64, &u64)| (*tokens > 0).then(|| sum / *tokens as f64);
        let trained = since.training_loss_sum.iter().zip(&since.training_tokens);
        let first_loss: Vec<f64> = losses.iter().map(|loss| loss.first_used).collect();
        first_loss.iter().all(|loss| loss.is_finite()).then_some(())?;
        let used: Vec<f64> = losses.iter().map(|loss| loss.used).collect();
        let (loss, previous_loss) = match &since.measured {
            Some(measured) => (self.smoothed(&used, measured), self.history.previous_losses()),
            None => {
                let before = |(loss, phi): (&f64, &f64)| loss / (1.0 + phi);
                let previous = used.iter().zip(&since.forgetting).map(before).collect();
                (used, previous)
            }
        };
        Some(Outlook {
            strategy: self.asked.as_ref()?.strategy.clone(),
            state: since.state.clone(),
            updates: self.history.updates,
            progress: self.history.step.0 as f64 / self.steps.max(1) as f64,
            current: self.history.weights.clone()?,
            detected: self.history.detected.clone()?,
            loss,
            previous_loss,
            first_loss,
            reference_loss: self.history.reference_losses.clone(),
            training_loss: trained.map(mean).collect(),
        })
    }

    /// The average that the mixer will use once it has taken in what was measured.
    fn smoothed(&self, used: &[f64], measured: &[f64]) -> Vec<f64> {
        let past = self.history.live.as_ref().map_or(0.0, |live| live.smoothing);
        let pairs = used.iter().zip(measured);
        pairs.map(|(used, now)| mixing::averaged_loss(*used, *now, past)).collect()
    }

    /// What the run did to every domain until now.
    pub fn closing_table(&self) -> Vec<DomainTable> {
        let history = &self.history;
        let share = |mixture: &Option<mixing::Mixture>, i: usize| {
            mixture.as_ref().and_then(|m| m.as_slice().get(i).copied()).unwrap_or(f64::NAN)
        };
        let domains = self.domains.iter().zip(&history.losses).enumerate();
        domains
            .map(|(i, (name, loss))| {
                let reference_loss = history.reference_losses.get(i).copied();
                DomainTable {
                    name: name.clone(),
                    weight_first: share(&history.weights_first, i),
                    weight_last: share(&history.weights, i),
                    detected: share(&history.detected, i),
                    loss_first: loss.first,
                    loss_last: loss.last,
                    reference_loss,
                    potential: known(&[Some(loss.last), reference_loss], |v| {
                        mixing::learnable_potential(v[0], v[1])
                    }),
                    forgetting: known(&[Some(loss.last), Some(loss.first)], |v| {
                        mixing::forgetting(v[0], v[1])
                    }),
                    tokens: history.domain_tokens.get(i).copied().unwrap_or(0),
                }
            })
            .collect()
    }

    fn enter(&mut self, phase: Phase, detail: Option<String>) {
        self.phase = Some(phase);
        self.phase_detail = detail;
        self.progress = None;
    }

    fn notice(&mut self, level: Level, text: String) {
        let notice = Notice { unix_ms: self.unix_ms, level, text };
        remember(&mut self.notices, notice, NOTICES);
    }

    fn bookmark(&mut self, path: &str, step: Step) {
        self.bookmarks.retain(|b| b.path != path);
        let history = Arc::new(self.history.clone());
        remember(&mut self.bookmarks, Bookmark { path: path.into(), step, history }, BOOKMARKS);
    }

    /// The history of the checkpoint, or, where its saving is not in the record (a kill came
    /// between the two), that of now without what lies behind its step.
    fn go_back(&mut self, path: &str, step: Step) {
        match self.bookmarks.iter().find(|b| b.path == path && b.step == step) {
            Some(bookmark) => self.history = (*bookmark.history).clone(),
            None => {
                self.history.rewind(step);
                self.bookmark(path, step);
            }
        }
        self.history.incident(step, Incident::Resumed);
    }
}

/// `f` of numbers that are all known, or NaN (whose `max` with 0 would be 0: a false "none").
fn known<const N: usize>(numbers: &[Option<f64>; N], f: impl Fn([f64; N]) -> f64) -> f64 {
    let numbers = numbers.map(|n| n.unwrap_or(f64::NAN));
    if numbers.iter().all(|n| n.is_finite()) { f(numbers) } else { f64::NAN }
}
