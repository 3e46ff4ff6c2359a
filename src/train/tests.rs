use super::events::EventSink;
use super::inbox::Inbox;
use super::interrupt::{Break, GivenBy, Halt, Supervisor};
use super::mixer::Mixer;
use super::reference_losses::ReferenceLosses;
use super::resume::{merge, newly_given, scheduled};
use super::run_control::{Handled, RunControl, done};
use super::status::RunStatus;
use super::{Budgets, StepObjective, StepOptions, Trainer, TrainerOptions};
use crate::config::{self, Adam, Files, LoadOptions, Precision, RunPlan};
use crate::control::{
    Actor, Command, CommandId, CommandOutcome, EngineCommand, LifecycleCommand, LiveChange,
    Request, RequestId, Tunable, Verdict,
};
use crate::data::Example;
use crate::mixing::{Mixture, RowLosses, StrategyKind};
use crate::model::{Model, PassOptions, Recompute};
use crate::telemetry::{
    Event, Hub, NonFinite, PastEvent, PastKind, Phase, Record, RecordReader, RecordWriter, Snapshot,
};
use crate::unit::{DomainId, Step, Tokens};
use std::path::Path;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;
use tch::{Device, Kind, Tensor, no_grad};

fn plan(overrides: &[&str]) -> RunPlan {
    let text = r#"(
        model: "nowhere",
        data: (domains: [(name: "a", train: ["a.jsonl"]), (name: "b", train: ["b.jsonl"])]),
        mixing: (reference: Given([1.0, 1.0]), every: 5),
        training: (length: Steps(100)),
    )"#;
    let overrides: Vec<String> = overrides.iter().map(|text| text.to_string()).collect();
    let options = LoadOptions { files: Files::MayBeMissing, ..LoadOptions::from_env().unwrap() };
    config::load_str(text, Path::new("test.ron"), &overrides, &options).unwrap().plan
}

fn control(dir: &Path) -> (RunControl, Hub, Sender<Request>) {
    let (sender, requests) = channel();
    let writer = RecordWriter::create(dir).unwrap();
    let hub = Hub::new(writer, Snapshot::default(), Box::new(|| 0));
    let status = RunStatus::new(plan(&[]).live(), vec!["a".into(), "b".into()]);
    let inbox = Inbox::new(requests);
    (RunControl::new(EventSink::from_hub(hub.clone()), inbox, status, 0), hub, sender)
}

fn send(sender: &Sender<Request>, command: impl Into<Command>) {
    sender.send(Request::new(Actor::Operator("me".into()), command)).unwrap();
}

fn outcomes(dir: &Path) -> Vec<(CommandId, Command, bool)> {
    RecordReader::open(dir)
        .unwrap()
        .filter_map(|record| match record.unwrap().event {
            Event::CommandOutcome(CommandOutcome { id, command, verdict, .. }) => {
                Some((id, command, matches!(verdict, Verdict::Applied { .. })))
            }
            _ => None,
        })
        .collect()
}

#[test]
fn before_training_every_request_gets_one_outcome_or_waits_for_the_model() {
    let dir = tempfile::tempdir().unwrap();
    let (mut control, _hub, sender) = control(dir.path());
    send(&sender, LiveChange::Set(Tunable::Lambda, 0.5));
    send(&sender, LiveChange::Set(Tunable::Lambda, -1.0));
    send(&sender, LiveChange::Target(vec!["nobody".into()]));
    send(&sender, EngineCommand::Weights(vec![("a".into(), 0.9)]));
    send(&sender, LifecycleCommand::Pause);
    send(&sender, LifecycleCommand::Resume);
    control.attend().unwrap();
    assert_eq!(control.status.live.params.lambda, 0.5);

    // The weights wait for the mixer; what is never carried out is rejected at the end.
    let waiting = control.next_request().unwrap().unwrap();
    assert!(matches!(waiting.command, Command::Engine(EngineCommand::Weights(_))));
    send(&sender, EngineCommand::Save);
    control.close().unwrap();

    let applied: Vec<_> = outcomes(dir.path()).into_iter().map(|(id, _, ok)| (id.0, ok)).collect();
    assert_eq!(applied, [(1, true), (2, false), (3, false), (4, true), (5, true), (6, false)]);
}

#[test]
fn a_stop_comes_through_a_pause() {
    let dir = tempfile::tempdir().unwrap();
    let (mut control, _hub, sender) = control(dir.path());
    send(&sender, LifecycleCommand::Pause);
    send(&sender, Command::Note("tea".into()));
    send(&sender, LifecycleCommand::Stop);
    assert!(control.is_urgent());
    let actor = Actor::Operator("me".into());
    let halt = Halt::Stop(GivenBy { actor, reason: None });
    assert!(matches!(control.attend(), Err(Break::Halt(found)) if found == halt));
    assert_eq!(outcomes(dir.path()).len(), 3);
}

#[test]
fn what_is_done_in_a_pause_does_not_end_it() {
    let dir = tempfile::tempdir().unwrap();
    let (mut control, hub, sender) = control(dir.path());
    control.events.enter(Phase::Training, None).unwrap();
    send(&sender, LifecycleCommand::Pause);
    let pause = control.next_request().unwrap().unwrap();
    control.handle(&pause).unwrap();
    send(&sender, EngineCommand::Save);
    let save = control.next_request().unwrap().unwrap();
    // What the engine does with it.
    assert!(matches!(control.handle(&save), Ok(Handled::ForEngine(EngineCommand::Save))));
    control.events.enter(Phase::Saving, None).unwrap();
    control.answer(&save, done()).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // Only when the run is seen to be paused again.
            while phases(dir.path()).last() != Some(&Phase::Paused) {
                std::thread::sleep(Duration::from_millis(2));
            }
            send(&sender, LifecycleCommand::Resume);
        });
        let resume = control.next_request().unwrap().unwrap();
        control.handle(&resume).unwrap();
    });
    use Phase::{Paused, Saving, Training};
    assert_eq!(phases(dir.path()), [Training, Paused, Saving, Paused, Training]);
    assert!(hub.with_state(|state| !state.paused));
}

fn phases(dir: &Path) -> Vec<Phase> {
    let events = RecordReader::open(dir).unwrap().filter_map(|record| record.ok());
    let phase = |record: Record| match record.event {
        Event::PhaseChanged { phase, .. } => Some(phase),
        _ => None,
    };
    events.filter_map(phase).collect()
}

#[test]
fn of_a_schedule_that_was_changed_only_what_is_in_it_was_given() {
    let schedule = |text: &str| plan(&[&format!("schedule=[{text}]")]).schedule;
    let outcome = |id, step, command: &str| CommandOutcome {
        id: CommandId(id),
        request: RequestId(0),
        step: Step(step),
        actor: Actor::Schedule,
        command: Command::parse(command).unwrap(),
        reason: None,
        verdict: Verdict::Applied { old: None, new: None },
        undone: None,
    };
    let given = [outcome(1, 1, "set lambda 0.9"), outcome(2, 2, "save"), outcome(3, 7, "save")];
    let past: Vec<_> = (1..)
        .zip(given)
        .map(|(seq, one)| PastEvent { seq, kind: PastKind::Answered(one) })
        .collect();
    let ids = |text| scheduled(&past, &schedule(text)).iter().map(|id| id.0).collect::<Vec<_>>();
    assert_eq!(ids(r#"(at: 1, command: "set lambda 0.9"), (at: 2, command: "save")"#), [1, 2]);
    assert_eq!(ids(r#"(at: 7, command: "save"), (at: 9, command: "stop")"#), [3]);
    // Moved to another step it is another one.
    assert_eq!(ids(r#"(at: 5, command: "save")"#), [] as [u64; 0]);
    assert_eq!(ids(""), [] as [u64; 0]);
}

#[test]
fn a_resume_obeys_what_is_safe_and_keeps_what_the_operator_set() {
    let then = plan(&[]);
    let now = plan(&["training.lr=1e-3", "mixing.tau=3", "seed=9", "training.length=Steps(200)"]);
    let (merged, events) = merge(&then, &now);
    let obeyed = config::obeyed_tunables();
    let given = [
        LiveChange::Set(Tunable::Tau, 3.0),
        LiveChange::Set(Tunable::Length, 200.0),
        LiveChange::Set(Tunable::Lr, 1e-3),
    ];
    assert_eq!(newly_given(&then, &merged, &obeyed), given);
    // The process after that finds nothing new in it.
    assert_eq!(newly_given(&merged, &merged, &obeyed), []);
    assert_eq!(merged.seed, then.seed);
    assert_eq!(merged.training.length, now.training.length);
    let obeyed = events.iter().filter(|e| matches!(e, Event::ConfigChanged { obeyed: true, .. }));
    assert_eq!((obeyed.count(), events.len()), (3, 4));
    // What is left between the merged plan and the config is exactly what was not obeyed.
    let left = config::diff(&merged, &now);
    assert!(left.iter().all(|change| !change.obeyed), "{left:?}");
}

#[test]
fn the_updates_follow_the_number_of_steps_and_a_resume_keeps_them() {
    let written = plan(&["mixing.every=None", "training.length=Epochs(2)"]);
    assert_eq!(written.mixing.every, None);
    // Decided by the data of a run of 720 steps.
    let mut then = written.clone();
    then.mixing.every = Some(then.mixing.every_of(Some(720)));
    assert_eq!(then.mixing.every, Some(18));
    let (merged, events) = merge(&then, &written);
    assert_eq!((merged.mixing.every, events), (Some(18), vec![]));
    assert_eq!(newly_given(&then, &written, &Tunable::ALL), []);
    // What the config gives now is a change, which no resume obeys.
    let given = plan(&["mixing.every=3", "training.length=Epochs(2)"]);
    let (merged, events) = merge(&then, &given);
    assert_eq!((merged.mixing.every, events.len()), (Some(18), 1));
    assert_eq!(given.mixing.every_of(Some(720)), 3);
}

#[test]
fn a_run_that_ends_before_its_first_update_stands_still() {
    let still =
        |set: &str, steps| plan(&[set, "training.length=Epochs(2)"]).mixing.stands_still(steps);
    // The audit's case: 18 steps, an update after each 50. After the last step there is none.
    assert!(still("mixing.every=50", 18) && still("mixing.every=18", 18));
    assert!(!still("mixing.every=17", 18) && !still("mixing.every=None", 18));
    assert!(!still("mixing.every=None", 2), "⌊2/40⌋ is 0, and at least 1 it is");
    assert!(!still("mixing.every=50", 1), "a run of one step has no update");
    assert!(!plan(&["mixing.strategy=Constant"]).mixing.stands_still(5));
}

/// Two domains with two rows each, of 5 tokens.
fn evals(losses: [f64; 2]) -> Vec<RowLosses> {
    let rows = |loss: &f64| RowLosses { nats: vec![4.0 * loss, 6.0 * loss], tokens: vec![5, 5] };
    losses.iter().map(rows).collect()
}

#[test]
fn the_mixer_follows_algorithm_2_and_never_uses_a_loss_that_is_none() {
    let kind = StrategyKind::default();
    let mut live = plan(&["mixing.lambda=0.5"]).live();
    let detected = Mixture::uniform(2);
    let first = evals([2.0, 2.0]);
    let reference = ReferenceLosses { losses: vec![1.0, 2.0], ..ReferenceLosses::default() };
    let mut mixer = Mixer::new(&kind, detected, reference, &first, &live).unwrap();

    assert!(mixer.saw_held_out(&evals([2.0, f64::NAN]), 0.0)[0].1.is_nan());
    assert_eq!(mixer.used_loss(), [2.0, 2.0]);
    // γ = (2−1)/2 and 0: w = (0.5·1.25, 0.5·1)/(0.625 + 0.5).
    let decision = mixer.update(Step(5), 0.05, &live).unwrap();
    assert_eq!(decision.potential, [0.5, 0.0]);
    assert!((mixer.mixture().as_slice()[0] - 0.625 / 1.125).abs() < 1e-12);

    live.mixing_held = true;
    let before = mixer.mixture().clone();
    assert!(mixer.update(Step(10), 0.1, &live).is_none());
    assert_eq!((mixer.mixture(), mixer.is_due(Step(14), 5)), (&before, false));
}

/// A checkpoint of a version without shadows, and without the learning rate in the mixer.
#[test]
fn the_state_of_an_older_checkpoint_is_read() {
    let kind = StrategyKind::default();
    let live = plan(&[]).live();
    let first = evals([2.0, 2.0]);
    let reference = ReferenceLosses { losses: vec![1.0, 2.0], ..ReferenceLosses::default() };
    let mixer = Mixer::new(&kind, Mixture::uniform(2), reference, &first, &live).unwrap();
    let mut state = serde_json::to_value(mixer.state()).unwrap();
    for new in ["shadows", "lr"] {
        state.as_object_mut().unwrap().remove(new).unwrap();
    }
    let state = serde_json::from_value(state).unwrap();
    assert_eq!(Mixer::restore(&kind, state).state(), mixer.state());
}

const GOLDEN: &str = "tests/fixtures/golden/llama";
const ADAM: Adam = Adam { beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.0 };

fn trainer(precision: Precision, micro_batch: u64) -> Trainer {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(GOLDEN);
    let model = Model::open(&folder, Device::Cpu, precision).unwrap();
    let options = TrainerOptions {
        adam: ADAM,
        moments: precision.moments(),
        seed: 1,
        budgets: Budgets { training: Tokens(micro_batch), evaluation: Tokens(micro_batch) },
        pass_options: PassOptions { recompute: Recompute::None, loss_chunk: 8 },
        domains: 2,
    };
    Trainer::new(model, options).unwrap()
}

fn samples() -> Vec<Example> {
    (0..6u32)
        .map(|i| {
            let tokens: Vec<u32> = (0..5 + i).map(|t| (7 * i + 3 * t) % 50 + 1).collect();
            let counted = (0..tokens.len()).map(|index| index > 1).collect();
            Example { domain: DomainId(i as usize % 2), tokens, counted }
        })
        .collect()
}

#[test]
fn held_out_losses_are_those_of_each_row_however_they_are_packed() {
    let all = samples();
    let mut packed = trainer(Precision::F32, 64);
    let losses = packed.evaluate(&all, &mut || false).unwrap().unwrap();
    assert_eq!(losses.iter().map(|domain| domain.nats.len()).collect::<Vec<_>>(), [3, 3]);
    for (index, example) in all.iter().enumerate() {
        let alone = packed.evaluate(std::slice::from_ref(example), &mut || false).unwrap().unwrap();
        let (domain, row) = (index % 2, index / 2);
        assert_eq!(alone[domain].tokens, [losses[domain].tokens[row]]);
        let (found, expected) = (losses[domain].nats[row], alone[domain].nats[0]);
        assert!((found / expected - 1.0).abs() < 1e-6, "row {index}: {found} for {expected}");
    }
}

fn options(step: u64) -> StepOptions<'static> {
    let objective = StepObjective::Tokens;
    StepOptions { step: Step(step), lr: 1e-3, clip: Some(1.0), objective }
}

fn weights(trainer: &Trainer) -> Vec<Tensor> {
    trainer.model.params().iter().map(|param| param.tensor.detach().copy()).collect()
}

#[test]
fn the_split_into_micro_batches_changes_neither_losses_nor_gradients() {
    let weights = [0.75, 0.25];
    for objective in
        [StepObjective::Tokens, StepObjective::Samples, StepObjective::Domains(&weights)]
    {
        let (mut whole, mut split) = (trainer(Precision::F32, 1000), trainer(Precision::F32, 12));
        let options = StepOptions { objective, ..options(1) };
        let (a, b) = (whole.step(&samples(), options), split.step(&samples(), options));
        let (a, b) = (a.unwrap(), b.unwrap());
        assert!(a.micro_batches == 1 && b.micro_batches > 2);
        assert_eq!((&a.domain_tokens, &a.domain_examples), (&b.domain_tokens, &b.domain_examples));
        let near = |x: f64, y: f64| assert!((x - y).abs() < 1e-4 * x, "{objective:?}: {x} {y}");
        a.domain_loss_sum.iter().zip(&b.domain_loss_sum).for_each(|(x, y)| near(*x, *y));
        near(a.grad_norm, b.grad_norm);
        assert_eq!(a.objective.is_none(), objective == StepObjective::Tokens);
        near(a.objective.unwrap_or(1.0), b.objective.unwrap_or(1.0));
    }
}

/// What is reported as the loss is the token mean, so that runs of different objectives compare; what is
/// minimized stands beside it.
#[test]
fn the_loss_of_a_step_is_the_token_mean_whatever_it_minimizes() {
    let step = |objective| {
        let options = StepOptions { objective, ..options(1) };
        trainer(Precision::F32, 1000).step(&samples(), options).unwrap()
    };
    let tokens = step(StepObjective::Tokens);
    let domains = step(StepObjective::Domains(&[0.75, 0.25]));
    assert_eq!((tokens.loss(), tokens.objective), (domains.loss(), None));
    let mean = |j: usize| domains.domain_loss_sum[j] / domains.domain_tokens[j] as f64;
    let minimized = 0.75 * mean(0) + 0.25 * mean(1);
    assert!((domains.objective.unwrap() / minimized - 1.0).abs() < 1e-9);
    assert!((tokens.grad_norm - domains.grad_norm).abs() > 1e-4 * tokens.grad_norm);
}

#[test]
fn a_step_that_is_not_finite_is_not_taken() {
    let mut trainer = trainer(Precision::F32, 1000);
    let poisoned = trainer.model.params()[0].tensor.detach();
    let _ = no_grad(|| poisoned.get(1).fill_(f64::NAN));
    let before = weights(&trainer);
    let result = trainer.step(&samples(), options(1)).unwrap();
    assert_eq!(result.skipped, Some(NonFinite::Loss));
    for (old, new) in before.iter().zip(weights(&trainer)) {
        // NaN equals itself here: the bits are compared.
        assert!(old.view_dtype(Kind::Int).equal(&new.view_dtype(Kind::Int)));
    }
}

/// By norms alone: ⟨g_j, g_1 + g_2⟩ = |g_j|² + c, and c = ⟨g_1, g_2⟩ is in the norm of the gradient of
/// both domains' tokens together, |n_1 g_1 + n_2 g_2|/(n_1 + n_2).
#[test]
fn gradient_products_are_those_of_the_norms_and_leave_no_trace() {
    let of_domain = |domain: usize| -> Vec<Example> {
        samples().into_iter().filter(|example| example.domain == DomainId(domain)).collect()
    };
    let norm = |examples: &[Example]| {
        let result = trainer(Precision::F32, 12).step(examples, options(1)).unwrap();
        (result.grad_norm, result.domain_tokens)
    };
    let (one, other) = (norm(&of_domain(0)).0, norm(&of_domain(1)).0);
    let (both, tokens) = norm(&samples());
    let (n1, n2) = (tokens[0] as f64, tokens[1] as f64);
    let c =
        (((n1 + n2) * both).powi(2) - (n1 * one).powi(2) - (n2 * other).powi(2)) / (2.0 * n1 * n2);

    let mut trainer = trainer(Precision::F32, 12);
    let before = weights(&trainer);
    let examples = [of_domain(0), of_domain(1)];
    let products = trainer.gradient_products(&examples, &mut || false).unwrap().unwrap();
    for (found, expected) in products.iter().zip([one * one + c, other * other + c]) {
        assert!((found - expected).abs() < 1e-3 * expected.abs(), "{products:?} {one} {other} {c}");
    }
    for (old, new) in before.iter().zip(weights(&trainer)) {
        assert!(old.equal(&new));
    }
    for grad in trainer.model.grads().unwrap() {
        assert_eq!(grad.abs().max().double_value(&[]), 0.0);
    }
    // A domain without rows has no gradient, and a request ends the measurement.
    let alone = [of_domain(0), vec![]];
    let products = trainer.gradient_products(&alone, &mut || false).unwrap().unwrap();
    assert!((products[0] - one * one).abs() < 1e-3 * one * one && products[1] == 0.0);
    assert_eq!(trainer.gradient_products(&alone, &mut || true).unwrap(), None);
}

#[test]
fn stochastic_rounding_keeps_updates_that_nearest_rounding_would_lose() {
    let mut trainer = trainer(Precision::PureBf16, 1000);
    let tiny = StepOptions { lr: 1e-6, clip: None, ..options(1) };
    let before = weights(&trainer);
    trainer.step(&samples(), tiny).unwrap();
    let moved: i64 = before
        .iter()
        .zip(weights(&trainer))
        .map(|(old, new)| old.ne_tensor(&new).sum(Kind::Int64).int64_value(&[]))
        .sum();
    let all: i64 = before.iter().map(|tensor| tensor.numel() as i64).sum();
    // A few of all weights move, by a whole step of bf16 each; nearest rounding would move none
    // of those above 2^-11.
    assert!(moved > 0 && moved < all / 2, "{moved} of {all}");
}

#[test]
fn training_lowers_the_loss_in_every_precision() {
    for precision in [Precision::F32, Precision::MixedBf16, Precision::PureBf16] {
        let mut trainer = trainer(precision, 1000);
        let losses: Vec<f64> = (1..=30)
            .map(|step| {
                let options = StepOptions { lr: 1e-2, ..options(step) };
                trainer.step(&samples(), options).unwrap().loss()
            })
            .collect();
        assert!(losses[29] < 0.5 * losses[0], "{precision:?}: {losses:?}");
    }
}
