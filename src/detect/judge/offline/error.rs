/// Why the offline judge could not be fitted.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum OfflineError {
    /// There are fewer than two domains to tell apart.
    #[error(
        "the offline judge was given {domains} domain(s); it tells domains apart and needs at \
         least 2: name more domains, or give the distribution by hand"
    )]
    Domains {
        /// How many domains there are.
        domains: usize,
    },
    /// A row of a domain that is not among those of the run.
    #[error("training row {row} belongs to domain {domain}; there are {domains}, counted from 0")]
    UnknownDomain {
        /// Index of the row.
        row: usize,
        /// Index of its domain.
        domain: usize,
        /// How many domains there are.
        domains: usize,
    },
    /// Too few rows of a domain to learn and to check what it looks like.
    #[error(
        "domain {domain} has {found} different training rows that are not empty; the offline judge \
         needs at least {needed}: give the domain more rows, or choose another judge"
    )]
    FewRows {
        /// Index of the domain.
        domain: usize,
        /// Rows that it has, repeated and empty ones not counted.
        found: usize,
        /// Rows that it needs.
        needed: usize,
    },
    /// A field outside its range.
    #[error("offline judge: {setting} is {found}; it must be {allowed}")]
    OutOfRange {
        /// Name of the field of `OfflineSettings`.
        setting: &'static str,
        /// The value that was given.
        found: usize,
        /// What may be given, in words.
        allowed: String,
    },
    /// No gram is common enough to learn from.
    #[error(
        "no word and no piece of a word occurs in two of the offline judge's training rows, so \
         there is nothing to learn; check that the rows hold text, or choose another judge"
    )]
    NoVocabulary,
    /// The optimizer found no usable parameters.
    #[error(
        "the offline judge's {what} could not be fitted ({why}); check the training rows for \
         garbage, or choose another judge"
    )]
    Fit {
        /// What was being fitted.
        what: &'static str,
        /// The optimizer's error.
        why: String,
    },
    /// The caller stopped the fitting.
    #[error("the offline judge was not fitted: stopped")]
    Stopped,
}
