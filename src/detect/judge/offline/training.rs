/// A text as (column, value), columns ascending; columns of value 0 are left out.
pub(super) type SparseVector = Vec<(u32, f32)>;

/// Texts to fit on. Every domain has the same weight, however many texts it has.
pub(super) struct TrainingSet {
    pub vectors: Vec<SparseVector>,
    /// Domain of each vector.
    pub domains: Vec<usize>,
    /// Number of domains.
    pub domain_count: usize,
    /// Number of columns.
    pub columns: usize,
}
