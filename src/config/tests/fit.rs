//! What the config leaves to the device.

use super::*;
use crate::config::testing::small_plan;
use crate::config::values::leaves;

#[test]
fn what_is_left_out_is_open() {
    let all =
        OpenFields { precision: true, recompute: true, micro_batch: true, evaluation_batch: true };
    assert_eq!(small_plan("\"a/b\"", "").fit, FitPlan { choice: FitChoice::Auto, open: all });
    let off = small_plan("\"a/b\"", "fit: Off");
    assert_eq!(off.fit, FitPlan { choice: FitChoice::Off, open: OpenFields::default() });
    assert_eq!((off.model.precision, off.model.recompute), (None, Recompute::None));
    assert_eq!(off.training.micro_batch, Tokens(8192));
    // A value that is the old default is given all the same.
    let model = "(source: \"a/b\", precision: None, recompute: None)";
    let given = small_plan(model, "").fit.open;
    assert_eq!(given, OpenFields { precision: false, recompute: false, ..all });
    // Held-out rows go through the model as micro-batches do, unless they are given themselves.
    let given = small_plan("\"a/b\"", "training: (micro_batch: 4096)");
    assert_eq!(given.fit.open, OpenFields { micro_batch: false, evaluation_batch: false, ..all });
    assert_eq!(given.evaluation.batch, Tokens(4096));
    let given = small_plan("\"a/b\"", "evaluation: (batch: 4096)").fit.open;
    assert_eq!(given, OpenFields { evaluation_batch: false, ..all });
}

#[test]
fn what_is_open_is_shown_and_stored_as_open() {
    let plan = small_plan("\"a/b\"", "");
    let shown = |plan: &RunPlan, path: &str| {
        leaves(plan).into_iter().find(|leaf| leaf.path.to_string() == path).unwrap().value
    };
    for path in ["model.precision", "model.recompute", "training.micro_batch", "evaluation.batch"] {
        assert_eq!(shown(&plan, path).to_string(), "Auto", "{path}");
    }
    let text = plan.to_ron().unwrap();
    assert!(!text.contains("micro_batch") && text.contains("fit: Auto"), "{text}");
    assert_eq!(RunPlan::from_ron(&text).unwrap(), plan);
    let mut decided = plan.clone();
    decided.fit.open = OpenFields::default();
    decided.model.precision = Some(Precision::PureBf16);
    decided.model.recompute = Recompute::Layers { full: 3, selective: 9 };
    assert_eq!(RunPlan::from_ron(&decided.to_ron().unwrap()).unwrap(), decided);
}

#[test]
fn screens_show_what_was_decided() {
    let small = good("tests/configs/valid/small.ron");
    assert_eq!(decided(&small.plan, small.values.clone()), small.values, "nothing is yet");
    let mut plan = small.plan.clone();
    plan.fit.open = OpenFields::default();
    plan.model.recompute = Recompute::Layers { full: 3, selective: 9 };
    plan.training.micro_batch = Tokens(2048);
    let values = decided(&plan, small.values);
    let of = |field: &str| values.iter().find(|value| value.field == field).unwrap().value.clone();
    assert_eq!(of("model.recompute"), "Layers(full: 3, selective: 9)");
    assert_eq!(of("training.micro_batch"), "2048");
}
