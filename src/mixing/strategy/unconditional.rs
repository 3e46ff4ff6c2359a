use super::adjust::moved;
use super::expansion::{Share, expanded, targets};
use crate::mixing::interface::{Cadence, Parameter, Source, Strategy, StrategySpec};
use crate::mixing::{Decision, MixingParams, Observation};

pub(super) static SPEC: StrategySpec = StrategySpec {
    name: "Unconditional",
    summary: "Algorithm 3 without its test, the paper's ablation: every update expands the targets.",
    formula: "w_e ← w_e + δ;  w_j ← w_j·(1 − Σ w'_e)/(1 − Σ w_e)",
    sources: &[Source::Reconstructed("Algorithm 3 without its line 8; Eqs. 4 and 5")],
    notes: "Begins with w(0) and grows the targets until the floor of the others is reached. No test \
            is made, and none is recorded. Where every domain is a target, the weights stay. Its \
            updates measure γ and φ, which decide nothing here, for the comparison with VersaTune.",
    moves: true,
    needs_reference: false,
    needs_target: true,
    needs_held_out: true,
    needs_gradients: false,
    has_lambda: false,
    cadence: Cadence::Interval,
    new: |_| Box::new(Unconditional { share: Share::default() }),
};

struct Unconditional {
    share: Share,
}

impl Strategy for Unconditional {
    fn parameters(&mut self) -> Vec<Parameter<'_>> {
        vec![Parameter::word("share", &mut self.share, Share::HELP)]
    }

    fn update(&mut self, observation: &Observation<'_>, params: &MixingParams) -> Decision {
        let shares = match targets(params, observation.current.len()) {
            Some(is_target) => expanded(observation, params, self.share, &is_target),
            None => observation.current.as_slice().to_vec(),
        };
        moved(&shares, observation, params)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, assert_close};
    use super::*;
    use crate::mixing::Mixture;
    use crate::unit::DomainId;

    #[test]
    fn grows_by_delta_until_the_floor_of_the_others() {
        let mut strategy = Unconditional { share: Share::Current };
        let mut case = Case::new(&[0.5, 0.3, 0.2]);
        case.params.delta = 0.25;
        case.params.floor = 0.125;
        case.params.targets = vec![DomainId(0)];
        // 0.5 → 0.75 would leave 0.25 = 2 · 0.125: the floor binds for both others at once.
        case.current = case.update(&mut strategy).mixture;
        assert_close(case.current.as_slice(), &[0.75, 0.125, 0.125]);
        // There is nothing left to grow into.
        assert_close(case.update(&mut strategy).mixture.as_slice(), &[0.75, 0.125, 0.125]);
        // Back from there, with a smaller step: 0.6 : 0.4 = 3 : 2 of the others stays.
        case.current = Mixture::new(vec![0.5, 0.3, 0.2]).unwrap();
        case.params.delta = 0.1;
        assert_close(case.update(&mut strategy).mixture.as_slice(), &[0.6, 0.24, 0.16]);
    }

    #[test]
    fn without_a_target_the_weights_stay() {
        let case = Case::new(&[0.5, 0.3, 0.2]);
        let mixture = case.update(&mut Unconditional { share: Share::Current }).mixture;
        assert_close(mixture.as_slice(), &[0.5, 0.3, 0.2]);
    }
}
