use crate::mixing::MixtureError;

/// Why a tokenizer's training mixture cannot be inferred.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum InferenceError {
    /// The tokenizer has another model than BPE.
    #[error(
        "the tokenizer's model is {found}; only the merge list of a BPE reveals its training mixture. \
         Detect with a judge instead"
    )]
    NotBpe {
        /// Its kind: `WordPiece`, `Unigram`, `WordLevel`.
        found: &'static str,
    },
    /// A BPE that never merges.
    #[error(
        "the tokenizer is a BPE without merges (its tokens are single characters or bytes), which \
         reveals nothing about its training mixture. Detect with a judge instead"
    )]
    NoMerges,
    /// The definition contradicts itself.
    #[error("the tokenizer's BPE is broken: {problem}")]
    Broken {
        /// What contradicts what.
        problem: String,
    },
    /// A limit of 0, or of more than can be counted.
    #[error("{name} is {found}; allowed is {allowed}")]
    Limit {
        /// Name of the limit.
        name: &'static str,
        /// The value that was given.
        found: u64,
        /// What it may be.
        allowed: &'static str,
    },
    /// There is nothing to divide the training data among.
    #[error("no domain is given; a mixture needs at least one, with texts")]
    NoDomains,
    /// A domain without a single byte.
    #[error(
        "domain '{domain}' has no text to count pairs in ({texts} texts, all empty); give it texts \
         or leave it out"
    )]
    NoText {
        /// Name of the domain.
        domain: String,
        /// Number of its texts.
        texts: usize,
    },
    /// The tokenizer cannot split a text.
    #[error("domain '{domain}', text {text}: the tokenizer cannot split it: {problem}")]
    Split {
        /// Name of the domain.
        domain: String,
        /// Number of the text in the domain, from 1.
        text: usize,
        /// The tokenizer's error.
        problem: String,
    },
    /// No merge has a pair that occurs in the texts.
    #[error(
        "none of the tokenizer's first {merges} merges occurs in the texts: they are of another \
         script or language than its training data. Give other texts"
    )]
    NothingInCommon {
        /// How many were tried.
        merges: usize,
    },
    /// The solver found no solution.
    #[error("the linear program of {constraints} constraints was not solved: {problem}")]
    Unsolved {
        /// Number of its constraints.
        constraints: usize,
        /// The solver's error.
        problem: String,
    },
    /// The solver's shares are no mixture.
    #[error("the linear program's answer is no mixture: {0}")]
    Mixture(#[from] MixtureError),
}
