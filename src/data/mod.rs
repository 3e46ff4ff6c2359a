//! Files → conversations → tokens → packed rows → [`Batch`], drawn by a mixture.

mod batch;
mod conversation;
mod corpus;
mod decoder;
mod error;
mod formats;
mod pack;
mod plan;
mod read;
mod sampler;
mod summary;
mod template;
mod tokenize;
mod tokenizer;

pub use batch::{Batch, Example, PackedSequence};
pub use conversation::{Document, Fingerprint, Role, Turn};
pub use corpus::{Corpus, Progress};
pub use decoder::Decoder;
pub use error::{DataError, RowPlace, RowError};
pub use pack::pack;
pub use plan::{
    DataPlan, DomainPlan, FieldIs, HeldOut, OnBadRow, RowFormat, TemplateChoice, TooLong,
};
pub use sampler::{Sampler, SamplerError, SamplerState};
pub use summary::DataSummary;
