use super::usage::Usage;
use crate::unit::grouped;
use std::io;
use std::path::PathBuf;

/// Errors that make further judging pointless. No message holds a key.
#[derive(Debug, thiserror::Error)]
pub enum JudgeError {
    /// There is no usable key.
    #[error("the judge's key, {origin}: {problem}")]
    Key {
        /// Where it should come from.
        origin: String,
        /// What is wrong there, and the fix.
        problem: String,
    },
    /// The endpoint was reached and will answer no request of this kind.
    #[error("judge {endpoint}: {found}; {fix}")]
    Refused {
        /// Model and address.
        endpoint: String,
        /// Status and message of the response.
        found: String,
        /// What the user can do.
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
        /// The error of the last one.
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
        /// What the user can do.
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
        /// The limit that would be exceeded, with the name of its config field.
        budget: String,
        /// What was used before.
        usage: Usage,
        /// Number of texts that were neither judged nor given up.
        left: usize,
        /// Where the judgements are kept.
        cache: PathBuf,
    },
    /// The file of earlier judgements cannot be used.
    #[error("cannot {doing} the judge's cache {}: {source}; free or choose another place", path.display())]
    Cache {
        /// What was attempted, as the verb behind "cannot".
        doing: &'static str,
        /// The file of judgements.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// No client can be made on this machine.
    #[error("judge {endpoint}: no client can be made: {problem}")]
    Client {
        /// Model and address.
        endpoint: String,
        /// The HTTP library's error.
        problem: String,
    },
}
