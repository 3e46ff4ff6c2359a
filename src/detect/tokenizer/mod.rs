//! What a BPE tokenizer reveals about the data that it was trained on: a cross-check of the detection
//! that needs neither model nor judge.
//!
//! Data mixture inference (Hayase, Liu, Choi, Oh and Smith 2024, "Data Mixture Inference: What do
//! BPE Tokenizers Reveal about their Training Data?", arXiv 2407.16607): a BPE trainer merges, at
//! every step, the pair of neighbouring symbols that is then the most frequent one. So for each
//! merge m_i in order and every pair p, the mixture α of the training data obeys
//!
//! ```text
//! Σ_j α_j·c_ij(m_i) ≥ Σ_j α_j·c_ij(p)
//! ```
//!
//! where c_ij(p) is how often p occurs in a text of domain j, per byte of it, after the merges
//! before i. The caller's texts are not the trainer's, so every merge has a slack v_i and every
//! pair a slack v_p, and the answer is the α of the linear program
//!
//! ```text
//! minimize Σ_i v_i + Σ_p v_p   over α in the simplex, v ≥ 0
//! subject to v_i + v_p + Σ_j α_j·(c_ij(m_i) − c_ij(p)) ≥ 0   for all i, p
//! ```
//!
//! `merges` reads the list, `words` splits the texts as the tokenizer does, `replay` applies the
//! merges and records every count that changes, `violations` finds the constraints that a `solution`
//! breaks, and `program` solves, adding those until there are none.
//!
//! The result is about the *tokenizer's* training data, which may differ from the model's. It divides
//! them among the given domains alone: data of any other kind count as the domains that they resemble.

mod domain_texts;
mod error;
mod infer;
mod merges;
mod program;
mod replay;
mod solution;
mod violations;
mod words;

#[cfg(test)]
mod tests;

pub use domain_texts::DomainTexts;
pub use error::InferenceError;
pub use infer::{Inference, Limits, infer_mixture};
