//! w(0) by MixMin: the mixture of the models tuned on each domain that explains held-out rows best.

use crate::mixing::{CrossLosses, MixMin, Mixture, mixmin};
use crate::train::error::TrainError;
use crate::unit::{DomainId, grouped};

/// w(0), and where it comes from in words. The rows are those of the targets, or of every domain where there
/// are none; domains count alike, and so do the rows of each.
///
/// # Errors
/// The run has no losses of rows under every tuned model.
pub(super) fn first_mixture(
    cross: Option<&CrossLosses>,
    targets: &[DomainId],
    domains: &[String],
) -> Result<(Mixture, String), TrainError> {
    let wanted: Vec<usize> = match targets {
        [] => (0..domains.len()).collect(),
        targets => targets.iter().map(|target| target.0).collect(),
    };
    let missing = TrainError::NoCrossLosses { domains: domains.len() };
    let Some(cross) = cross else { return Err(missing) };
    let found = explained(cross, &wanted).ok_or(missing)?;
    let rows: usize = wanted.iter().map(|domain| cross.tokens[*domain].len()).sum();
    let names: Vec<&str> = wanted.iter().map(|domain| domains[*domain].as_str()).collect();
    let words = format!(
        "MixMin on {} held-out rows of {}, {:.4} nats a token",
        grouped(rows as u64),
        names.join(", "),
        found.loss
    );
    Ok((found.mixture, words))
}

/// `None` where a domain that is wanted has no rows.
fn explained(cross: &CrossLosses, wanted: &[usize]) -> Option<MixMin> {
    let (mut nats, mut weights) = (Vec::new(), Vec::new());
    for domain in wanted {
        let tokens = cross.tokens.get(*domain).filter(|tokens| !tokens.is_empty())?;
        for (row, tokens_of_row) in tokens.iter().enumerate() {
            // Models give losses, MixMin wants log-probabilities.
            nats.push(
                cross.tuned.iter().map(|by_model| -by_model[*domain][row]).collect::<Vec<_>>(),
            );
            weights.push(1.0 / (*tokens_of_row as f64 * tokens.len() as f64));
        }
    }
    let found = mixmin(&nats, &weights)?;
    // Its loss is the mean of −log p over rows that weigh 1/length: per token once these weights are undone.
    let sum: f64 = weights.iter().sum();
    Some(MixMin { loss: found.loss * sum / wanted.len() as f64, ..found })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three domains of one row each; the model of code explains law's row as well as law's own.
    fn cross() -> CrossLosses {
        CrossLosses {
            tokens: vec![vec![10], vec![20], vec![10]],
            untuned: vec![vec![30.0], vec![60.0], vec![30.0]],
            tuned: vec![
                vec![vec![20.0], vec![60.0], vec![30.0]],
                vec![vec![20.0], vec![40.0], vec![30.0]],
                vec![vec![30.0], vec![60.0], vec![20.0]],
            ],
        }
    }

    fn domains() -> Vec<String> {
        ["law", "code", "general"].map(String::from).to_vec()
    }

    #[test]
    fn the_rows_are_those_of_the_targets_or_of_every_domain() {
        let (mixture, words) = first_mixture(Some(&cross()), &[DomainId(2)], &domains()).unwrap();
        assert!(mixture.as_slice()[2] > 0.999, "{mixture:?}");
        assert!(words.starts_with("MixMin on 1 held-out rows of general, 2.0"), "{words}");
        let (mixture, words) = first_mixture(Some(&cross()), &[], &domains()).unwrap();
        // By hand: law's weight is of no use beside code's, which explains law's row as well. With w of code,
        // rows of law and code are worth w, that of general 1 − w, in parts of 1/10 + 1/20 to 1/10: w = 3/5.
        let expected = [0.0, 0.6, 0.4];
        let near = |(a, b): (&f64, f64)| (a - b).abs() < 1e-3;
        assert!(mixture.as_slice().iter().zip(expected).all(near), "{mixture:?}");
        // −ln 0.6 and −ln 0.4 on top of 2 nats a token.
        let loss = 2.0 + (-0.6f64.ln() / 10.0 - 0.6f64.ln() / 20.0 - 0.4f64.ln() / 10.0) / 3.0;
        assert!(words.contains(&format!("law, code, general, {loss:.4} nats a token")), "{words}");
    }

    #[test]
    fn without_the_table_it_is_said_what_to_do() {
        let error = first_mixture(None, &[], &domains()).unwrap_err().to_string();
        assert!(error.contains("each of the 3 domains"), "{error}");
        assert!(error.contains("mixing.reference: Tune(table: On)"), "{error}");
    }
}
