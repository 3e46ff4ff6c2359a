//! Where the mastery ceilings come from.

use super::super::fields::mixing as fields;
use super::super::plan::{ReferenceSource, ReferenceTuning};
use super::super::written::{Reference, Tuning};
use super::checker::Checker;
use super::surroundings::Surroundings;
use crate::unit::allowed::ABOVE_ZERO;

impl Checker<'_> {
    /// Where the ceilings come from. A strategy that does not need them (`needed`) has none unless the
    /// config gives some.
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
                    self.error(path, "mastery ceilings, which this strategy needs", fix);
                }
                Some(ReferenceSource::None)
            }
            Some(Reference::File(file)) => Some(ReferenceSource::File(self.file(path, &file))),
            Some(Reference::Unchecked(file)) => {
                Some(ReferenceSource::Unchecked(self.file(path, &file)))
            }
            Some(Reference::Given(numbers)) => {
                let losses = self.per_domain(path, numbers, around.domains)?;
                if losses.iter().any(|loss| !(ABOVE_ZERO.holds)(loss)) {
                    self.error(path, "losses above 0, in nats per token", "");
                }
                Some(ReferenceSource::Given(losses))
            }
            Some(Reference::Tune(tuning)) => self.tuning(tuning, around),
        }
    }

    /// MixMin needs the losses of rows under the model tuned on each domain.
    pub(super) fn mixmin(&mut self, reference: &ReferenceSource, domains: usize) {
        let has_them = match reference {
            ReferenceSource::None | ReferenceSource::Given(_) => false,
            ReferenceSource::File(_) | ReferenceSource::Unchecked(_) => true,
            ReferenceSource::Tune(tuning) => tuning.measures_table(domains),
        };
        if !has_them {
            let allowed = "another source of w(0), as MixMin needs the losses of every domain under the model that \
                           was tuned on each";
            let fix =
                "add `reference: Tune(table: On)`, or a stored `reference.ron` with that table";
            self.error_found("mixing.detected", "MixMin", allowed, fix);
        }
    }

    fn tuning(&mut self, tuning: Tuning, around: &Surroundings<'_>) -> Option<ReferenceSource> {
        let at = |field: &str| format!("mixing.reference.{field}");
        let model = match tuning.model.0 {
            Some(source) => self.model_source(&at("model"), source),
            None => around.model.cloned(),
        };
        let batch_samples = match tuning.batch_samples.0 {
            Some(batch) => self.limited(&at("batch_samples"), batch, &fields::REFERENCE_BATCH),
            None => around.training.batch_samples,
        };
        let lr = match tuning.lr.0 {
            Some(lr) => self.limited(&at("lr"), lr, &fields::REFERENCE_LR),
            None => around.training.lr,
        };
        Some(ReferenceSource::Tune(ReferenceTuning {
            epochs: self.value(&fields::EPOCHS, tuning.epochs),
            steps_per_epoch: self.value(&fields::STEPS_PER_EPOCH, tuning.steps_per_epoch),
            batch_samples,
            lr,
            table: self.value(&fields::TABLE, tuning.table),
            model: model?,
        }))
    }
}
