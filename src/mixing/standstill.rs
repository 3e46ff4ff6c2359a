//! When the potentials leave a strategy nothing to follow: found after each update, said once.

use crate::unit::DomainId;
use serde::{Deserialize, Serialize};

/// Updates in a row with a potential of 0 after which a target counts as out of reach.
pub const TARGET_UPDATES: u64 = 3;

/// What stands still.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standstill {
    /// Every potential is 0: each domain is at or below its ceiling, and Algorithm 2 leaves the weights as
    /// they are.
    All,
    /// The potential of this target has been 0 for [`TARGET_UPDATES`] updates: Algorithm 3 cannot expand it.
    Target(DomainId),
}

/// What the updates until now have found; a checkpoint holds it, so that a resume says nothing twice.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandstillState {
    /// For each domain, updates in a row until now whose potential was 0.
    zero_in_a_row: Vec<u64>,
    /// What stands still and was said.
    said: Vec<Standstill>,
}

impl StandstillState {
    /// What is to be said after an update that found these potentials: what stands still now and was not
    /// said since it began to. Of targets nothing is said while no domain has a potential at all.
    pub fn after(&mut self, potential: &[f64], targets: &[DomainId]) -> Vec<Standstill> {
        self.zero_in_a_row.resize(potential.len(), 0);
        for (count, potential) in self.zero_in_a_row.iter_mut().zip(potential) {
            *count = if *potential > 0.0 { 0 } else { count.saturating_add(1) };
        }
        let standing = standing(&self.zero_in_a_row, targets);
        let no_target = standing.contains(&Standstill::All);
        let new: Vec<Standstill> = standing
            .iter()
            .filter(|found| !self.said.contains(found))
            .filter(|found| !no_target || **found == Standstill::All)
            .copied()
            .collect();
        self.said.retain(|said| standing.contains(said));
        self.said.extend(&new);
        new
    }
}

/// All that stands still, whether it was said or not.
fn standing(zero_in_a_row: &[u64], targets: &[DomainId]) -> Vec<Standstill> {
    let all = !zero_in_a_row.is_empty() && zero_in_a_row.iter().all(|count| *count > 0);
    let is_out_of_reach = |target: &&DomainId| {
        zero_in_a_row.get(target.0).is_some_and(|count| *count >= TARGET_UPDATES)
    };
    let targets = targets.iter().filter(is_out_of_reach).copied().map(Standstill::Target);
    all.then_some(Standstill::All).into_iter().chain(targets).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAW: DomainId = DomainId(0);
    const CODE: DomainId = DomainId(1);
    const TARGET: Standstill = Standstill::Target(LAW);

    /// What happens, the potentials of law and code, the targets, and what is said.
    type Update = (&'static str, [f64; 2], &'static [DomainId], &'static [Standstill]);

    #[test]
    fn each_standstill_is_said_once_until_it_ends() {
        let said = &[];
        let updates: [Update; 15] = [
            ("both can learn", [0.2, 0.1], &[LAW], said),
            ("law is at its ceiling", [0.0, 0.1], &[LAW], said),
            ("and again", [0.0, 0.1], &[LAW], said),
            ("for the third time", [0.0, 0.1], &[LAW], &[TARGET]),
            ("said is said", [0.0, 0.1], &[LAW], said),
            ("code is there too", [0.0, 0.0], &[LAW], &[Standstill::All]),
            ("said is said", [0.0, 0.0], &[LAW], said),
            ("code leaves, law stays: said before", [0.0, 0.3], &[LAW], said),
            ("no target stands still", [0.0, 0.3], &[CODE], said),
            ("law is a target again", [0.0, 0.3], &[LAW], &[TARGET]),
            ("it can learn", [0.1, 0.3], &[LAW], said),
            ("all at once", [0.0, 0.0], &[LAW], &[Standstill::All]),
            ("no word on targets meanwhile", [0.0, 0.0], &[LAW], said),
            ("nor here", [0.0, 0.0], &[LAW], said),
            ("the others go on, the target does not", [0.0, 0.1], &[LAW], &[TARGET]),
        ];
        let mut state = StandstillState::default();
        for (what, potential, targets, expected) in updates {
            // A resume between any two updates goes on the same.
            let stored = serde_json::to_string(&state).unwrap();
            state = serde_json::from_str(&stored).unwrap();
            assert_eq!(state.after(&potential, targets), expected, "{what}");
        }
    }

    #[test]
    fn a_run_without_targets_says_only_that_all_stands_still() {
        let mut state = StandstillState::default();
        let found: Vec<_> = (0..5).flat_map(|_| state.after(&[0.0, 0.1], &[])).collect();
        assert_eq!(found, []);
        assert_eq!(state.after(&[0.0, 0.0], &[]), [Standstill::All]);
        // A target that is no domain of the run says nothing.
        assert_eq!(state.after(&[0.1, 0.0], &[DomainId(7)]), []);
    }
}
