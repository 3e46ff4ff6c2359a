//! Rotary positions: the frequencies that a config asks for, and their tables for a row.

use serde::{Deserialize, Serialize};

/// Frequencies of the rotary positions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rope {
    /// Base of the frequencies, > 0.
    pub theta: f64,
    /// How they are stretched for long contexts.
    pub scaling: RopeScaling,
}

/// Stretching of the frequencies.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum RopeScaling {
    /// None.
    Default,
    /// All frequencies divided by a factor (position interpolation).
    Linear {
        /// The factor, ≥ 1.
        factor: f64,
    },
    /// Llama 3.1: long wavelengths are divided by a factor, short ones kept, those between blended.
    Llama3 {
        /// The factor, ≥ 1.
        factor: f64,
        /// Wavelengths above `original / low` are divided by the factor.
        low: f64,
        /// Wavelengths below `original / high` are kept; > `low`.
        high: f64,
        /// Context length before stretching, tokens.
        original: f64,
    },
}

impl Rope {
    /// Angle per position for each pair of a head: `head_dim / 2` numbers, radians per token.
    /// In f32 throughout, as the models were trained.
    pub fn inverse_frequencies(&self, head_dim: i64) -> Vec<f32> {
        (0..head_dim / 2)
            .map(|pair| {
                let exponent = (2 * pair) as f32 / head_dim as f32;
                self.scaling.apply(1.0 / (self.theta as f32).powf(exponent))
            })
            .collect()
    }
}

impl RopeScaling {
    fn apply(self, frequency: f32) -> f32 {
        match self {
            RopeScaling::Default => frequency,
            RopeScaling::Linear { factor } => frequency / factor as f32,
            RopeScaling::Llama3 { factor, low, high, original } => {
                let (factor, low, high) = (factor as f32, low as f32, high as f32);
                let turns = original as f32 * frequency / (2.0 * std::f32::consts::PI);
                if turns > high {
                    frequency
                } else if turns < low {
                    frequency / factor
                } else {
                    let smooth = (turns - low) / (high - low);
                    (1.0 - smooth) * frequency / factor + smooth * frequency
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn llama3_keeps_short_waves_and_stretches_long_ones() {
        // Wavelengths 2π·10000^(i/4): 6.28, 62.8, 628, 6283 tokens. With 64 original tokens they
        // turn 10.2, 1.02, 0.102 and 0.0102 times: kept, blended, stretched, stretched.
        let scaling = RopeScaling::Llama3 { factor: 8.0, low: 1.0, high: 4.0, original: 64.0 };
        let rope = Rope { theta: 10_000.0, scaling };
        let scaled = rope.inverse_frequencies(8);
        assert_eq!(scaled[0], 1.0);
        assert!((scaled[2] - 0.01 / 8.0).abs() < 1e-8);
        assert!((scaled[3] - 0.001 / 8.0).abs() < 1e-9);
        // smooth = (64·0.1/2π − 1)/3 = 0.0061972; (1 − s)·0.1/8 + s·0.1 = 0.0130423
        assert!((scaled[1] - 0.013_042_3).abs() < 1e-6, "{}", scaled[1]);
    }

    #[test]
    fn linear_divides_all() {
        let plain = Rope { theta: 1e6, scaling: RopeScaling::Default }.inverse_frequencies(16);
        let linear = Rope { theta: 1e6, scaling: RopeScaling::Linear { factor: 4.0 } }
            .inverse_frequencies(16);
        assert_eq!(plain.len(), 8);
        for (a, b) in plain.iter().zip(&linear) {
            assert_eq!(a / 4.0, *b);
        }
    }
}
