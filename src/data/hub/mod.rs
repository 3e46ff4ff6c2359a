//! Data sets on the Hub: addresses in a plan → files in the cache.
//!
//! ```text
//!  hf://datasets/owner/name ─▶ address ─▶ files (configs, splits) ─▶ crate::hub ─▶ localize: DataPlan with files
//! ```
//!
//! What the addresses stood for is kept ([`TakenFiles`]), so that a resume goes on with the same files.

mod address;
mod configs;
mod files;
mod localize;
mod paths;
mod splits;
mod taken;

pub use address::{AddressError, HubAddress};
pub use localize::{LocalData, OnFetching, is_remote, localize};
pub use taken::{DataUse, TakenFiles};

#[cfg(test)]
mod files_tests;
#[cfg(test)]
mod tests;
