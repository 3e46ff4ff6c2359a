//! The mixture of a run: what it is made of, what it has seen, and when it moves.

use super::shadows::{ShadowState, Shadows};
use crate::control::LiveValues;
use crate::mixing::{
    Decision, Mixture, Outlook, RowLosses, Strategy, StrategyKind, StrategyState, Threshold,
    is_usable, potential_error, skill_graph,
};
use crate::telemetry::{DomainEval, ShadowWeights};
use crate::train::reference_losses::ReferenceLosses;
use crate::unit::{Step, Tokens};
use serde::{Deserialize, Serialize};

/// The moving mixture of a run: the weights in force, and the losses that move them.
pub struct Mixer {
    kind: StrategyKind,
    strategy: Box<dyn Strategy>,
    /// What [`Outlook::gradient_products`] is at the next update.
    gradient_products: Vec<f64>,
    shadows: Shadows,
    state: MixerState,
}

/// What of the mixer a checkpoint holds. Vectors have one entry per domain, losses in nats.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MixerState {
    /// The weights in force.
    pub mixture: Mixture,
    /// w(0).
    pub detected: Mixture,
    /// r; empty where the strategy needs none.
    pub reference_loss: Vec<f64>,
    /// Nats of each measured row behind r, per domain; empty where they are not known.
    #[serde(default)]
    pub reference_rows: Vec<Vec<f64>>,
    /// Which domains help which, where models that were tuned on each domain were measured on the others.
    #[serde(default)]
    pub graph: Option<Vec<Vec<f64>>>,
    /// ℓ(0).
    pub first_loss: Vec<f64>,
    /// ℓ at the last update.
    pub previous_loss: Vec<f64>,
    /// The average of held-out losses that the next update will use.
    pub used_loss: Vec<f64>,
    /// ℓ(0) row by row. Empty, as the two lists below, after a checkpoint of an older version.
    #[serde(default)]
    pub first_rows: Vec<RowLosses>,
    /// ℓ at the last update row by row.
    #[serde(default)]
    pub previous_rows: Vec<RowLosses>,
    /// `used_loss` row by row.
    #[serde(default)]
    pub used_rows: Vec<RowLosses>,
    /// Sum of training losses since the last update.
    pub training_loss_sum: Vec<f64>,
    /// Target tokens since the last update.
    pub training_tokens: Vec<u64>,
    /// Updates made.
    pub updates: u64,
    /// Step of the last update.
    pub updated_at: Step,
    /// Threshold tests in a row that were decided within their noise.
    #[serde(default)]
    pub noisy_tests: u64,
    /// The learning rate of the newest step.
    #[serde(default)]
    pub lr: f64,
    /// What the strategy itself remembers between updates.
    pub strategy: StrategyState,
    /// The strategies that run beside it.
    #[serde(default)]
    pub shadows: Vec<ShadowState>,
}

/// A measured loss that cannot be used: its domain's index, and the value in nats.
pub type RejectedLoss = (usize, f64);

impl Mixer {
    /// Begins with the strategy's first weights. `first` is the untuned model's measurement; every
    /// loss in it has to be finite and positive, or the domain is named.
    pub fn new(
        kind: &StrategyKind,
        detected: Mixture,
        reference: ReferenceLosses,
        first: &[RowLosses],
        live: &LiveValues,
    ) -> Result<Self, RejectedLoss> {
        let losses: Vec<f64> = first.iter().map(RowLosses::loss).collect();
        if let Some(bad) = losses.iter().position(|loss| !is_usable(*loss)) {
            return Err((bad, losses[bad]));
        }
        let strategy = kind.build(detected.len());
        let state = MixerState {
            mixture: strategy.initial(&detected, &live.params),
            training_loss_sum: vec![0.0; detected.len()],
            training_tokens: vec![0; detected.len()],
            detected,
            graph: reference
                .cross
                .map(|cross| skill_graph(&cross.untuned_losses(), &cross.tuned_losses())),
            reference_loss: reference.losses,
            reference_rows: reference.rows,
            first_loss: losses.clone(),
            previous_loss: losses.clone(),
            used_loss: losses,
            first_rows: first.to_vec(),
            previous_rows: first.to_vec(),
            used_rows: first.to_vec(),
            updates: 0,
            updated_at: Step(0),
            noisy_tests: 0,
            lr: 0.0,
            strategy: strategy.state(),
            shadows: Vec::new(),
        };
        Ok(Mixer {
            kind: kind.clone(),
            strategy,
            gradient_products: Vec::new(),
            shadows: Shadows::default(),
            state,
        })
    }

    /// A mixer in the state that a checkpoint holds.
    pub fn restore(kind: &StrategyKind, state: MixerState) -> Self {
        let mut strategy = kind.build(state.detected.len());
        strategy.restore(state.strategy.clone());
        Mixer {
            kind: kind.clone(),
            strategy,
            gradient_products: Vec::new(),
            shadows: Shadows::default(),
            state,
        }
    }

    /// Runs these strategies beside the one in force, from where the state has them on.
    pub fn with_shadows(
        mut self,
        kinds: &[StrategyKind],
        labels: Vec<String>,
        live: &LiveValues,
    ) -> Self {
        let states = std::mem::take(&mut self.state.shadows);
        self.shadows = Shadows::new(kinds, labels, &states, &self.state.detected, &live.params);
        self
    }

    /// Where the shadows have the weights.
    pub fn shadow_weights(&self) -> Vec<ShadowWeights> {
        self.shadows.weights()
    }

    /// What a checkpoint has to hold.
    pub fn state(&self) -> MixerState {
        MixerState {
            strategy: self.strategy.state(),
            shadows: self.shadows.state(),
            ..self.state.clone()
        }
    }

    /// The weights in force.
    pub fn mixture(&self) -> &Mixture {
        &self.state.mixture
    }

    /// The losses that the next update will use.
    pub fn used_loss(&self) -> &[f64] {
        &self.state.used_loss
    }

    /// Step of the last update.
    pub fn updated_at(&self) -> Step {
        self.state.updated_at
    }

    /// Number of updates made.
    pub fn updates(&self) -> u64 {
        self.state.updates
    }

    /// Whether an update is due after `step` steps.
    pub fn is_due(&self, step: Step, every: u64) -> bool {
        step.0 >= self.state.updated_at.0 + every
    }

    /// Takes one step's training losses, for the strategies that look at them.
    pub fn saw_training(&mut self, loss_sums: &[f64], tokens: &[u64]) {
        for (sum, add) in self.state.training_loss_sum.iter_mut().zip(loss_sums) {
            *sum += add;
        }
        for (count, add) in self.state.training_tokens.iter_mut().zip(tokens) {
            *count += add;
        }
    }

    /// Takes the learning rate of a step.
    pub fn saw_lr(&mut self, lr: f64) {
        self.state.lr = lr;
    }

    /// Takes the inner products of the domains' gradients with their sum, finite, one per domain,
    /// for the next update.
    pub fn saw_gradients(&mut self, products: Vec<f64>) {
        self.gradient_products = products;
    }

    /// The products that the next update will look at; empty where none were measured.
    pub fn gradient_products(&self) -> &[f64] {
        &self.gradient_products
    }

    /// Takes a held-out measurement into the average (`smoothing` is the weight of the past). A
    /// loss that is not finite or not positive keeps the last good one and is returned.
    pub fn saw_held_out(&mut self, measured: &[RowLosses], smoothing: f64) -> Vec<RejectedLoss> {
        let mut rejected = Vec::new();
        self.state.used_rows.resize_with(measured.len(), RowLosses::default);
        for (domain, now) in measured.iter().enumerate() {
            if !is_usable(now.loss()) {
                rejected.push((domain, now.loss()));
                continue;
            }
            let used = &mut self.state.used_rows[domain];
            *used = RowLosses::averaged(used, now, smoothing);
            self.state.used_loss[domain] = used.loss();
        }
        rejected
    }

    /// A measurement with the changes since the last update and since the untuned model.
    pub fn compared(&self, measured: &[RowLosses]) -> Vec<DomainEval> {
        let since = |before: &[RowLosses], domain: usize, now: &RowLosses| {
            before
                .get(domain)
                .filter(|before| *before != now)
                .and_then(|before| now.change_since(before))
        };
        let eval = |(domain, now): (usize, &RowLosses)| DomainEval {
            loss: now.loss(),
            tokens: Tokens(now.token_count()),
            error: now.error(),
            potential_error: self.state.potential_error(domain, now),
            since_update: since(&self.state.previous_rows, domain, now),
            since_start: since(&self.state.first_rows, domain, now),
        };
        measured.iter().enumerate().map(eval).collect()
    }

    /// One update of the method at `step`, with the share `progress` (0..=1) of the run done. `None`
    /// while an operator holds the mixture: the losses are taken over, the weights stay.
    pub fn update(&mut self, step: Step, progress: f64, live: &LiveValues) -> Option<Decision> {
        let decision = (!live.mixing_held).then(|| self.decide(progress, live));
        self.gradient_products.clear();
        let state = &mut self.state;
        if let Some(decision) = &decision {
            state.mixture = decision.mixture.clone();
            state.updates += 1;
        }
        state.updated_at = step;
        state.previous_loss.clone_from(&state.used_loss);
        state.previous_rows.clone_from(&state.used_rows);
        state.training_loss_sum.fill(0.0);
        state.training_tokens.fill(0);
        decision
    }

    /// Takes a threshold test, and returns how many in a row were decided within their noise, counted up to
    /// the next that was not.
    pub fn saw_test(&mut self, threshold: &Threshold) -> u64 {
        let noisy = &mut self.state.noisy_tests;
        *noisy = if threshold.is_within_noise() { *noisy + 1 } else { 0 };
        *noisy
    }

    /// Puts the operator's weights in force.
    pub fn set_mixture(&mut self, mixture: Mixture) {
        self.state.mixture = mixture;
    }

    fn decide(&mut self, progress: f64, live: &LiveValues) -> Decision {
        let outlook = self.outlook(progress);
        let observation = outlook.observation();
        self.shadows.update(&observation, &live.params);
        self.strategy.update(&observation, &live.params)
    }

    /// What the next update would look at if it came now.
    pub fn outlook(&self, progress: f64) -> Outlook {
        let (state, errors) = (&self.state, Errors::new(&self.state));
        let needs_held_out = self.kind.spec().needs_held_out;
        let held_out = |losses: &Vec<f64>| if needs_held_out { losses.clone() } else { Vec::new() };
        Outlook {
            strategy: self.kind.clone(),
            state: self.strategy.state(),
            updates: state.updates,
            progress,
            current: state.mixture.clone(),
            detected: state.detected.clone(),
            loss: held_out(&state.used_loss),
            previous_loss: held_out(&state.previous_loss),
            first_loss: state.first_loss.clone(),
            potential_error: errors.potential,
            change_error: errors.change,
            reference_loss: state.reference_loss.clone(),
            training_loss: state.training_loss(),
            graph: state.graph.clone(),
            lr: state.lr,
            gradient_products: self.gradient_products.clone(),
        }
    }
}

impl MixerState {
    /// Standard error of γ of a domain by its rows; `None` where it is not known.
    fn potential_error(&self, domain: usize, rows: &RowLosses) -> Option<f64> {
        let reference_loss = self.reference_loss.get(domain).copied()?;
        let nats = self.reference_rows.get(domain).map_or(&[][..], Vec::as_slice);
        potential_error(rows, reference_loss, nats)
    }

    /// Mean training loss of each domain since the last update; `None` where it was not drawn.
    fn training_loss(&self) -> Vec<Option<f64>> {
        let sums = self.training_loss_sum.iter().zip(&self.training_tokens);
        sums.map(|(sum, &tokens)| (tokens > 0).then(|| sum / tokens as f64)).collect()
    }
}

/// Standard errors of what an update looks at: of all domains, or none.
struct Errors {
    potential: Vec<f64>,
    change: Vec<f64>,
}

impl Errors {
    fn new(state: &MixerState) -> Self {
        let used = state.used_rows.iter();
        let changes = used.clone().zip(&state.previous_rows);
        let change = |(now, before): (&RowLosses, &RowLosses)| now.change_since(before);
        Errors {
            potential: used
                .enumerate()
                .map(|(domain, rows)| state.potential_error(domain, rows))
                .collect::<Option<_>>()
                .unwrap_or_default(),
            change: changes
                .map(|pair| Some(change(pair)?.error))
                .collect::<Option<_>>()
                .unwrap_or_default(),
        }
    }
}
