use super::domain_texts::DomainTexts;
use super::error::InferenceError;
use super::merges::MergeList;
use super::program::{self, PER_BYTES};
use super::replay::Replay;
use super::solution::Solution;
use super::words::count_words;
use crate::mixing::Mixture;
use crate::unit::Bytes;
use tokenizers::Tokenizer;

/// How much of the tokenizer and of the texts is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Merges, from the first: the most frequent pairs, which are the surest evidence. At least 1.
    pub merges: usize,
    /// Text of each domain, from 1 byte to 1 GiB. The text at the limit is cut.
    pub text_per_domain: Bytes,
}

impl Default for Limits {
    /// 1,000 merges, the paper's code's own default: later pairs are so rare that their order in a
    /// few MB is noise, and the time to solve grows faster than the merges. 4 MiB of text per domain.
    fn default() -> Self {
        Limits { merges: 1000, text_per_domain: Bytes(4 << 20) }
    }
}

/// What a tokenizer reveals about its training data.
#[derive(Clone, Debug, PartialEq)]
pub struct Inference {
    /// Shares of the given domains in the *bytes* (UTF-8, before the tokenizer's normalization) of
    /// the text that the tokenizer was trained on.
    pub mixture: Mixture,
    /// Number of merges in the tokenizer's list.
    pub merges_listed: usize,
    /// Of these, those that were used: the first ones, without those that only a conversion wrote.
    pub merges_read: usize,
    /// Of these, those with a pair that occurs in the texts: the evidence.
    pub merges_used: usize,
    /// Text counted, per domain.
    pub text: Vec<Bytes>,
    /// The sum of all slacks, divided by the frequencies that the used merges had at their time. 0 if
    /// the mixture explains the order of all merges; higher if the texts are few, or unlike those of
    /// the training.
    pub violation: f64,
    /// Number of constraints that the linear program needed.
    pub constraints: usize,
    /// How often it was solved.
    pub rounds: usize,
    /// Whether no constraint was violated in the end; else the rounds were used up.
    pub complete: bool,
}

/// Infers the mixture of the domains in a tokenizer's training data.
///
/// A function of its arguments alone.
///
/// # Errors
/// A tokenizer that is no BPE or has no merges, a domain without text, limits out of range, texts
/// in which no merge occurs, a program that the solver gives up on.
pub fn infer_mixture(
    tokenizer: &Tokenizer,
    domains: &[DomainTexts<'_>],
    limits: &Limits,
) -> Result<Inference, InferenceError> {
    check(domains, limits)?;
    let list = MergeList::read(tokenizer, limits.merges)?;
    let words = count_words(tokenizer, &list, domains, limits.text_per_domain)?;
    let text = words.text.clone();
    let replay = Replay::new(words, &list.merges);
    if replay.steps.is_empty() {
        return Err(InferenceError::NothingInCommon { merges: list.merges.len() });
    }
    let scale: Vec<f64> = text.iter().map(|bytes| PER_BYTES / bytes.0 as f64).collect();
    let solved = program::solve(&replay, &scale)?;
    Ok(Inference {
        violation: violation(&replay, &scale, &solved.solution),
        mixture: Mixture::normalized(solved.solution.shares)?,
        merges_listed: list.listed,
        merges_read: list.merges.len(),
        merges_used: replay.steps.len(),
        text,
        constraints: solved.constraints,
        rounds: solved.rounds,
        complete: solved.complete,
    })
}

/// Σ v / Σ_i Σ_j α_j·c_ij(m_i).
fn violation(replay: &Replay, scale: &[f64], solution: &Solution) -> f64 {
    let weights = || solution.shares.iter().zip(scale).map(|(share, scale)| share * scale);
    let frequency = |counts: &[u32]| -> f64 {
        counts.iter().zip(weights()).map(|(&count, weight)| f64::from(count) * weight).sum()
    };
    match solution.slack() {
        0.0 => 0.0,
        slack => slack / replay.steps.iter().map(|step| frequency(&step.counts)).sum::<f64>(),
    }
}

fn check(domains: &[DomainTexts<'_>], limits: &Limits) -> Result<(), InferenceError> {
    if domains.is_empty() {
        return Err(InferenceError::NoDomains);
    }
    if limits.merges == 0 {
        return Err(InferenceError::Limit { name: "merges", found: 0, allowed: "at least 1" });
    }
    // Counts are of 32 bits.
    let text = limits.text_per_domain.0;
    if !(1..=1 << 30).contains(&text) {
        let allowed = "1 byte to 1 GiB";
        return Err(InferenceError::Limit { name: "text_per_domain", found: text, allowed });
    }
    Ok(())
}
