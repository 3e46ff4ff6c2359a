//! `run.ron`, and what a resumed run does with a changed config.

use super::*;
use proptest::prelude::*;

fn base() -> RunPlan {
    good("tests/configs/valid/long.ron").plan
}

proptest! {
    #[test]
    fn a_plan_goes_through_text_to_the_bit(
        lr in any::<f64>().prop_filter("finite", |x| x.is_finite()),
        losses in prop::collection::vec(any::<f64>().prop_filter("finite", |x| x.is_finite()), 3),
        weights in prop::collection::vec(0.0f64..1.0, 3),
        name in "\\PC{0,12}",
        limit in prop::option::of(any::<usize>()),
        seed in any::<u64>(),
        share in any::<f64>().prop_filter("finite", |x| x.is_finite()),
    ) {
        let mut plan = base();
        plan.training.lr = lr;
        plan.seed = seed;
        plan.mixing.reference = ReferenceSource::Given(losses);
        if let Ok(mixture) = Mixture::normalized(weights) {
            plan.mixing.detected = DetectedSource::Preset { name: name.clone(), mixture };
        }
        plan.data.domains[0].limit = limit;
        plan.data.domains[0].held_out = HeldOut::Share(share);
        plan.data.domains[1].train = vec![PathBuf::from(name)];
        let text = plan.to_ron().unwrap();
        let read = RunPlan::from_ron(&text).unwrap();
        prop_assert_eq!(read.training.lr.to_bits(), lr.to_bits());
        prop_assert_eq!(&read, &plan, "{}", text);
        prop_assert_eq!(read.to_ron().unwrap(), text);
        prop_assert_eq!(diff(&plan, &read).unwrap(), []);
    }
}

#[test]
fn every_ready_plan_goes_through_text() {
    for file in ["small", "shared_files", "long"] {
        let plan = good(&format!("tests/configs/valid/{file}.ron")).plan;
        assert_eq!(RunPlan::from_ron(&plan.to_ron().unwrap()).unwrap(), plan);
    }
}

#[test]
fn a_text_that_is_no_plan_is_an_error_with_its_place() {
    let text = base().to_ron().unwrap().replace("seed: 7", "seed: -7");
    let error = RunPlan::from_ron(&text).unwrap_err().to_string();
    assert!(error.starts_with("not a plan of a run: 4:"), "{error}");
}

#[test]
fn changes_are_listed_by_field_and_told_apart() {
    let old = base();
    let mut new = old.clone();
    new.training.lr = 5e-5;
    new.training.schedule.shape = Shape::Cosine;
    new.training.length = Length::Steps(700);
    new.mixing.params.lambda = 0.5;
    new.mixing.params.floor = 0.0;
    new.mixing.params.targets = vec![];
    new.mixing.strategy = ron::from_str("Odm(alpha: 0.9)").unwrap();
    new.data.domains[1].limit = Some(9);
    new.checkpoint.keep_last = 4;
    new.evaluation.batch = Tokens(2048);
    new.training.micro_batch = Tokens(2048);
    new.schedule.pop();
    let changes = diff(&old, &new).unwrap();
    let lines: Vec<String> = changes
        .iter()
        .map(|change| format!("{} {change}", if change.safe { "safe" } else { "kept" }))
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    kept data.domains.code.limit: None → Some(9)
    kept mixing.strategy: VersaTune → Odm
    kept mixing.strategy.alpha: – → 0.9
    safe mixing.lambda: 1.0 → 0.5
    kept mixing.floor: 0.05 → 0.0
    kept mixing.target: ["law", "code"] → []
    safe training.length: Epochs(2.0) → Steps(700)
    kept training.micro_batch: 8192 → 2048
    safe training.lr: 0.0001 → 5e-5
    safe training.schedule.shape: Linear → Cosine
    kept evaluation.batch: 4096 → 2048
    safe checkpoint.keep_last: 1 → 4
    kept mixing.strategy.rule: Exponential → –
    kept mixing.strategy.share: Detected → –
    kept schedule[1]: (at: 200, command: "set tau 3") → –
    "#);
}

#[test]
fn the_order_of_the_domains_is_a_change() {
    let old = base();
    let mut new = old.clone();
    new.data.domains.swap(0, 2);
    let changes = diff(&old, &new).unwrap();
    assert_eq!(changes[0].field, "data.domains");
    assert_eq!(changes[0].new.as_deref(), Some("[general, code, law]"));
    assert!(!changes[0].safe);
}
