//! Data files → examples on disk → batches of packed sequences, drawn by a mixture.
//!
//! ```text
//!  file ─▶ read: RawRow ─▶ row_format: Document ─▶ template: text ─▶ encoder: counted tokens
//!                                                                         │
//!  step ◀─ pack: Batch ◀─ Example ◀─ Corpus ◀─ corpus: token cache ◀──────┘
//!                            ▲
//!  mixture ─▶ sampler: (domain, index), …
//! ```
//!
//! A plan may name data sets on the Hub in place of files: `hub` fetches them.
//!
//! A *row* is an entry of a data file, an [`Example`] its tokens, a *sequence* ([`PackedSequence`])
//! several examples one after the other. A [`DataPlan`] decides what is read, and how.
//!
//! | to add | where |
//! |---|---|
//! | a file format | a file in `read`, and its name in `read::registry` |
//! | a row format | a variant of [`RowFormat`], and a file in `row_format` |
//! | a chat template | a file in `template`, and an entry in `template::builtin` |

mod batch;
mod conversation;
mod corpus;
mod decoder;
mod encoder;
mod error;
mod hub;
mod json;
mod pack;
mod plan;
mod question;
mod read;
mod row_format;
mod sampler;
mod summary;
mod template;
mod tokenizer;

pub use batch::{Batch, Example, PackedSequence};
pub use conversation::ChatRole;
pub use corpus::{
    ChatFormat, Corpus, DocumentView, Progress, RowChoice, RowView, SequenceView, for_each_row,
};
pub use decoder::Decoder;
pub use encoder::{RETRIES, SUBCOMMAND, serve};
pub use error::{DataError, RowError, RowPlace, Unusable};
pub use hub::{
    AddressError, DataUse, HubAddress, LocalData, OnFetching, TakenFiles, is_remote, localize,
};
pub use plan::{
    DataPlan, DomainPlan, FieldIs, HeldOut, LossRule, OnBadRow, RowFormat, TemplateChoice, TooLong,
};
pub use question::{Question, question};
pub use read::is_data_file;
pub use sampler::{Sampler, SamplerError, SamplerState};
pub use summary::{
    DataNotice, DataSummary, FieldCount, FieldUse, FileFields, Lengths, SharedRows, ShownRow,
    TextSize,
};
pub use template::template_names;
pub use tokenizer::load_tokenizer;
