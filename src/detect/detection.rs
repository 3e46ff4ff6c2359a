use crate::config::DetectionPlan;
use std::path::Path;
use tch::Device;

/// One detection: the model, how it is measured, and where texts and judgements are kept.
pub struct Detection<'a> {
    /// How texts are drawn and who judges them.
    pub plan: &'a DetectionPlan,
    /// Seed of the texts, of the classifier and of the bootstrap.
    pub seed: u64,
    /// Names of the domains, in the order of the run.
    pub domains: &'a [String],
    /// Folder of the model whose distribution is measured, in HF layout.
    pub model: &'a Path,
    /// The model in words, for the result.
    pub source: String,
    /// Where the texts are generated.
    pub device: Device,
    /// Training rows: what the offline judge learns from, and the tokenizer's merges are compared with.
    pub rows: &'a [TrainingRow],
    /// Folder for texts and judgements; made where there is none.
    pub folder: &'a Path,
}

/// A training row as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrainingRow {
    /// All of it.
    pub text: String,
    /// Its first tokens, as many as a text of the detection may have. The offline judge's confusion is
    /// measured on these.
    pub beginning: String,
    /// Index of its domain.
    pub domain: usize,
}
