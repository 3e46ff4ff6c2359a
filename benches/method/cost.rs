//! What measuring costs, in tokens, for the shapes of two runs.

use versatune::train::{MeasuringCadence, MeasuringNeeds};

/// The default of `evaluation.budget`.
const BUDGET: f64 = 0.03;

/// `configs/paper.ron`: its rows by domain, 2 % of them held out, at most 256 measured, as long as those trained on.
pub fn paper() -> f64 {
    let rows = [9_241, 10_178, 68_912, 8_835, 20_022, 49_087];
    share(1875, 128.0, rows.map(|rows| (rows / 50).min(256)).to_vec())
}

/// The README's first config, with plenty of held-out rows.
pub fn first() -> f64 {
    share(300, 16.0, vec![256; 3])
}

fn share(steps: u64, batch: f64, rows: Vec<usize>) -> f64 {
    let needs = MeasuringNeeds {
        budget: Some(BUDGET),
        cadence: MeasuringCadence {
            steps,
            updates: Some(1),
            evaluations: None,
            ranked_checkpoints: None,
        },
        step_tokens: batch,
        row_tokens: vec![1.0; rows.len()],
        rows,
        every: (steps / 40).max(1),
        every_is_free: true,
    };
    needs.choose().share
}
