//! A prompt as the model that is trained gets one.

use super::conversation::{ChatRole, Document, Turn};
use super::encoder::{Encoded, EncodedRow, GuardedEncoder, Recipe};
use super::error::{DataError, RowError};
use super::plan::{DataPlan, TooLong};
use crate::sandbox::Isolation;
use std::path::Path;

/// The tokens with which a model is asked, and those that end its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Up to where the answer begins.
    pub tokens: Vec<u32>,
    /// Special tokens with which the chat template ends an answer; none of running text.
    pub ends: Vec<u32>,
}

/// An answer whose beginning shows where every answer begins.
const ANSWER: &str = "Yes";

/// What the user of a chat asks, written by the plan's chat template; running text that is to be continued where
/// there is none.
///
/// # Errors
/// Tokenizer or template cannot be used, or refuse the text.
pub fn question(
    plan: &DataPlan,
    tokenizer_folder: &Path,
    isolation: &Isolation,
    text: &str,
) -> Result<Question, DataError> {
    let mut recipe = Recipe::read(plan, tokenizer_folder)?;
    // Nothing of it may be cut off: what is too long for the model is said by the model.
    (recipe.choices.sequence_length, recipe.choices.too_long) = (usize::MAX, TooLong::Drop);
    recipe.choices.loss = Default::default();
    let (mut encoder, facts) = GuardedEncoder::new(recipe, isolation)?;
    let document = match facts.has_template {
        true => {
            let asked = Turn::new(ChatRole::User, text);
            let answered = Turn::new(ChatRole::Assistant, ANSWER);
            Document::Conversation(vec![asked, answered].into())
        }
        false => Document::Text(text.into()),
    };
    let row = encoder.encode(&[&document])?.pop();
    let (tokens, counted) = example(row).map_err(|error| DataError::Question(error.to_string()))?;
    let begin = match facts.has_template {
        true => counted.iter().position(|counted| *counted).unwrap_or(tokens.len()),
        false => tokens.len() - usize::from(facts.ends_texts),
    };
    Ok(Question { tokens: tokens[..begin].to_vec(), ends: facts.end_tokens })
}

fn example(row: Option<EncodedRow>) -> Result<(Vec<u32>, Vec<bool>), RowError> {
    match row {
        Some(Ok(Encoded::Kept { tokens, counted, .. })) => Ok((tokens, counted)),
        Some(Ok(Encoded::Dropped(_))) | None => Err(RowError("nothing of it can be asked".into())),
        Some(Err(error)) => Err(error),
    }
}
