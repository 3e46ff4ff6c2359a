//! A judge that needs no other model: a classifier fitted on the run's own training rows.
//!
//! ```text
//!  rows ─▶ texts (distinct, limited, dealt into folds) ─▶ gram counts ─▶ per fold: TF-IDF, Classifier
//!                                                             │               │ scores of beginnings of
//!                                                             │               ▼ texts it did not see
//!                                                             │         temperature, Confusion
//!                                                             └─▶ all texts: TF-IDF, Classifier ─▶ judge
//! ```
//!
//! It learns the domains from the training rows and sees nothing of a text but its words: a text in
//! another style or language than the rows is judged by the few words that they share. Its confusion
//! matrix is valid for texts like the training rows, as long as those that it is to judge.

mod calibrate;
mod classifier;
mod counts;
mod error;
mod grams;
mod judge;
mod neighbours;
mod settings;
mod softmax;
mod texts;
mod tfidf;
mod training;

pub use error::OfflineError;
pub use judge::OfflineJudge;
pub use settings::OfflineSettings;
pub use texts::Row;

#[cfg(test)]
pub(in crate::detect) mod testing;
#[cfg(test)]
mod tests;
