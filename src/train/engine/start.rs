//! How an engine is made: at the beginning of a run, or from its newest good checkpoint.

use super::background::Saves;
use super::evaluation::measure_untuned;
use super::position::{Position, with_shadows};
use super::{Engine, Progress, completed_passes};
use crate::config::{self, DetectedSource, RunPlan};
use crate::control::{LiveChange, Tunable};
use crate::data::Sampler;
use crate::mixing::Cadence;
use crate::telemetry::{ConfigValue, Event, Hub, Level, PastEvent, PastKind};
use crate::train::checkpoint::{self, EngineState, Found};
use crate::train::command_replay::{CommandReplay, Since};
use crate::train::edits::Edits;
use crate::train::error::TrainError;
use crate::train::examples::{domain_names, train_counts};
use crate::train::folder::RunFolder;
use crate::train::interrupt::Break;
use crate::train::measuring::Measuring;
use crate::train::mixer::Mixer;
use crate::train::prepare::{Prepared, PreparedData, fit, prepare_data, take_device};
use crate::train::resume;
use crate::train::rule_book::RuleBook;
use crate::train::run_control::RunControl;
use crate::train::setup::Setup;
use crate::train::surroundings::warn_of_other_users;
use crate::train::update_reports::UpdateReports;
use crate::unit::{Step, Tokens, grouped};
use std::collections::BTreeMap;
use std::path::Path;

impl<'a> Engine<'a> {
    /// Prepares a new run, or continues one from its newest good checkpoint.
    pub fn start(setup: Setup<'a>, control: &'a mut RunControl) -> Result<Self, Break> {
        let furthest = setup.hub.with_state(|state| state.furthest);
        let past = setup.past.as_deref();
        let set_aside = past.map_or(Ok(None), |past| set_aside(setup.folder, past))?;
        let (found, skipped) = match past {
            Some(_) => checkpoint::newest(setup.folder)?,
            None => (None, Vec::new()),
        };
        if let Some(found) = &found {
            require_same_domains(&setup, &found.state)?;
            let path = checkpoint::relative(&found.path);
            let why = format!("the record ends before {path}; commands in them are lost too");
            setup.hub.lose_up_to(found.state.seq, why)?;
        }
        let resumed = found.as_ref().map(|found| &found.state);
        setup.announce(resumed, &mut control.events)?;
        warn_of_other_users(setup.folder.path(), &mut control.events)?;
        control.events.emit_notice(set_aside)?;
        for (path, why) in skipped {
            control.events.emit(Event::CheckpointSkipped { path, why })?;
        }
        match found {
            Some(found) => Self::resumed(setup, control, found, furthest),
            None => Self::fresh(setup, control, furthest),
        }
    }

    fn fresh(setup: Setup<'a>, control: &'a mut RunControl, furthest: Step) -> Result<Self, Break> {
        let Setup { mut plan, isolation, folder, hub, past, edits, config, notices: _, saving } =
            setup;
        control.events.emit(configured(&plan, config.clone()))?;
        control.events.emit(Event::LiveValues(control.status.live.clone()))?;
        let past = match edits {
            Some(edits) => {
                control.rules = RuleBook::new(BTreeMap::new(), edits.reached);
                Some(announce_edits(edits, control, &hub)?)
            }
            None => past,
        };
        let next_scheduled = begin_replay(control, past, &plan, Since::default())?;
        control.scheduled = next_scheduled;
        if let Some(before) = folder.read_plan()? {
            // The record of other rules tells nothing of these.
            let recorded_to = if before.rules == plan.rules { furthest } else { Step(0) };
            control.rules = RuleBook::new(BTreeMap::new(), recorded_to);
            control.obey_config(resume::newly_given(&before, &plan, &Tunable::ALL))?;
            resume::keep_fitted(&before, &mut plan);
        }
        keep_plan(&plan, folder, &hub)?;
        let chosen = take_device(&plan, control)?;
        if fit(&mut plan, &chosen.info, control)? {
            control.events.emit(configured(&plan, config.clone()))?;
            keep_plan(&plan, folder, &hub)?;
        }
        let data = prepare_data(&plan, chosen, Some(folder.path()), &isolation, control)?;
        data.require_movement(&plan)?;
        let found = match plan.mixing.detected {
            DetectedSource::MixMin => Some(data.find_reference(&plan, folder.path(), control)?),
            _ => None,
        };
        let cross = found.as_ref().and_then(|found| found.cross.as_ref());
        let detected = data.detected_mixture(&plan, cross, folder.path(), control)?;
        let first_weights = plan
            .mixing
            .strategy
            .build(detected.len())
            .initial(&detected, &control.status.live.params);
        let steps = data.total_steps(&plan);
        settle_length(steps, control)?;
        let budget = control.status.live.intervals.budget;
        let measuring = data.measuring(&plan, budget, &first_weights);
        if plan.mixing.every.is_none() {
            settle_every(&mut plan, measuring.every, steps, config, control)?;
            keep_plan(&plan, folder, &hub)?;
        }
        let found = match found {
            Some(found) => found,
            None => data.find_reference(&plan, folder.path(), control)?,
        };
        let reference = data.settle_reference(&plan, found, Some(measuring.rows), control)?;
        let sampler = Sampler::new(plan.seed, train_counts(&data.corpus));
        let mut prepared = data.load_model(&plan, Some(measuring.rows), None, control)?;
        announce_measuring(budget, &prepared, &measuring, control)?;
        let first = measure_untuned(&mut prepared, control)?;
        let (strategy, live) = (&plan.mixing.strategy, &control.status.live);
        let mixer = Mixer::new(strategy, detected, reference, &first.0, live).map_err(
            |(domain, value)| TrainError::FirstLoss {
                domain: control.status.domains()[domain].clone(),
                value,
            },
        )?;
        let mixer = with_shadows(mixer, &plan, control);
        let saves = Saves::new(saving, prepared.trainer.device());
        let mut engine = Engine {
            plan,
            prepared,
            passes: completed_passes(&sampler),
            sampler,
            reports: UpdateReports::new(Step(0), mixer.mixture().clone()),
            mixer,
            progress: Progress { budget, ..Progress::default() },
            control,
            next_scheduled,
            folder,
            hub,
            saved_at: None,
            tried_at: None,
            saves,
            prompts: None,
            rehearsed: None,
            is_rehearsal: false,
        };
        engine.emit_evaluated(first)?;
        engine.emit_first_weights()?;
        match engine.control.status.live.lambda_auto {
            true => engine.solve_lambda_if_asked()?,
            false => engine.project()?,
        }
        engine.warn_of_unranked_checkpoints()?;
        engine.generate_if_due()?;
        Ok(engine)
    }

    fn resumed(
        setup: Setup<'a>,
        control: &'a mut RunControl,
        found: Found,
        furthest: Step,
    ) -> Result<Self, Break> {
        let Setup { plan: now, isolation, folder, hub, past, config, edits: _, notices: _, saving } =
            setup;
        let Found { path, mut state } = found;
        control.status.live = state.live.clone();
        control.status.step = state.step;
        control.count_answered(state.answered);
        control.rules = RuleBook::new(std::mem::take(&mut state.rules), furthest);
        let (plan, changes) = resume::merge(&state.plan, &now);
        for change in changes {
            control.events.emit(change)?;
        }
        control.events.emit(configured(&plan, config))?;
        announce_resume(&state, &path, control)?;
        let pending = std::mem::take(&mut state.pending);
        let since = Since { seq: state.seq, step: state.step, pending };
        // More than the record has, where that is damaged.
        let next_scheduled = begin_replay(control, past, &plan, since)?.max(state.scheduled);
        control.scheduled = next_scheduled;
        let before = folder.read_plan()?.unwrap_or_else(|| state.plan.clone());
        let obeyed = config::obeyed_tunables();
        control.obey_config(resume::newly_given(&before, &plan, &obeyed))?;
        keep_plan(&plan, folder, &hub)?;
        let chosen = take_device(&plan, control)?;
        let data = prepare_data(&plan, chosen, Some(folder.path()), &isolation, control)?;
        require_same_data(&data, &state, &path)?;
        let mut prepared = data.load_model(&plan, state.measured_rows, Some(&path), control)?;
        let is_epochs = plan.training.length.steps_if_known().is_none();
        if is_epochs && plan.training.length != before.training.length {
            let length = LiveChange::Set(Tunable::Length, prepared.total_steps as f64);
            control.obey_config(vec![length])?;
        }
        let total = match control.status.live.intervals.length {
            Some(steps) => steps,
            None => {
                settle_length(prepared.total_steps, control)?;
                prepared.total_steps
            }
        };
        if let Some(text) = shortened(state.step, total) {
            control.events.notice(Level::Warning, text)?;
        }
        checkpoint::restore_moments(&path, &mut prepared.trainer)?;
        prepared.trainer.budgets = state.budgets;
        let step = state.step;
        let position = Position::new(state, &plan, &prepared, control)?;
        let Position { sampler, mixer, progress, passes, reports } = position;
        let saves = Saves::new(saving, prepared.trainer.device());
        Ok(Engine {
            plan,
            prepared,
            sampler,
            mixer,
            progress,
            passes,
            reports,
            control,
            next_scheduled,
            folder,
            hub,
            saved_at: Some(step),
            tried_at: Some(step),
            saves,
            prompts: None,
            rehearsed: None,
            is_rehearsal: false,
        })
    }
}

/// What is so where the checkpoint holds more steps than the run is to have now.
fn shortened(done: Step, total: u64) -> Option<String> {
    (done.0 > total).then(|| {
        format!(
            "the checkpoint holds {done} steps, and training.length asks for {} now: no step is left \
             to train; only the closing losses are measured",
            grouped(total)
        )
    })
}

/// Moves checkpoints away that lie on ways that were left, if that was not done then.
fn set_aside(folder: &RunFolder, past: &[PastEvent]) -> Result<Option<String>, TrainError> {
    let rollbacks = resume::rollbacks(past);
    checkpoint::set_aside(folder, None, |state| {
        rollbacks.iter().any(|(seq, back)| state.seq < *seq && state.step > back.step)
    })
}

/// Reports the checkpoint that the run continues from, and the live values that it holds.
fn announce_resume(
    state: &EngineState,
    path: &Path,
    control: &mut RunControl,
) -> Result<(), TrainError> {
    // Commands are answered from here on, and what they change must not be changed back.
    control.events.emit(Event::Resumed {
        step: state.step,
        path: checkpoint::relative(path),
        replayed_from_seq: state.seq,
    })?;
    control.events.emit(Event::LiveValues(control.status.live.clone()))
}

/// Writes the plan for the next process, which compares its config with it. Changes that this one
/// made because of its config must be in the record first: the next finds no difference any more.
fn keep_plan(plan: &RunPlan, folder: &RunFolder, hub: &Hub) -> Result<(), TrainError> {
    hub.sync()?;
    folder.write_plan(plan)
}

/// Puts the edits of another run into the record, from which every process takes what it has to repeat.
fn announce_edits(
    edits: Edits,
    control: &mut RunControl,
    hub: &Hub,
) -> Result<Vec<PastEvent>, TrainError> {
    for text in &edits.not_repeated {
        control.events.notice(Level::Warning, text.clone())?;
    }
    let Edits { run, early, later, .. } = edits;
    let kind = PastKind::Repeats { early: early.clone(), later: later.clone() };
    control.events.emit(Event::Repeats { run, early, later })?;
    Ok(vec![PastEvent { seq: hub.last_seq(), kind }])
}

/// Takes from the record of earlier processes the commands that are to be repeated, and returns how
/// many of the config's schedule have been carried out.
fn begin_replay(
    control: &mut RunControl,
    past: Option<Vec<PastEvent>>,
    plan: &RunPlan,
    since: Since,
) -> Result<usize, TrainError> {
    let past = resume::way_that_counts(past.unwrap_or_default());
    let mut scheduled = resume::scheduled(&past, &plan.schedule);
    let given = scheduled.len();
    scheduled.extend(since.pending.iter().map(|outcome| outcome.id));
    control.begin_replay(CommandReplay::new(&past, since, &scheduled))?;
    Ok(given)
}

/// Puts the number of steps in force, where the config leaves it to the data.
fn settle_length(steps: u64, control: &mut RunControl) -> Result<(), TrainError> {
    let was_known = control.status.live.intervals.length.is_some();
    control.status.live.settle(Tunable::Length, steps);
    match was_known {
        true => Ok(()),
        false => control.events.emit(Event::LiveValues(control.status.live.clone())),
    }
}

/// Decides how often the mixture is updated, where the config leaves that to the number of steps, and
/// reports it: from here on it is a value of the run like any other.
fn settle_every(
    plan: &mut RunPlan,
    every: u64,
    steps: u64,
    config: Vec<ConfigValue>,
    control: &mut RunControl,
) -> Result<(), TrainError> {
    let usual = plan.mixing.every_of(Some(steps));
    plan.mixing.every = Some(every);
    control.status.live.settle(Tunable::Every, every);
    control.events.emit(configured(plan, config))?;
    control.events.emit(Event::LiveValues(control.status.live.clone()))?;
    let steps_of = format!("of the run's {} steps", grouped(steps));
    let of = match every == usual {
        true if plan.mixing.strategy.spec().cadence == Cadence::EveryStep => {
            "the strategy learns from every step".into()
        }
        true => format!("a fortieth {steps_of}"),
        false => format!("not a fortieth {steps_of}, as that would exceed evaluation.budget"),
    };
    let text = match steps {
        1 => "the run has one step, and no mixture update".into(),
        _ => format!("mixing.every is {}, {of}", grouped(every)),
    };
    control.events.notice(Level::Info, text)
}

/// Reports what is measured, and a budget that the fewest rows and updates exceed.
fn announce_measuring(
    budget: Option<f64>,
    prepared: &Prepared,
    measuring: &Measuring,
    control: &mut RunControl,
) -> Result<(), TrainError> {
    let Measuring { rows, measurements, share, .. } = *measuring;
    let tokens: usize = prepared.held_out.iter().map(|example| example.tokens.len()).sum();
    control.events.emit(Event::Measuring {
        rows: rows as u64,
        tokens: Tokens(tokens as u64),
        measurements,
        share,
        budget,
    })?;
    match measuring.over(budget) {
        Some(text) => control.events.notice(Level::Warning, text),
        None => Ok(()),
    }
}

/// The config with its values. What it leaves to data and device is shown as it was decided.
fn configured(plan: &RunPlan, values: Vec<ConfigValue>) -> Event {
    let values = config::decided(plan, values);
    let (strategy, schedule) = (plan.mixing.strategy.clone(), plan.training.schedule);
    Event::Configured { values, strategy, schedule }
}

fn require_same_domains(setup: &Setup<'_>, state: &EngineState) -> Result<(), TrainError> {
    let (then, now) = (domain_names(&state.plan), domain_names(&setup.plan));
    if then == now {
        return Ok(());
    }
    let path = setup.folder.path().to_path_buf();
    Err(TrainError::OtherDomains { path, then: then.join(", "), now: now.join(", ") })
}

fn require_same_data(
    data: &PreparedData,
    state: &EngineState,
    path: &Path,
) -> Result<(), TrainError> {
    if data.corpus.fingerprint() == state.data {
        return Ok(());
    }
    let why = "its data are no longer what they were when it was written (files, tokenizer or template \
               changed), so that the run cannot be continued exactly; restore them, or start a new run \
               with this checkpoint as its model";
    Err(TrainError::stored(path, why))
}
