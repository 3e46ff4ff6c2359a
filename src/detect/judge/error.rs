use super::Usage;
use crate::unit::grouped;
use std::io;
use std::path::PathBuf;

/// What makes further judging pointless. No message holds a key.
#[derive(Debug, thiserror::Error)]
pub enum JudgeError {
    /// The key cannot be had.
    #[error("the judge's key, {origin}: {fault}")]
    Key {
        /// Where it should come from.
        origin: String,
        /// What is wrong there, and the fix.
        fault: String,
    },
    /// The endpoint was reached and will answer no request of this kind.
    #[error("judge {endpoint}: {found}; {fix}")]
    Refused {
        /// Model and address.
        endpoint: String,
        /// What it answered.
        found: String,
        /// What to do.
        fix: String,
    },
    /// No connection, after all tries.
    #[error(
        "judge {endpoint} cannot be reached after {tries} tries: {found}; check that the server \
         runs, base_url, the network and proxies"
    )]
    Unreachable {
        /// Model and address.
        endpoint: String,
        /// Number of tries.
        tries: u32,
        /// What the last one met with.
        found: String,
    },
    /// Not one of the first texts could be judged.
    #[error(
        "judge {endpoint} gave no usable answer to any of the first {texts} texts; of the last: \
         {found}; {fix}"
    )]
    Useless {
        /// Model and address.
        endpoint: String,
        /// How many texts were tried.
        texts: usize,
        /// Why the last of them got none.
        found: String,
        /// What to do.
        fix: String,
    },
    /// The budget does not allow the next request.
    #[error(
        "judge {endpoint}: another request would exceed the budget, {budget}; used so far: {} \
         requests ({} of them retries) and {} tokens; {left} texts are left; raise the budget and \
         begin again: what was judged is kept in {} and costs nothing then",
        grouped(usage.requests),
        grouped(usage.retries),
        grouped(usage.prompt_tokens + usage.completion_tokens),
        cache.display()
    )]
    Budget {
        /// Model and address.
        endpoint: String,
        /// The limit that would be exceeded, with the name of its setting.
        budget: String,
        /// What was used.
        usage: Usage,
        /// Texts that were neither judged nor given up.
        left: usize,
        /// Where the judgements are kept.
        cache: PathBuf,
    },
    /// The file of earlier judgements cannot be used.
    #[error("cannot {doing} the judge's cache {}: {source}; free or choose another place", path.display())]
    Cache {
        /// What was tried.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// No client can be made on this machine.
    #[error("judge {endpoint}: no client can be made: {fault}")]
    Client {
        /// Model and address.
        endpoint: String,
        /// Why.
        fault: String,
    },
}
