//! An encoder that nothing in a row, a template or a tokenizer can end.

use super::protocol::{Answer, Request, SUBCOMMAND};
use super::{EncodedRow, Encoder, EncoderFacts, Recipe};
use crate::data::conversation::Document;
use crate::data::error::{DataError, RowError, Unusable};
use crate::data::template::TemplateSource;
use crate::data::tokenizer::TokenizerFolder;
use crate::sandbox::{Child, Isolation};
use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};
use std::slice;

/// Rows that may end their process before the rest is given up: each costs the start of another.
pub const MOST_DEATHS: usize = 16;

/// Encodes documents in a child, or here where all is trusted.
#[derive(Debug)]
pub(in crate::data) struct GuardedEncoder {
    recipe: Recipe,
    place: Place,
    /// How often a child ended on rows that it encoded one by one.
    crowded: u64,
}

#[derive(Debug)]
enum Place {
    Here(Box<Encoder>),
    Child {
        program: PathBuf,
        child: Child,
        /// Whether it owes an answer.
        sent: bool,
        deaths: usize,
    },
}

/// A child that ended, and why.
struct Death(String);

impl GuardedEncoder {
    /// Makes the encoder and tries its template once.
    ///
    /// # Errors
    /// Tokenizer or template cannot be used, or end the process that tries them; no process can be
    /// started.
    pub fn new(recipe: Recipe, isolation: &Isolation) -> Result<(Self, EncoderFacts), DataError> {
        let (place, facts) = match isolation {
            Isolation::None => {
                let encoder = encoder(&recipe)?;
                let facts = encoder.facts();
                (Place::Here(Box::new(encoder)), facts)
            }
            Isolation::Process(program) => {
                let (child, facts) = start(program, &recipe)?;
                let program = program.clone();
                (Place::Child { program, child, sent: false, deaths: 0 }, facts)
            }
        };
        Ok((GuardedEncoder { recipe, place, crowded: 0 }, facts))
    }

    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// A warning as a sentence, where encoding took more memory than it may.
    pub fn notice(&self) -> Option<String> {
        (self.crowded > 0).then(|| {
            format!(
                "{} times the process that encodes rows needed more memory for rows side by side than it \
                 may use; they were encoded one by one",
                self.crowded
            )
        })
    }

    /// Encodes documents, each for itself: [`GuardedEncoder::submit`] and [`GuardedEncoder::collect`].
    ///
    /// # Errors
    /// As those of `collect`.
    pub fn encode(&mut self, documents: &[&Document]) -> Result<Vec<EncodedRow>, DataError> {
        self.submit(documents);
        self.collect(documents)
    }

    /// Begins to encode documents; a child does it while this process goes on. Only one set at a time.
    pub fn submit(&mut self, documents: &[&Document]) {
        if let Place::Child { child, sent, .. } = &mut self.place {
            // A child that is gone is told of by `collect`.
            *sent = child.send(&request(documents)).is_ok();
        }
    }

    /// What became of the documents that were submitted. What ends the process that encodes it is a bad
    /// row: the others are encoded in another process, one by one, so that the outcome does not depend
    /// on which rows came together.
    ///
    /// # Errors
    /// Too many rows ended their process, or no other can be started.
    pub fn collect(&mut self, documents: &[&Document]) -> Result<Vec<EncodedRow>, DataError> {
        let (program, child, sent, deaths) = match &mut self.place {
            Place::Here(encoder) => return Ok(encoder.encode_all(documents)),
            Place::Child { program, child, sent, deaths } => (program, child, sent, deaths),
        };
        if std::mem::take(sent)
            && let Ok(Answer::Encoded(rows)) = child.receive()
            && rows.len() == documents.len()
        {
            return Ok(rows);
        }
        let recipe = &self.recipe;
        let renew = || Ok::<_, DataError>(start(program, recipe)?.0);
        *child = renew()?;
        let deaths_before = *deaths;
        let mut rows = Vec::with_capacity(documents.len());
        for document in documents {
            match encode_in(child, slice::from_ref(document)) {
                Ok(one) => rows.extend(one),
                Err(Death(cause)) => {
                    *deaths += 1;
                    if *deaths > MOST_DEATHS {
                        return Err(given_up(recipe, &cause));
                    }
                    rows.push(Err(fatal(recipe, &cause)));
                    *child = renew()?;
                }
            }
        }
        self.crowded += u64::from(*deaths == deaths_before);
        Ok(rows)
    }
}

fn request<'a>(documents: &[&'a Document]) -> Request<'a> {
    Request::Encode(documents.iter().map(|document| Cow::Borrowed(*document)).collect())
}

fn encode_in(child: &mut Child, documents: &[&Document]) -> Result<Vec<EncodedRow>, Death> {
    match child.call(&request(documents)) {
        Ok(Answer::Encoded(rows)) if rows.len() == documents.len() => Ok(rows),
        other => Err(Death(cause(child, other))),
    }
}

/// The encoder of a recipe, with the one that cuts.
fn encoder(recipe: &Recipe) -> Result<Encoder, DataError> {
    let other = recipe.cut_by.as_deref().map(encoder).transpose()?;
    let folder = TokenizerFolder::new(recipe.files.clone())?;
    let encoder = Encoder::new(folder, recipe.template.as_ref(), recipe.choices.clone())?;
    Ok(encoder.cut_by(other.map(Box::new)))
}

/// A child with the encoder in it.
fn start(program: &Path, recipe: &Recipe) -> Result<(Child, EncoderFacts), DataError> {
    let mut child = Child::start(program, SUBCOMMAND).map_err(DataError::io("start", program))?;
    if let Some(other) = &recipe.cut_by {
        load(&mut child, other)?;
    }
    let facts = load(&mut child, recipe)?;
    Ok((child, facts))
}

/// Makes an encoder in a child. Tokenizer and template are tried apart, so that the one that ends the child
/// can be named.
fn load(child: &mut Child, recipe: &Recipe) -> Result<EncoderFacts, DataError> {
    let Recipe { files, template, choices, .. } = recipe;
    match child.call(&Request::Tokenizer(Cow::Borrowed(files))) {
        Ok(Answer::Tokenizer) => {}
        Ok(Answer::Unusable(unusable)) => return Err(unusable.into()),
        other => {
            let problem = fatal_load(&cause(child, other));
            return Err(Unusable::tokenizer(&files.path, problem).into());
        }
    }
    let (source, choices) = (Cow::Borrowed(template), Cow::Borrowed(choices));
    match child.call(&Request::Template { source, choices }) {
        Ok(Answer::Template(facts)) => Ok(facts),
        Ok(Answer::Unusable(unusable)) => Err(unusable.into()),
        other => {
            let name = template.as_ref().map_or("", TemplateSource::name);
            Err(Unusable::template(name, fatal_load(&cause(child, other))).into())
        }
    }
}

fn cause(child: &mut Child, answer: io::Result<Answer>) -> String {
    let error = answer.err().unwrap_or_else(|| io::Error::other("an answer out of its turn"));
    child.cause_of_death(&error)
}

fn fatal_load(cause: &str) -> String {
    format!("it ends the process that tries it: {cause}; take one that you trust")
}

fn fatal(recipe: &Recipe, cause: &str) -> RowError {
    let suspects = suspects(recipe);
    RowError(format!("{suspects} ends the process that works on the row: {cause}; shorten the row"))
}

fn given_up(recipe: &Recipe, cause: &str) -> DataError {
    let problem = format!(
        "{} ended more than {MOST_DEATHS} processes, each on another row, the last because {cause}; take \
         a model or a chat template that you trust",
        suspects(recipe)
    );
    Unusable::tokenizer(&recipe.files.path, problem).into()
}

/// What may have ended a child.
fn suspects(recipe: &Recipe) -> String {
    let tokenizer = format!("the tokenizer {}", recipe.files.path.display());
    match &recipe.template {
        Some(template) => format!("the chat template {} or {tokenizer}", template.name()),
        None => tokenizer,
    }
}
