//! How the mixture moves: names of domains become ids, numbers become mixtures.

use super::super::fields::mixing as fields;
use super::super::given::Given;
use super::super::plan::{DetectedSource, LambdaPlan, Length, MixingPlan, never_updates};
use super::super::words::did_you_mean;
use super::super::written::{Detected, Lambda, Mixing, Numbers, Test};
use super::checker::Checker;
use super::shadow::Measured;
use super::surroundings::Surroundings;
use crate::control::{check_limit, domain_ids, usual_span};
use crate::mixing::{
    MixingParams, Mixture, Parameter, StrategyError, StrategyKind, StrategyProblem,
    WrittenStrategy, presets,
};
use crate::unit::DomainId;
use std::collections::BTreeMap;

impl Checker<'_> {
    pub(super) fn mixing(
        &mut self,
        mixing: Mixing,
        around: &Surroundings<'_>,
    ) -> Option<MixingPlan> {
        let domains = around.domains;
        let targets = self.targets(mixing.target.or(None), domains);
        let written = mixing.strategy.or_default();
        let spec = written.spec();
        let strategy = self.strategy("mixing.strategy", &written, &targets, domains);
        let detected = self.detected(mixing.detected.or(around.detected()), domains);
        let reference = self.reference(mixing.reference.0, spec.needs_reference, around);
        if let (Some(DetectedSource::MixMin), Some(reference)) = (&detected, &reference) {
            self.mixmin(reference, domains.len());
        }
        let lambda = self.lambda(mixing.lambda);
        let measured = Measured {
            strategy: spec,
            lambda,
            reference: reference.as_ref(),
            targets: &targets,
            domains,
        };
        let shadow = self.shadows(mixing.shadow.or_default(), &measured);
        let params = MixingParams {
            lambda: match lambda {
                LambdaPlan::Auto(_) => 0.0,
                LambdaPlan::Fixed(lambda) => lambda,
            },
            delta: self.value(&fields::DELTA, mixing.delta),
            tau: self.value(&fields::TAU, mixing.tau),
            floor: self.value(&fields::FLOOR, mixing.floor),
            anchor: self.value(&fields::ANCHOR, mixing.anchor),
            targets,
            confidence: self.confidence(mixing.test.or(Test::Plain)),
            forgetting_limit: self.forgetting_limit(mixing.forgetting_limit.or_default(), domains),
        };
        let every = self.value(&fields::EVERY, mixing.every);
        if let (Some(every), true) = (every, spec.moves) {
            self.moves_at_all(every, around.training.length);
        }
        let smoothing = self.value(&fields::SMOOTHING, mixing.smoothing);
        Some(MixingPlan {
            strategy: strategy?,
            shadow,
            detected: detected?,
            reference: reference?,
            lambda,
            params,
            every,
            smoothing,
        })
    }

    fn lambda(&mut self, given: Given<Lambda>) -> LambdaPlan {
        let path = "mixing.lambda";
        match given.or(Lambda::Auto(usual_span())) {
            Lambda::Auto(span) => LambdaPlan::Auto(self.limited(path, span, &fields::SPAN)),
            Lambda::Fixed(lambda) => LambdaPlan::Fixed(self.limited(path, lambda, &fields::LAMBDA)),
        }
    }

    fn confidence(&mut self, test: Test) -> f64 {
        match test {
            Test::Plain => 0.0,
            Test::Confident(z) => self.limited("mixing.test", z, &fields::CONFIDENCE),
        }
    }

    fn forgetting_limit(
        &mut self,
        given: BTreeMap<String, f64>,
        domains: &[String],
    ) -> BTreeMap<DomainId, f64> {
        let path = "mixing.forgetting_limit";
        let mut limits = BTreeMap::new();
        for (name, limit) in given {
            let Some(id) = self.domain_id(path, &name, domains) else { continue };
            match check_limit(limit) {
                Ok(()) => drop(limits.insert(id, limit)),
                Err(allowed) => self.error_found(path, format!("{limit} for {name}"), allowed, ""),
            }
        }
        limits
    }

    /// Where the steps depend on the data, the same is checked once they are counted.
    fn moves_at_all(&mut self, every: u64, length: Length) {
        let Length::Steps(steps) = length else { return };
        if never_updates(every, steps) && !self.options.is_stored {
            let allowed = format!("below the run's {steps} steps, or the mixture never moves");
            let fix = "leave it out for a fortieth of the steps; for a fixed mixture use `strategy: \
                       Constant`";
            self.error(fields::EVERY.path, allowed, fix);
        }
    }

    fn targets(&mut self, named: Option<Vec<String>>, domains: &[String]) -> Vec<DomainId> {
        let named = named.unwrap_or_default();
        let path = "mixing.target";
        match domain_ids(&named, domains) {
            Ok(ids) if !ids.is_empty() && ids.len() >= domains.len() => {
                let fix = "leave one out that may shrink, or `target: None`";
                self.error(path, "fewer than all domains", fix);
                Vec::new()
            }
            Ok(ids) => ids,
            Err(error) => {
                self.error(path, format!("domains of this run: {error}"), "");
                Vec::new()
            }
        }
    }

    fn domain_id(&mut self, path: &str, name: &str, domains: &[String]) -> Option<DomainId> {
        let index = domains.iter().position(|domain| domain == name);
        if index.is_none() {
            let fix = did_you_mean(name, domains.iter().map(String::as_str));
            let found = format!("\"{name}\"");
            self.error_found(path, found, format!("a domain: {}", domains.join(", ")), fix);
        }
        index.map(DomainId)
    }

    /// The strategy at `path`, for a run of these domains and targets.
    pub(super) fn strategy(
        &mut self,
        path: &str,
        written: &WrittenStrategy,
        targets: &[DomainId],
        domains: &[String],
    ) -> Option<StrategyKind> {
        match written.resolve(domains, targets) {
            Ok(strategy) => Some(strategy),
            Err(errors) => {
                errors.into_iter().for_each(|error| self.strategy_error(path, error, domains));
                None
            }
        }
    }

    fn strategy_error(&mut self, path: &str, error: StrategyError, domains: &[String]) {
        let path = match error.parameter {
            Parameter::UNNAMED => path.to_owned(),
            name => format!("{path}.{name}"),
        };
        match error.problem {
            StrategyProblem::NotAllowed(allowed) => self.error(&path, allowed, ""),
            StrategyProblem::UnknownDomain(name) => {
                self.domain_id(&path, &name, domains);
            }
            StrategyProblem::NoDomain(meaning) => {
                let fix = format!("add `{}: \"…\"` in the strategy", error.parameter);
                self.error_found(&path, "nothing", meaning, fix);
            }
            StrategyProblem::NoTarget(strategy) => {
                let found = format!("{strategy} without `mixing.target`");
                let fix = "add `target: \"…\"` beside it";
                self.error_found(&path, found, "at least one domain to expand", fix);
            }
        }
    }

    fn detected(&mut self, detected: Detected, domains: &[String]) -> Option<DetectedSource> {
        let path = "mixing.detected";
        match detected {
            Detected::Measure => Some(DetectedSource::Measure),
            Detected::MixMin => Some(DetectedSource::MixMin),
            Detected::Uniform => {
                let mixture = Mixture::uniform(domains.len());
                Some(DetectedSource::Given { shares: mixture.as_slice().to_vec(), mixture })
            }
            Detected::File(file) => Some(DetectedSource::File(self.file(path, &file))),
            Detected::Preset(name) => {
                let preset = presets::preset(&name);
                match preset.and_then(|preset| preset.mixture_for(domains)) {
                    Ok(mixture) => Some(DetectedSource::Preset { name, mixture }),
                    Err(error) => {
                        self.error(path, error, "");
                        None
                    }
                }
            }
            Detected::Given(numbers) => {
                let (shares, mixture) = self.shares(path, numbers, domains)?;
                Some(DetectedSource::Given { shares, mixture })
            }
        }
    }

    /// Shares in the order of the domains, as they are given and as a mixture.
    pub(super) fn shares(
        &mut self,
        path: &str,
        numbers: Numbers,
        domains: &[String],
    ) -> Option<(Vec<f64>, Mixture)> {
        let shares = self.per_domain(path, numbers, domains)?;
        let sum: f64 = shares.iter().sum();
        match Mixture::new(shares.clone()) {
            Ok(mixture) => Some((shares, mixture)),
            Err(error) => {
                let fix = match sum {
                    s if (s - 100.0).abs() < 1.0 => "they look like per cent: divide by 100".into(),
                    s if s > 0.0 => format!("divide each by {s}"),
                    _ => String::new(),
                };
                self.error_found(path, error, "shares of 0 or above whose sum is 1", fix);
                None
            }
        }
    }

    /// Numbers in the order of the domains.
    pub(super) fn per_domain(
        &mut self,
        path: &str,
        numbers: Numbers,
        domains: &[String],
    ) -> Option<Vec<f64>> {
        let entries = match numbers {
            Numbers::InOrder(values) if values.len() == domains.len() => return Some(values),
            Numbers::InOrder(values) => {
                let found = format!("{} numbers", values.len());
                let allowed = format!("{}, one per domain: {}", domains.len(), domains.join(", "));
                self.error_found(path, found, allowed, "");
                return None;
            }
            Numbers::ByName(entries) => entries,
        };
        let mut values: Vec<Option<f64>> = vec![None; domains.len()];
        let mut good = true;
        for (name, value) in entries {
            let Some(DomainId(index)) = self.domain_id(path, &name, domains) else {
                good = false;
                continue;
            };
            if values[index].replace(value).is_some() {
                let found = format!("\"{name}\" a second time");
                self.error_found(path, found, "each domain once", "take one out");
                good = false;
            }
        }
        let missing = domains.iter().zip(&values).filter(|(_, value)| value.is_none());
        let missing: Vec<&str> = missing.map(|(name, _)| name.as_str()).collect();
        if !missing.is_empty() && good {
            let found = format!("nothing for {}", missing.join(", "));
            self.error_found(path, found, "a number for every domain", "");
        }
        if good { values.into_iter().collect() } else { None }
    }
}
