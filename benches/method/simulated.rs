//! Threshold tests whose truth is known: how often each test decides wrongly.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::fmt;
use versatune::mixing::{Outcome, Threshold};
use versatune::unit::DomainId;

pub const SEED: u64 = 20_261_130;
const TRIALS: usize = 20_000;
/// Standard error of a domain's φ, and of the target's γ.
const PHI_ERROR: f64 = 0.0045;
const GAMMA_ERROR: f64 = 0.01;
/// Rows from which a standard error is estimated: it scatters too.
const ROWS: usize = 50;
const POTENTIALS: [f64; 3] = [0.1, 0.2, 0.4];
const DOMAINS: [usize; 3] = [3, 6, 20];
const TAUS: [f64; 3] = [1.0, 10.0, 30.0];
/// True mean φ, as a share of the limit γ_e/τ.
const TRUTHS: [f64; 3] = [0.0, 0.5, 2.0];

/// One cell of the grid: shares of wrong decisions.
pub struct Cell {
    potential: f64,
    domains: usize,
    tau: f64,
    truth: f64,
    plain: f64,
    confident: f64,
}

impl Cell {
    /// At twice the limit an expansion is wrong, below it a hold.
    fn is_hold_right(&self) -> bool {
        self.truth > 1.0
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wrong = if self.is_hold_right() { "expansions" } else { "holds" };
        write!(
            f,
            "γ {:.1}  K {:>2}  τ {:>2}  φ̄ {:.1} of the limit: wrong {wrong} {:.3} plain, {:.3} confident",
            self.potential, self.domains, self.tau, self.truth, self.plain, self.confident
        )
    }
}

pub fn run() -> Vec<Cell> {
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let mut cells = Vec::new();
    for potential in POTENTIALS {
        for domains in DOMAINS {
            for tau in TAUS {
                for truth in TRUTHS {
                    cells.push(cell(&mut random, potential, domains, tau, truth));
                }
            }
        }
    }
    cells
}

fn cell(random: &mut ChaCha8Rng, potential: f64, domains: usize, tau: f64, truth: f64) -> Cell {
    let phi = truth * potential / tau;
    let mut wrong = [0usize; 2];
    for _ in 0..TRIALS {
        let mut test = observed(random, potential, phi, domains, tau);
        for (count, z) in wrong.iter_mut().zip([0.0, 1.0]) {
            test.confidence = z;
            *count += usize::from(test.passes() == (truth > 1.0));
        }
    }
    let [plain, confident] = wrong.map(|count| count as f64 / TRIALS as f64);
    Cell { potential, domains, tau, truth, plain, confident }
}

/// What a test would see: γ_e and every φ with noise, φ cut at 0, errors estimated from rows.
fn observed(
    random: &mut ChaCha8Rng,
    potential: f64,
    phi: f64,
    domains: usize,
    tau: f64,
) -> Threshold {
    let others = domains - 1;
    let (mut sum, mut variance) = (0.0, 0.0);
    for _ in 0..others {
        sum += (phi + PHI_ERROR * normal(random)).max(0.0);
        variance += estimated(random, PHI_ERROR).powi(2);
    }
    let variance = tau * tau * variance / (others * others) as f64;
    let gamma_error = estimated(random, GAMMA_ERROR);
    Threshold {
        targets: vec![DomainId(0)],
        outcome: Outcome::Held,
        target_potential: (potential + GAMMA_ERROR * normal(random)).max(0.0),
        mean_forgetting: sum / others as f64,
        ratio: None,
        tau,
        confidence: 0.0,
        error: Some((gamma_error.powi(2) + variance).sqrt()),
        beyond_limit: Vec::new(),
    }
}

/// A standard error as it is found from [`ROWS`] rows.
fn estimated(random: &mut ChaCha8Rng, error: f64) -> f64 {
    let squares: f64 = (1..ROWS).map(|_| normal(random).powi(2)).sum();
    error * (squares / (ROWS - 1) as f64).sqrt()
}

/// Box and Muller.
fn normal(random: &mut ChaCha8Rng) -> f64 {
    let (radius, angle): (f64, f64) = (random.random(), random.random());
    (-2.0 * (1.0 - radius).ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
}

pub struct Summary {
    pub wrong_holds_plain: f64,
    pub wrong_holds_confident: f64,
    pub wrong_expansions_plain: f64,
    pub wrong_expansions_confident: f64,
}

/// Mean of the wrong holds, and the worst cell of the wrong expansions.
pub fn summary(cells: &[Cell]) -> Summary {
    let mean = |of: fn(&Cell) -> f64| {
        let holds: Vec<f64> = cells.iter().filter(|c| !c.is_hold_right()).map(of).collect();
        holds.iter().sum::<f64>() / holds.len() as f64
    };
    let worst = |of: fn(&Cell) -> f64| {
        cells.iter().filter(|c| c.is_hold_right()).map(of).fold(0.0, f64::max)
    };
    Summary {
        wrong_holds_plain: mean(|cell| cell.plain),
        wrong_holds_confident: mean(|cell| cell.confident),
        wrong_expansions_plain: worst(|cell| cell.plain),
        wrong_expansions_confident: worst(|cell| cell.confident),
    }
}
