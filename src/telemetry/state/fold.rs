//! What each event does to the state.

use super::super::event::events_lost;
use super::super::remember::remember;
use super::super::{AbandonedWay, Event, History, HostPoint, Incident, Level, Phase, Record};
use super::{Bookmark, BranchOrigin, Ending, ModelInfo, Notice, Progress, RunConfig, RunState};
use crate::control::{Command, LifecycleCommand};
use crate::unit::Step;
use std::sync::Arc;

/// Notices that are remembered.
const NOTICES: usize = 200;
/// Readings of the machine that are remembered.
const READINGS: usize = 600;
/// Checkpoints of which the state is kept, so that a resume can go back to them.
const BOOKMARKS: usize = 8;
/// Ways that rollbacks left of which the curves are remembered.
const ABANDONED: usize = 4;
/// Clients that are remembered by name.
const MOST_CLIENTS: usize = 64;

impl RunState {
    /// Folds in the next event. Outside of `telemetry` a run is followed by
    /// [`Snapshot::apply`](crate::telemetry::Snapshot::apply), which does this too.
    pub(in crate::telemetry) fn apply(&mut self, record: &Record) {
        self.count(record);
        self.history.apply(record, &self.domains);
        match &record.event {
            Event::RunStarted { run, version, domains, strategy, resumed_at, seed } => {
                self.begin(domains, resumed_at.is_some());
                self.run.clone_from(run);
                self.version.clone_from(version);
                self.strategy.clone_from(strategy);
                self.seed = *seed;
            }
            Event::Configured { values, strategy, schedule } => {
                let (values, strategy) = (values.clone(), strategy.clone());
                self.config = Some(RunConfig { values, strategy, schedule: *schedule });
            }
            Event::Step(sample) => self.furthest = self.furthest.max(sample.step),
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
            Event::EventsLost { first, why } => {
                self.notice(Level::Warning, events_lost(*first, record.seq, why));
            }
            Event::ClientAttached { client, read_only } => self.client_came(client, *read_only),
            Event::ClientLeft { client } => self.client_left(client),
            Event::CheckpointBegun { step, path, .. } => {
                self.begun = Some(self.new_bookmark(path, *step));
            }
            Event::CheckpointSaved { step, path, .. } => self.saved(path, *step, record),
            Event::CheckpointRemoved { path } => self.bookmarks.retain(|b| b.path != *path),
            Event::Resumed { step, path, .. } => {
                self.go_back(path, *step);
                self.history.incident(*step, Incident::Resumed);
            }
            Event::RolledBack { from, step, path, .. } => self.roll_back(path, *step, *from),
            Event::Branched { from, step, to_seq: _ } => {
                self.branch(BranchOrigin { run: from.clone(), step: *step });
            }
            Event::Detecting(sample) => self.detection = Some(sample.clone()),
            Event::CrossLosses(table) => self.cross = Some(table.clone()),
            Event::Host(sample) => {
                let point = HostPoint::new(record.unix_ms, sample);
                remember(&mut self.readings, point, READINGS);
                self.host = Some(sample.clone());
            }
            Event::Finished { step, why, complete, domains: _ } => {
                let (why, complete) = (why.clone(), *complete);
                self.end(Phase::Finished, Ending { step: *step, why, complete, failed: false });
            }
            Event::Failed { step, error } => {
                self.notice(Level::Error, error.clone());
                let why = error.clone();
                let ending = Ending { step: *step, why, complete: false, failed: true };
                self.end(Phase::Failed, ending);
            }
            // These change the history alone.
            Event::Detected { .. }
            | Event::LiveValues(_)
            | Event::ReferenceEpoch { .. }
            | Event::ReferenceLosses { .. }
            | Event::Evaluated { .. }
            | Event::MixtureUpdated { .. }
            | Event::Measuring { .. }
            | Event::LambdaSolved { .. }
            | Event::MixtureProjected { .. }
            | Event::ShadowsUpdated { .. }
            | Event::ThresholdTested { .. }
            | Event::LossRejected { .. }
            | Event::StepSkipped { .. }
            | Event::MicroBatchHalved { .. }
            | Event::PassCompleted { .. }
            | Event::Sampled { .. }
            | Event::Asked { .. }
            | Event::Rehearsed { .. }
            | Event::UpdateHeld { .. }
            | Event::Repeats { .. }
            | Event::CommandReplayed(_) => {}
        }
        // An operator may change the length of a run.
        let length = self.history.live.as_ref().and_then(|live| live.intervals.length);
        self.steps = length.unwrap_or(self.steps);
    }

    /// Number and time of the record. The time between two processes is not time of the run.
    fn count(&mut self, record: &Record) {
        if self.seq == 0 {
            self.began_ms = record.unix_ms;
        } else if !is_of_no_time(&record.event) {
            let since = record.unix_ms.saturating_sub(self.unix_ms);
            self.history.ran_ms = self.history.ran_ms.saturating_add(since);
        }
        self.seq = record.seq;
        self.unix_ms = record.unix_ms;
    }

    /// A process begins to work on the run: on a new one, or resuming it.
    fn begin(&mut self, domains: &[String], resumes: bool) {
        if !resumes || domains != self.domains {
            self.history = History::with_domains(domains.len());
            self.bookmarks.clear();
            self.begun = None;
            self.abandoned.clear();
            self.rollbacks = 0;
            self.cross = None;
        }
        // The first process of a branch resumes nothing of its own.
        self.resumes += u64::from(resumes && self.phase.is_some());
        self.domains = domains.to_vec();
        self.data.clear();
        self.clients.clear();
        self.watching.clear();
        self.ended = None;
        self.enter(Phase::Loading, None);
        self.paused = false;
        self.trains = false;
    }

    fn client_came(&mut self, client: &str, read_only: bool) {
        if self.clients.len() < MOST_CLIENTS {
            self.clients.push(client.into());
            self.watching.extend(read_only.then(|| client.into()));
        }
    }

    fn client_left(&mut self, client: &str) {
        let forget = |list: &mut Vec<String>| {
            if let Some(at) = list.iter().position(|known| known == client) {
                list.remove(at);
            }
        };
        forget(&mut self.clients);
        // Of two with one name the one that commands may be the one that stays.
        let count = |list: &[String]| list.iter().filter(|known| *known == client).count();
        if count(&self.watching) > count(&self.clients) {
            forget(&mut self.watching);
        }
    }

    /// What came before was another run, to which no process has come yet that works on this one.
    fn branch(&mut self, from: BranchOrigin) {
        self.branched_from = Some(from);
        self.began_ms = self.unix_ms;
        self.resumes = 0;
        self.phase = None;
        self.ended = None;
    }

    fn end(&mut self, phase: Phase, ending: Ending) {
        self.phase = Some(phase);
        self.paused = false;
        self.ended = Some(ending);
    }

    fn enter(&mut self, phase: Phase, detail: Option<String>) {
        self.phase = Some(phase);
        self.phase_detail = detail;
        self.phase_began_ms = Some(self.unix_ms);
        self.progress = None;
    }

    fn notice(&mut self, level: Level, text: String) {
        let notice = Notice { unix_ms: self.unix_ms, level, text };
        remember(&mut self.notices, notice, NOTICES);
    }

    /// A checkpoint holds the run as it was when it was begun; of what came since its history knows only that it
    /// was saved.
    fn saved(&mut self, path: &str, step: Step, record: &Record) {
        let begun = self.begun.take().filter(|begun| begun.path == path && begun.step == step);
        let bookmark = match begun {
            Some(mut begun) => {
                Arc::make_mut(&mut begun.history).apply(record, &self.domains);
                begun
            }
            None => self.new_bookmark(path, step),
        };
        self.remember_bookmark(bookmark);
    }

    fn new_bookmark(&self, path: &str, step: Step) -> Bookmark {
        Bookmark { path: path.into(), step, history: Arc::new(self.history.clone()) }
    }

    fn remember_bookmark(&mut self, bookmark: Bookmark) {
        self.bookmarks.retain(|b| b.path != bookmark.path);
        remember(&mut self.bookmarks, bookmark, BOOKMARKS);
    }

    /// Goes back to the history at the checkpoint, also where the process was killed before it reported that it was
    /// saved. Where the record has not even its beginning, what came after its step is dropped from the history.
    fn go_back(&mut self, path: &str, step: Step) {
        let begun = self.begun.take().filter(|begun| begun.path == path && begun.step == step);
        if let Some(begun) = begun {
            self.remember_bookmark(begun);
        }
        match self.bookmarks.iter().find(|b| b.path == path && b.step == step) {
            Some(bookmark) => self.history = (*bookmark.history).clone(),
            None => {
                self.history.rewind(step);
                let bookmark = self.new_bookmark(path, step);
                self.remember_bookmark(bookmark);
            }
        }
    }

    /// Goes back to the history at the checkpoint, and remembers the way that is left. Checkpoints on it
    /// are none of the run any more.
    fn roll_back(&mut self, path: &str, step: Step, from: Step) {
        let left = AbandonedWay::new(step, from, &self.history.curves);
        // What the way that is left has reached says nothing of the new one.
        self.furthest = step;
        self.go_back(path, step);
        self.bookmarks.retain(|b| b.step <= step);
        remember(&mut self.abandoned, left, ABANDONED);
        self.rollbacks += 1;
    }
}

/// Whether an event does not tell that the run went on until it came: the first of a process, and what clients do,
/// who may come after its end.
fn is_of_no_time(event: &Event) -> bool {
    matches!(
        event,
        Event::RunStarted { .. }
            | Event::Branched { .. }
            | Event::EventsLost { .. }
            | Event::ClientAttached { .. }
            | Event::ClientLeft { .. }
    )
}
