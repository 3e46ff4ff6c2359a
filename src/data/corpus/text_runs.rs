//! Tokens as text, what the loss counts apart.

use crate::data::Decoder;
use crate::data::error::DataError;

/// What each run of tokens adds to the text, and whether the loss counts it: a character may be of several
/// tokens, of which the last one brings it.
pub(super) fn runs(
    decoder: &Decoder,
    tokens: &[u32],
    counted: &[bool],
) -> Result<Vec<(bool, String)>, DataError> {
    let (mut runs, mut at, mut written) = (Vec::new(), 0, String::new());
    for run in counted.chunk_by(|a, b| a == b) {
        at += run.len();
        let text = decoder.whole(&tokens[..at])?;
        let same = written.chars().zip(text.chars()).take_while(|(a, b)| a == b);
        let same: usize = same.map(|(a, _)| a.len_utf8()).sum();
        runs.push((run[0], text[same..].to_owned()));
        written = text;
    }
    Ok(runs)
}
