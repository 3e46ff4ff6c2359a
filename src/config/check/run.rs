//! The top of the config, and checks across its sections.

use super::super::fields::run as fields;
use super::super::given::Given;
use super::super::plan::{FitChoice, FitPlan, OpenFields, RUNS_DIR, RunPlan};
use super::super::written::Run;
use super::checker::Checker;
use super::surroundings::Surroundings;
use std::path::PathBuf;

impl Checker<'_> {
    /// `None` where something is missing that has no default; an error names it.
    pub(super) fn run(&mut self, run: Run) -> Option<RunPlan> {
        let left_out = left_out(&run);
        let choice = self.value(&fields::FIT, run.fit);
        let open = if choice == FitChoice::Auto { left_out } else { OpenFields::default() };
        let fit = FitPlan { choice, open };
        let name = self.name(run.name);
        let runs_dir = self.runs_dir(run.runs_dir);
        let device = self.value(&fields::DEVICE, run.device);
        let threads = self.value(&fields::THREADS, run.threads);
        let model = self.model(run.model);
        let data = self.data(run.data);
        let sequence_length = data.as_ref().map_or(0, |data| data.sequence_length);
        let training = self.training(run.training, sequence_length);
        let domains: Vec<String> =
            data.iter().flat_map(|data| &data.domains).map(|domain| domain.name.clone()).collect();
        // Without domains every floor would be too high, which is not what is wrong.
        self.domains = domains.len().max(1);
        let source = model.as_ref().map(|model| &model.source);
        let around = Surroundings {
            domains: &domains,
            model: source,
            training: &training,
            measured: run.detection.0.is_some(),
        };
        // Without domains every name in `mixing` would be wrong: the missing domains are the error.
        let mixing = if domains.is_empty() { None } else { self.mixing(run.mixing, &around) };
        let detection = self.detection(run.detection.or_default(), &domains, source);
        let evaluation = self.evaluation(run.evaluation, sequence_length, training.micro_batch);
        let samples = self.samples(run.samples);
        let checkpoint = self.checkpoint(run.checkpoint);
        let logging = self.logging(run.logging);
        let screen = self.screen(run.screen);
        self.machine_is_read = logging.host_secs > 0.0;
        let (schedule, rules) = self.schedule(run.schedule, training.length, &domains);
        let alerts = self.alerts(run.alerts, &domains);
        let notify = self.notify(run.notify);
        Some(RunPlan {
            name,
            runs_dir,
            seed: self.value(&fields::SEED, run.seed),
            device,
            threads,
            fit,
            model: model?,
            data: data?,
            detection: detection?,
            mixing: mixing?,
            training,
            evaluation,
            samples,
            checkpoint,
            logging,
            screen,
            schedule,
            rules,
            alerts,
            notify,
        })
    }

    fn name(&mut self, given: Given<String>) -> String {
        let stem = self.source.file().file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let name = given.or(stem.unwrap_or_else(|| "run".into()));
        let good = !name.is_empty()
            && !name.starts_with('.')
            && name.chars().all(|c| c.is_alphanumeric() || "_-. ".contains(c));
        if !good {
            let found = format!("\"{name}\"");
            self.error_found("name", found, fields::NAME, "set `name: \"…\"`");
        }
        name
    }

    fn runs_dir(&mut self, given: Given<String>) -> PathBuf {
        match given.0 {
            Some(written) => self.path("runs_dir", &written),
            None => self.options.cwd.join(RUNS_DIR),
        }
    }
}

/// What the config leaves to the device. Where it gives a micro-batch, a batch of an evaluation is as large.
fn left_out(run: &Run) -> OpenFields {
    let model = run.model.0.as_ref();
    let micro_batch = run.training.micro_batch.0.is_none();
    OpenFields {
        precision: model.is_some_and(|model| model.precision.0.is_none()),
        recompute: model.is_some_and(|model| model.recompute.0.is_none()),
        micro_batch,
        evaluation_batch: micro_batch && run.evaluation.batch.0.is_none(),
    }
}
