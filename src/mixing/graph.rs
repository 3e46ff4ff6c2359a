//! The graph of domains that help each other, from losses under models that were tuned on one domain each.

/// A_ji: how much of what domain i gains by training on itself it gains by training on j instead, 0..=1; the
/// diagonal is 1. Losses are in nats: `untuned` of each domain i before, `tuned` under the model tuned on j.
/// \[j\]\[i\]
///
/// A_ji = max(0, (ℓ_i − ℓ_ji) / (ℓ_i − ℓ_ii)), at most 1. Where a domain gains nothing by itself, or a loss
/// is not finite, nothing helps it but itself.
///
/// The place of the graph in Skill-It (arXiv 2307.14430), w_j ∝ exp(η Σ_i A_ji ℓ_i), with the domain that is
/// trained on as the row, is `[V]`: checked against the authors' `mw_trainer.py`. Their code reads finished
/// graphs; that an entry is the decrease of the one loss by training on the other, in proportion to its own,
/// is `[R]`, and the bound of 1 is ours: a domain that learns next to nothing by itself would otherwise be
/// helped without measure by noise.
pub fn skill_graph(untuned: &[f64], tuned: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let own_gain = |i: usize| untuned[i] - tuned[i][i];
    let entry = |j: usize, i: usize| {
        if i == j {
            return 1.0;
        }
        let share = (untuned[i] - tuned[j][i]) / own_gain(i);
        let helps = own_gain(i) > 0.0 && share.is_finite();
        if helps { share.clamp(0.0, 1.0) } else { 0.0 }
    };
    let domains = untuned.len();
    (0..domains).map(|j| (0..domains).map(|i| entry(j, i)).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Domain 1 gains 1.0 by itself and 0.25 by domain 0; domain 0 loses by domain 1; domain 2 learns
    /// nothing, so that nothing helps it; it helps domain 1 by more than domain 1 itself does.
    #[test]
    fn an_entry_is_the_part_of_the_own_gain() {
        let tuned = [vec![1.5, 3.75, 2.0], vec![2.2, 3.0, 1.9], vec![2.0, 2.5, 2.0]];
        let graph = skill_graph(&[2.0, 4.0, 2.0], &tuned);
        assert_eq!(graph, [[1.0, 0.25, 0.0], [0.0, 1.0, 0.0], [0.0, 1.0, 1.0]]);
    }

    proptest! {
        #[test]
        fn every_entry_is_a_share_and_a_domain_helps_itself_wholly(
            losses in (1usize..6).prop_flat_map(|k| {
                let loss = || prop_oneof![0.1..9.0f64, Just(f64::NAN), Just(f64::INFINITY)];
                let row = move || prop::collection::vec(loss(), k);
                (row(), prop::collection::vec(row(), k))
            })
        ) {
            let graph = skill_graph(&losses.0, &losses.1);
            for (j, row) in graph.iter().enumerate() {
                prop_assert!(row.iter().all(|a| (0.0..=1.0).contains(a)));
                prop_assert_eq!(row[j], 1.0);
            }
        }
    }
}
