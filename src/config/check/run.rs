//! The top of the config, and checks across its sections.

use super::super::fields::run as fields;
use super::super::given::Given;
use super::super::plan::{Length, RUNS_DIR, RunPlan, Scheduled};
use super::super::written::{self, Run};
use super::checker::Checker;
use super::surroundings::Surroundings;
use crate::control::Command;
use crate::unit::Step;
use std::path::PathBuf;

impl Checker<'_> {
    /// `None` where something is missing that has no default; an error names it.
    pub(super) fn run(&mut self, run: Run) -> Option<RunPlan> {
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
        let schedule = self.schedule(run.schedule, training.length, &domains);
        Some(RunPlan {
            name,
            runs_dir,
            seed: self.value(&fields::SEED, run.seed),
            device,
            threads,
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

    fn schedule(
        &mut self,
        written: Vec<written::Scheduled>,
        length: Length,
        domains: &[String],
    ) -> Vec<Scheduled> {
        let mut schedule = Vec::with_capacity(written.len());
        for (i, entry) in written.into_iter().enumerate() {
            let at = self.step(&format!("schedule[{i}].at"), entry.at.0, length);
            let command = self.command(&format!("schedule[{i}].command"), entry.command.0, domains);
            if let (Some(at), Some(command)) = (at, command) {
                schedule.push(Scheduled { at, command });
            }
        }
        schedule.sort_by_key(|entry| entry.at);
        schedule
    }

    fn step(&mut self, path: &str, at: Option<u64>, length: Length) -> Option<Step> {
        match (at, length) {
            (None, _) => self.error(path, "the number of steps after which it is given", ""),
            (Some(at), Length::Steps(steps)) if at >= steps && !self.options.is_stored => {
                let last = steps.saturating_sub(1);
                self.error(path, format!("before the end of the run: 0 to {last}"), "");
            }
            (Some(_), _) => {}
        }
        at.map(Step)
    }

    fn command(&mut self, path: &str, line: Option<String>, domains: &[String]) -> Option<Command> {
        let Some(line) = line else {
            self.error(path, "a command, such as \"target law\" or \"set lambda 0.3\"", "");
            return None;
        };
        let command = Command::parse(&line);
        if command.as_ref().is_ok_and(Command::is_by_hand) {
            let allowed = "a command that needs nobody at hand: one that goes back would come again, and a \
                           rehearsal waits for a choice";
            self.error(path, allowed, "leave it out, and give it by hand");
            return None;
        }
        match command.and_then(|command| command.check(domains).map(|()| command)) {
            Ok(command) => Some(command),
            // Without domains every name is unknown: the missing domains are the error.
            Err(_) if domains.is_empty() => None,
            Err(error) => {
                self.error(path, format!("a command of the run: {error}"), "");
                None
            }
        }
    }
}
