use crate::mixing::Mixture;
use serde::{Deserialize, Serialize};

/// How a judge confuses domains, measured on texts whose domain is known.
///
/// The line of domain j is the mean of the probabilities that the judge gave to texts of domain j,
/// so that entry (j, k) is the part of a text of domain j that it takes for domain k; every line sums
/// to 1. A judge that never errs has 1 at (j, j). Texts of proportions p are judged, in the mean,
/// q_k = Σ_j p_j · C_jk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Confusion {
    lines: Vec<Mixture>,
    rows: Vec<u64>,
    accuracy: f64,
}

/// Why numbers are no confusion matrix.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ConfusionError {
    /// Lines and columns, or lines and counts, differ.
    #[error(
        "a confusion matrix of {lines} domains needs lines of {lines} probabilities and {lines} \
         counts of rows; found {found}"
    )]
    Shape {
        /// Number of lines.
        lines: usize,
        /// The length that differs.
        found: usize,
    },
    /// A line that was measured on nothing.
    #[error(
        "no text of domain {domain} was judged, so its line of the confusion matrix is unknown"
    )]
    NoRows {
        /// Index of the domain without texts.
        domain: usize,
    },
    /// An accuracy outside 0 to 1.
    #[error("the accuracy of a confusion matrix is {found}; it must be from 0 to 1")]
    Accuracy {
        /// The accuracy that was found.
        found: f64,
    },
}

impl Confusion {
    /// Measures it on texts of known domains: (domain, probabilities that the judge gave).
    ///
    /// # Errors
    /// A domain of which there is no text, one that is not among `domains`, or a judgement of
    /// another number of domains.
    pub fn measure(judged: &[(usize, Mixture)], domains: usize) -> Result<Self, ConfusionError> {
        let mut sums = vec![vec![0.0; domains]; domains];
        let (mut rows, mut right) = (vec![0u64; domains], vec![0u64; domains]);
        for (domain, probabilities) in judged {
            let found = probabilities.len().max(domain + 1);
            if probabilities.len() != domains || *domain >= domains {
                return Err(ConfusionError::Shape { lines: domains, found });
            }
            rows[*domain] += 1;
            right[*domain] += u64::from(likeliest(probabilities) == *domain);
            let sums = sums[*domain].iter_mut();
            sums.zip(probabilities.as_slice()).for_each(|(sum, p)| *sum += p);
        }
        let lines = sums.into_iter().enumerate().map(|(domain, sums)| {
            Mixture::normalized(sums).map_err(|_| ConfusionError::NoRows { domain })
        });
        let lines = lines.collect::<Result<Vec<Mixture>, ConfusionError>>()?;
        let shares = right.iter().zip(&rows).map(|(&right, &rows)| right as f64 / rows as f64);
        let accuracy = shares.sum::<f64>() / domains as f64;
        Self::try_from(Unchecked { lines, rows, accuracy })
    }

    /// Number of domains.
    pub fn domains(&self) -> usize {
        self.lines.len()
    }

    /// Line j: the judge's mean judgement of texts of domain j.
    pub fn lines(&self) -> &[Mixture] {
        &self.lines
    }

    /// Number of texts behind each line, every one ≥ 1.
    pub fn rows(&self) -> &[u64] {
        &self.rows
    }

    /// Share of texts whose likeliest domain was the right one, 0..=1: the mean of the domains'
    /// shares, so that each counts the same.
    pub fn accuracy(&self) -> f64 {
        self.accuracy
    }
}

/// The likeliest domain; the first of equally likely ones.
fn likeliest(probabilities: &Mixture) -> usize {
    let numbered = probabilities.as_slice().iter().enumerate();
    // `max_by` takes the last of equals.
    numbered.rev().max_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |(domain, _)| domain)
}

/// A confusion matrix before it is checked.
#[derive(Deserialize)]
struct Unchecked {
    lines: Vec<Mixture>,
    rows: Vec<u64>,
    accuracy: f64,
}

impl TryFrom<Unchecked> for Confusion {
    type Error = ConfusionError;

    fn try_from(unchecked: Unchecked) -> Result<Self, ConfusionError> {
        let Unchecked { lines, rows, accuracy } = unchecked;
        let mut lengths = lines.iter().map(Mixture::len).chain([rows.len()]);
        if let Some(found) = lengths.find(|&length| length != lines.len() || length == 0) {
            return Err(ConfusionError::Shape { lines: lines.len(), found });
        }
        if let Some(domain) = rows.iter().position(|&rows| rows == 0) {
            return Err(ConfusionError::NoRows { domain });
        }
        if !(0.0..=1.0).contains(&accuracy) {
            return Err(ConfusionError::Accuracy { found: accuracy });
        }
        Ok(Confusion { lines, rows, accuracy })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(domain: usize, probabilities: &[f64]) -> (usize, Mixture) {
        (domain, Mixture::new(probabilities.to_vec()).unwrap())
    }

    #[test]
    fn lines_are_means_by_true_domain_and_every_domain_counts_the_same() {
        let texts = [
            judged(0, &[0.9, 0.1]),
            judged(0, &[0.6, 0.4]),
            judged(0, &[0.3, 0.7]),
            judged(1, &[0.2, 0.8]),
        ];
        let confusion = Confusion::measure(&texts, 2).unwrap();
        let expected = [[0.6, 0.4], [0.2, 0.8]];
        for (line, expected) in confusion.lines().iter().zip(expected) {
            assert!(line.as_slice().iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-15));
        }
        assert_eq!(confusion.rows(), [3, 1]);
        // 2/3 of the first domain, all of the second.
        assert!((confusion.accuracy() - 5.0 / 6.0).abs() < 1e-15);
        let text = serde_json::to_string(&confusion).unwrap();
        assert_eq!(serde_json::from_str::<Confusion>(&text).unwrap(), confusion);
    }

    #[test]
    fn what_is_no_confusion_matrix_is_refused() {
        let half = [judged(0, &[0.5, 0.5])];
        assert_eq!(Confusion::measure(&half, 2), Err(ConfusionError::NoRows { domain: 1 }));
        let wide = Err(ConfusionError::Shape { lines: 3, found: 2 });
        assert_eq!(Confusion::measure(&half, 3), wide);
        let unknown_domain = Err(ConfusionError::Shape { lines: 2, found: 8 });
        assert_eq!(Confusion::measure(&[judged(7, &[0.5, 0.5])], 2), unknown_domain);
        for text in [
            r#"{"lines":[[0.5,0.5]],"rows":[3],"accuracy":1}"#,
            r#"{"lines":[],"rows":[],"accuracy":1}"#,
            r#"{"lines":[[1]],"rows":[0],"accuracy":1}"#,
            r#"{"lines":[[1]],"rows":[1],"accuracy":1.5}"#,
        ] {
            assert!(serde_json::from_str::<Confusion>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn of_equally_likely_domains_the_first_is_taken() {
        assert_eq!(likeliest(&Mixture::uniform(3)), 0);
        assert_eq!(likeliest(&judged(0, &[0.2, 0.4, 0.4]).1), 1);
    }
}
