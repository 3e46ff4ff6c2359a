use serde::{Deserialize, Serialize};

/// What of the layers' activations is computed again in the backward pass instead of being kept. It changes no
/// bit of the result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Recompute {
    /// Nothing.
    #[default]
    None,
    /// Gate and up of each feed-forward part: for dense decoders two thirds or more of what is kept, at about a
    /// seventh of a step.
    Selective,
    /// Everything but the input of each layer, at about a third of a step.
    Full,
    /// Of the lowest layers so many in full, of those above so many selectively, of the others nothing.
    Layers {
        /// Lowest layers.
        full: usize,
        /// Layers above them.
        selective: usize,
    },
}

/// What one layer computes again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    Nothing,
    /// Gate and up.
    Widest,
    All,
}

impl Recompute {
    /// What the layer of this index, from 0, computes again.
    pub(super) fn of_layer(self, index: usize) -> Again {
        match self {
            Recompute::None => Again::Nothing,
            Recompute::Selective => Again::Widest,
            Recompute::Full => Again::All,
            Recompute::Layers { full, .. } if index < full => Again::All,
            Recompute::Layers { full, selective } if index - full < selective => Again::Widest,
            Recompute::Layers { .. } => Again::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_layers_compute_most_again() {
        let some = Recompute::Layers { full: 2, selective: 1 };
        let all = [Again::All, Again::All, Again::Widest, Again::Nothing];
        assert_eq!([0, 1, 2, 3].map(|layer| some.of_layer(layer)), all);
        assert_eq!(Recompute::Layers { full: 0, selective: 0 }.of_layer(0), Again::Nothing);
        assert_eq!(Recompute::Layers { full: 0, selective: usize::MAX }.of_layer(9), Again::Widest);
    }
}
