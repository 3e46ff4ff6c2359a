//! What parent and child say to each other.

use super::{Choices, EncodedRow, Encoder, EncoderFacts};
use crate::data::conversation::Document;
use crate::data::error::Unusable;
use crate::data::template::TemplateSource;
use crate::data::tokenizer::{TokenizerFiles, TokenizerFolder};
use crate::sandbox;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::io;

/// The subcommand by which a process becomes such a child.
pub const SUBCOMMAND: &str = "encoder-child";

/// A child gets the first two in this order, and then any number of the third. Where it gets the first two
/// twice, the second encoder cuts as the first one would.
#[derive(Serialize, Deserialize)]
pub(super) enum Request<'a> {
    Tokenizer(Cow<'a, TokenizerFiles>),
    Template { source: Cow<'a, Option<TemplateSource>>, choices: Cow<'a, Choices> },
    Encode(Vec<Cow<'a, Document>>),
}

/// The answers to the requests in their order.
#[derive(Serialize, Deserialize)]
pub(super) enum Answer {
    Tokenizer,
    Template(EncoderFacts),
    Encoded(Vec<EncodedRow>),
    Unusable(Unusable),
    /// A request out of its turn.
    OutOfTurn,
}

/// How far a child is made.
enum Stage {
    Empty,
    /// The tokenizer, and the encoder that cuts.
    Tokenizer(Box<TokenizerFolder>, Option<Box<Encoder>>),
    Encoder(Box<Encoder>),
}

/// Encodes what the parent sends, in a process that was started for it.
///
/// # Errors
/// The process cannot be limited, or the parent is gone.
pub fn serve() -> io::Result<()> {
    let mut stage = Stage::Empty;
    sandbox::serve(|request: Request| {
        let before = std::mem::replace(&mut stage, Stage::Empty);
        let (after, answer) = answer(before, request)
            .unwrap_or_else(|unusable| (Stage::Empty, Answer::Unusable(unusable)));
        stage = after;
        answer
    })
}

fn answer(stage: Stage, request: Request<'_>) -> Result<(Stage, Answer), Unusable> {
    Ok(match (stage, request) {
        (stage @ (Stage::Empty | Stage::Encoder(_)), Request::Tokenizer(files)) => {
            let folder = Box::new(TokenizerFolder::new(files.into_owned())?);
            let cut_by = match stage {
                Stage::Encoder(other) => Some(other),
                _ => None,
            };
            (Stage::Tokenizer(folder, cut_by), Answer::Tokenizer)
        }
        (Stage::Tokenizer(folder, cut_by), Request::Template { source, choices }) => {
            let source = source.as_ref().as_ref();
            let encoder = Encoder::new(*folder, source, choices.into_owned())?.cut_by(cut_by);
            let facts = encoder.facts();
            (Stage::Encoder(Box::new(encoder)), Answer::Template(facts))
        }
        (Stage::Encoder(encoder), Request::Encode(documents)) => {
            let rows = encoder.encode_all(&documents);
            (Stage::Encoder(encoder), Answer::Encoded(rows))
        }
        (stage, _) => (stage, Answer::OutOfTurn),
    })
}
