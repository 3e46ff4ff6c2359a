//! Rates and forecasts from the state, and the closing table.

use super::super::{DomainTable, History};
use super::RunState;
use crate::mixing::{self, Outlook};

impl RunState {
    /// Tokens per second over the last steps.
    pub fn tokens_per_sec(&self) -> Option<f64> {
        self.history.pace().map(|(tokens, _, _)| tokens)
    }

    /// Model FLOP utilization over the last steps: their share of the device's peak, 0..=1, where the
    /// peak is known.
    pub fn mfu(&self) -> Option<f64> {
        let peak_flops = self.device.as_ref()?.peak_flops.filter(|peak| *peak > 0.0)?;
        Some(self.history.pace()?.1 / peak_flops)
    }

    /// Estimated seconds to the end of the run: steps at the pace of the last ones, with as much time per
    /// step for evaluations and checkpoints as until now.
    pub fn eta_secs(&self) -> Option<f64> {
        let (_, _, steps_per_sec) = self.history.pace()?;
        let done = self.history.step.0.max(1) as f64;
        let left = self.steps.saturating_sub(self.history.step.0) as f64;
        Some(left * (1.0 / steps_per_sec + self.history.overhead_secs / done))
    }

    /// Whether the strategy measures held-out losses at its updates, so that there are γ and φ of
    /// them.
    pub fn measures_at_updates(&self) -> bool {
        self.config.as_ref().is_none_or(|config| config.strategy.spec().needs_held_out)
    }

    /// Seconds since the newest checkpoint, at the given time.
    pub fn checkpoint_age_secs(&self, unix_ms: u64) -> Option<f64> {
        let saved_ms = self.history.checkpoint.as_ref()?.unix_ms;
        Some(unix_ms.saturating_sub(saved_ms) as f64 / 1000.0)
    }

    /// What the next mixture update would look at if it came now; `None` before w(0) and the first
    /// held-out losses are known. Where nothing was measured since the last update, the forgetting is
    /// taken to be that of the interval before it, which is the best guess. Where not every update is
    /// reported, it looks at what was trained since the last one that was. Gradients are taken to be
    /// those of the last update.
    pub fn outlook(&self) -> Option<Outlook> {
        let History { losses, since_update: since, .. } = &self.history;
        let known = |errors: Option<Vec<f64>>| errors.unwrap_or_default();
        let potential_error = losses.iter().map(|loss| loss.potential_error).collect();
        let mean = |(sum, tokens): (&f64, &u64)| (*tokens > 0).then(|| sum / *tokens as f64);
        let trained = since.training_loss_sum.iter().zip(&since.training_tokens);
        let strategy = self.config.as_ref()?.strategy.clone();
        let first_loss: Vec<f64> = losses.iter().map(|loss| loss.first_used).collect();
        first_loss.iter().all(|loss| loss.is_finite()).then_some(())?;
        let used: Vec<f64> = losses.iter().map(|loss| loss.used).collect();
        let changes = || losses.iter().map(|loss| Some(loss.since_update?.error)).collect();
        let change_error = match &since.measured {
            Some(_) => known(changes()),
            None => self.history.forgetting_error.clone(),
        };
        let (loss, previous_loss) = match &since.measured {
            _ if !strategy.spec().needs_held_out => (Vec::new(), Vec::new()),
            Some(measured) => (self.smoothed(&used, measured), self.history.previous_losses()),
            None => {
                let before = |(loss, phi): (&f64, &f64)| loss / (1.0 + phi);
                let previous = used.iter().zip(&since.forgetting).map(before).collect();
                (used, previous)
            }
        };
        Some(Outlook {
            strategy,
            state: since.state.clone(),
            updates: self.history.updates,
            progress: self.history.step.0 as f64 / self.steps.max(1) as f64,
            current: self.history.weights.clone()?,
            detected: self.history.detected.clone()?,
            loss,
            previous_loss,
            first_loss,
            potential_error: known(potential_error),
            change_error,
            reference_loss: self.history.reference_losses.clone(),
            training_loss: trained.map(mean).collect(),
            graph: self
                .cross
                .as_ref()
                .filter(|table| table.is_of(losses.len()))
                .map(|table| mixing::skill_graph(&table.untuned, &table.tuned)),
            lr: self.history.sample.as_ref().map_or(0.0, |sample| sample.lr),
            gradient_products: self.history.gradient_products.clone(),
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
        let (samples, tokens) = (&history.domain_examples, &history.domain_tokens);
        let domains = self.domains.iter().zip(&history.losses).enumerate();
        domains
            .map(|(i, (name, loss))| {
                let reference_loss = history.reference_losses.get(i).copied();
                let standing = self.standing(i);
                DomainTable {
                    name: name.clone(),
                    weight_first: share(&history.weights_first, i),
                    weight_last: share(&history.weights, i),
                    detected: share(&history.detected, i),
                    loss_first: loss.first,
                    loss_last: loss.last,
                    reference_loss,
                    potential: standing.potential.value,
                    forgotten: standing.since_start.positive().value,
                    loss_error: loss.error,
                    potential_error: loss.potential_error,
                    forgotten_error: standing.since_start.error,
                    samples: samples.get(i).copied().unwrap_or(0),
                    sample_share: share_of(samples, i),
                    tokens: tokens.get(i).copied().unwrap_or(0),
                    token_share: share_of(tokens, i),
                }
            })
            .collect()
    }
}

/// The share of one count in all; NaN where nothing was counted.
fn share_of(counts: &[u64], index: usize) -> f64 {
    let all: u64 = counts.iter().fold(0, |sum, count| sum.saturating_add(*count));
    counts.get(index).map_or(f64::NAN, |count| *count as f64 / all as f64)
}
