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
    /// Training rows as text, each with its domain's index: what the offline judge learns from, and
    /// the tokenizer's merges are compared with.
    pub rows: &'a [(String, usize)],
    /// Folder for texts and judgements; made where there is none.
    pub folder: &'a Path,
}
