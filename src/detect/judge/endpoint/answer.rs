//! A model's answer → probabilities, or why it is not usable, in a sentence.

use super::prompt::{folded, letter};
use super::reply::{Choice, Position, Reply};
use crate::config::AnswerForm;
use crate::mixing::Mixture;
use serde_json::{Map, Value};

/// Probabilities may miss the sum 1 by this much: models round. They are divided by their sum then.
const SUM_TOLERANCE: f64 = 0.05;
/// The domains' letters must hold at least this share of the first token's probability.
const LEAST_MASS: f64 = 0.5;

/// Reads the answers to one kind of question.
#[derive(Clone, Debug)]
pub(super) struct AnswerReader {
    form: AnswerForm,
    /// Their names as written, and as they are compared.
    domains: Vec<(String, String)>,
}

impl AnswerReader {
    pub fn new(form: AnswerForm, domains: &[String]) -> Self {
        let domains = domains.iter().map(|name| (name.clone(), folded(name))).collect();
        AnswerReader { form, domains }
    }

    /// # Errors
    /// Why the answer is not usable, as the end of a sentence.
    pub fn read(&self, reply: &Reply) -> Result<Mixture, String> {
        let choice = reply.choices.first().ok_or("the response holds no answer")?;
        if let Some(refusal) = choice.message.refusal.as_deref().filter(|text| !text.is_empty()) {
            return Err(format!("the model declined: {refusal}"));
        }
        match self.form {
            AnswerForm::Probabilities => self.probabilities(&answer(choice)?),
            AnswerForm::Label => self.label(&answer(choice)?),
            AnswerForm::Logprobs => self.letters(choice),
        }
        .map_err(|why| match choice.finish_reason.as_deref() {
            Some("length") => format!("{why} (the answer was cut off at answer_tokens)"),
            Some(_) | None => why,
        })
    }

    fn probabilities(&self, answer: &str) -> Result<Mixture, String> {
        let fields = object(answer)?;
        let mut weights: Vec<Option<f64>> = vec![None; self.domains.len()];
        for (name, value) in &fields {
            let slot = self.index(name).and_then(|j| weights.get_mut(j));
            let slot = slot.ok_or_else(|| self.unknown(name))?;
            let weight = value.as_f64().filter(|weight| *weight >= 0.0);
            let weight = weight.ok_or_else(|| format!("{name} has probability {value}"))?;
            if slot.replace(weight).is_some() {
                return Err(format!("{name} is named twice"));
            }
        }
        let named = self.domains.iter().zip(&weights);
        let missing = named.filter(|(_, weight)| weight.is_none()).map(|((name, _), _)| &**name);
        let missing: Vec<&str> = missing.collect();
        if !missing.is_empty() {
            return Err(format!("no probability for {}", missing.join(", ")));
        }
        let weights: Vec<f64> = weights.into_iter().flatten().collect();
        let sum: f64 = weights.iter().sum();
        if (sum - 1.0).abs() > SUM_TOLERANCE {
            return Err(format!("the probabilities sum to {sum}, not to 1"));
        }
        Mixture::normalized(weights).map_err(|error| error.to_string())
    }

    /// The label as JSON, or by itself.
    fn label(&self, answer: &str) -> Result<Mixture, String> {
        let name = match object(answer) {
            Ok(fields) => match fields.get("domain") {
                Some(Value::String(name)) => name.clone(),
                Some(_) | None => return Err(format!("no domain in {answer}")),
            },
            Err(_) => answer.trim_matches(|c: char| c == '"' || c == '.').to_owned(),
        };
        let domain = self.index(&name).ok_or_else(|| self.unknown(&name))?;
        let weights = (0..self.domains.len()).map(|j| if j == domain { 1.0 } else { 0.0 });
        Mixture::new(weights.collect()).map_err(|error| error.to_string())
    }

    /// p_j = Σ e^logprob over the tokens that are the letter of j, divided by the sum over all j.
    /// A letter that is not among the server's candidates has 0.
    fn letters(&self, choice: &Choice) -> Result<Mixture, String> {
        let positions = choice.logprobs.as_ref().and_then(|logprobs| logprobs.content.as_deref());
        let first = positions.unwrap_or_default().iter().find(|at| !at.token.trim().is_empty());
        let first = first.ok_or("the response holds no log-probabilities of an answer")?;
        let weights: Vec<f64> =
            (0..self.domains.len()).map(|j| probability_of(first, letter(j))).collect();
        let mass: f64 = weights.iter().sum();
        if mass < LEAST_MASS {
            return Err(format!(
                "the first token is '{}', and the domains' letters hold only {:.1} % there",
                first.token,
                100.0 * mass
            ));
        }
        Mixture::normalized(weights).map_err(|error| error.to_string())
    }

    /// The domain of this name.
    fn index(&self, name: &str) -> Option<usize> {
        let name = folded(name);
        self.domains.iter().position(|(_, domain)| *domain == name)
    }

    fn unknown(&self, name: &str) -> String {
        format!("'{name}' is not one of the domains")
    }
}

fn probability_of(position: &Position, letter: char) -> f64 {
    let is_letter = |token: &str| token.trim().chars().eq([letter]);
    let candidates = position.top_logprobs.iter().filter(|candidate| is_letter(&candidate.token));
    candidates.map(|candidate| candidate.logprob.exp()).sum()
}

/// The words of an answer, without the thoughts that some models put before it.
fn answer(choice: &Choice) -> Result<String, String> {
    let content = choice.message.content.as_deref().unwrap_or_default();
    let answer = content.rsplit("</think>").next().unwrap_or_default().trim();
    if answer.is_empty() { Err("the answer is empty".into()) } else { Ok(answer.to_owned()) }
}

/// The JSON object in an answer; models put words or a fence around it.
fn object(answer: &str) -> Result<Map<String, Value>, String> {
    let text = match (answer.find('{'), answer.rfind('}')) {
        (Some(start), Some(end)) if start < end => &answer[start..=end],
        _ => answer,
    };
    serde_json::from_str(text).map_err(|error| format!("no JSON object ({error}) in: {answer}"))
}

#[cfg(test)]
mod tests;
