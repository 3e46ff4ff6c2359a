//! The Hugging Face Hub: files of models and data sets, through the cache that Python's huggingface_hub
//! uses too, under the same environment variables. (The hub of a run's events is another thing, in
//! `telemetry`.)
//!
//! ```text
//!  Repo, Want ─▶ fetch ─┬─▶ listing ─▶ Want::choose ─▶ download ─▶ cache ─▶ Snapshot
//!                       └─▶ stored: what the cache holds, where the Hub is not asked or not there
//! ```
//!
//! A [`Repo`] is of a model or of a data set; a [`Want`] says which of its files are wanted. All else is
//! the same for both.
//!
//! Neither a Hub nor a mirror is trusted. Whatever they answer is checked before it is used: names
//! (`listing`, `remote`), checksums and sizes (`download`), lengths and redirects (`client`).

mod cache;
mod checksum;
mod client;
mod download;
mod error;
mod fetch;
mod listing;
mod progress;
mod remote;
mod repo;
mod settings;
mod snapshot;
mod stored;
mod want;

pub use error::HubError;
pub use fetch::fetch;
pub use progress::Fetching;
pub use repo::{Repo, RepoKind};
pub use settings::Settings;
pub use snapshot::{Snapshot, Source};
pub use want::{Scope, Want};

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
