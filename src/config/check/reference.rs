//! Mastery ceilings.

use super::super::given::Given;
use super::super::plan::{ReferenceSource, ReferenceTuning};
use super::super::written::{Reference, Tuning};
use super::Checker;
use super::mixing::Surroundings;
use crate::unit::allowed::{ABOVE_ZERO, COUNT, RATE, SIZE};

impl Checker<'_> {
    /// Where the ceilings come from; a strategy that needs none (`needed`) goes without, unless
    /// told.
    pub(super) fn reference(
        &mut self,
        given: Option<Reference>,
        needed: bool,
        around: &Surroundings<'_>,
    ) -> Option<ReferenceSource> {
        let path = "mixing.reference";
        match given {
            None if needed => self.tuning(Tuning::default(), around),
            None => Some(ReferenceSource::None),
            Some(Reference::None) => {
                if needed {
                    let fix = "`Tune(model: \"a small model\")`, `File(\"reference.ron\")`, losses \
                               by domain, or another strategy (Constant, Odm, …)";
                    self.fault(path, "mastery ceilings, which this strategy needs", fix);
                }
                Some(ReferenceSource::None)
            }
            Some(Reference::File(file)) => Some(ReferenceSource::File(self.file(path, &file))),
            Some(Reference::Given(numbers)) => {
                let losses = self.per_domain(path, numbers, around.domains)?;
                if losses.iter().any(|loss| !(ABOVE_ZERO.holds)(loss)) {
                    self.fault(path, "losses above 0, in nats per token", "");
                }
                Some(ReferenceSource::Given(losses))
            }
            Some(Reference::Tune(tuning)) => self.tuning(tuning, around),
        }
    }

    fn tuning(&mut self, tuning: Tuning, around: &Surroundings<'_>) -> Option<ReferenceSource> {
        let at = |field: &str| format!("mixing.reference.{field}");
        let model = match tuning.model.0 {
            Some(source) => self.model_source(&at("model"), source),
            None => around.model.cloned(),
        };
        let steps = tuning.steps_per_epoch;
        Some(ReferenceSource::Tune(ReferenceTuning {
            epochs: self.ranged(&at("epochs"), tuning.epochs, 4, &COUNT),
            steps_per_epoch: self.optional(&at("steps_per_epoch"), steps, None, &COUNT),
            batch_samples: match tuning.batch_samples.0 {
                None => around.training.batch_samples,
                given => self.ranged(&at("batch_samples"), Given(given), 1, &SIZE),
            },
            lr: match tuning.lr.0 {
                None => around.training.lr,
                given => self.ranged(&at("lr"), Given(given), 1.0, &RATE),
            },
            model: model?,
        }))
    }
}
