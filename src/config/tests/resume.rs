//! What a resumed run does with a changed config.

use super::*;
use crate::config::fields::{self, Read};
use crate::config::plan::LambdaPlan;
use crate::config::values::leaves;
use std::collections::BTreeSet;

fn base() -> RunPlan {
    good("tests/configs/valid/long.ron").plan
}

/// The same config with every value another one.
const OTHER: &str = r#"(
    name: "other",
    runs_dir: "/elsewhere/runs",
    seed: 8,
    device: Cpu,
    threads: None,
    fit: Off,
    model: (source: Hub(id: "other/model", revision: None), precision: F32, recompute: false),
    data: (
        domains: [
            (
                name: "law",
                train: ["/other/law.jsonl"],
                held_out: Share(0.25),
                format: Alpaca(instruction: "i", input: "n", output: "o"),
                only: (field: "topic", is: "x"),
                limit: None,
            ),
            (name: "code", train: "/other/code.jsonl"),
            (name: "general", train: "/other/general.jsonl"),
        ],
        sequence_length: 512,
        template: Tokenizer,
        too_long: Cut,
        on_bad_row: Stop,
        loss: LastAssistant,
        roles: {"narrator": User},
        tools: "/other/tools.json",
        ignore_fields: ["tools"],
        cache_dir: "/other/cache",
        trust_cache: false,
        held_out_limit: 9,
    ),
    detection: (
        model: Folder("/other/base"),
        samples: 20,
        iterations: 2,
        max_tokens: 6,
        turns: 1,
        batch: 3,
        temperature: 0.5,
        top_p: 0.5,
        top_k: 5,
        repetition_penalty: 1.5,
        weighting: Samples,
        truth: [0.5, 0.3, 0.2],
        judge: Endpoint(
            base_url: "http://localhost:9000/v1",
            model: "another judge",
            key: Env("KEY"),
            form: Label,
            structured: Auto,
            in_flight: 1,
            max_tries: 1,
            timeout_secs: 3,
            max_requests: None,
            max_tokens: None,
            answer_tokens: 6,
            temperature: 0.5,
            prompt: None,
            descriptions: {},
        ),
        tokenizer: false,
    ),
    mixing: (
        strategy: Odm(alpha: 0.5),
        shadow: [Ado(start: 0.2, preference: 0.1, least: 0.01)],
        detected: Uniform,
        reference: Tune(
            model: Folder("/other/small"),
            epochs: 3,
            steps_per_epoch: None,
            batch_samples: 1,
            lr: 0.5,
        ),
        lambda: 0.5,
        delta: 0.2,
        tau: 3,
        test: Confident(1),
        forgetting_limit: {"law": 0.1},
        floor: 0.01,
        anchor: 0.2,
        target: "code",
        every: 7,
        smoothing: 0.25,
    ),
    training: (
        length: Steps(400),
        objective: Samples,
        batch_samples: 3,
        micro_batch: 4096,
        lr: 5e-5,
        schedule: (warmup: 0.2, shape: Cosine, last: 0.5),
        adam: (beta1: 0.7, beta2: 0.9, eps: 1e-7, weight_decay: 0.2),
        clip: 2,
        loss_chunk: 64,
        max_skipped: 7,
    ),
    evaluation: (every: 3, budget: 0.5, batch: 2048),
    samples: (every: 9, prompts: 1, max_tokens: 5, temperature: 0.5),
    checkpoint: (every: 7, keep_last: 3, keep_best: true, before_edit: true),
    logging: (every: 5, host_secs: 2, tensorboard: false),
    screen: (
        theme: "light",
        colours: Basic,
        marks: Ascii,
        refresh_secs: 3,
        mouse: false,
        plain: true,
        close_at_end: true,
        patience_secs: 5,
        keys: {"pause": ["p"]},
    ),
    schedule: [(at: 50, command: "save")],
    alerts: [(when: "loss > 9", alert: Bell)],
    notify: (usual: Desktop, webhook_token: Env("OTHER"), webhook_form: Ntfy),
)"#;

/// Each field is changed alone: a change that counts as obeyed is adopted, and no other one is.
#[test]
fn what_counts_as_obeyed_is_adopted_and_nothing_else() {
    let path = Path::new("tests/configs/valid/long.ron");
    let options = options(Files::MayBeMissing);
    let then = load_with(path, &[], &options).unwrap().plan;
    let other = load_str(OTHER, Path::new("other.ron"), &[], &options).unwrap().plan;
    let (old, new) = (leaves(&then), leaves(&other));
    let mut changed = BTreeSet::new();
    for leaf in new {
        let field = fields::at_path(&leaf.path).unwrap_or_else(|| panic!("{}", leaf.path));
        let before = old.iter().find(|before| before.path == leaf.path);
        // The domains as a list are named only; another strategy's fields come with it.
        if matches!(field.read, Read::Domains)
            || before.is_none_or(|before| before.value == leaf.value)
        {
            continue;
        }
        let set = [format!("{}={}", leaf.path, leaf.value)];
        let now = load_with(path, &set, &options).unwrap_or_else(|error| panic!("{error}")).plan;
        let changes = diff(&then, &now);
        let merged = adopt(&then, &now);
        let left = diff(&merged, &now);
        assert!(changes.iter().any(|change| change.field == leaf.path.to_string()), "{set:?}");
        let kept: Vec<&Change> = changes.iter().filter(|change| !change.obeyed).collect();
        assert_eq!(left.iter().collect::<Vec<_>>(), kept, "{set:?}");
        assert_eq!(field.is_obeyed(), kept.is_empty(), "{set:?}");
        changed.insert(&field.path);
    }
    let all = fields::all().filter(|field| match field.read {
        Read::Run(_) | Read::Domain(_) | Read::Schedule | Read::Alerts => true,
        Read::Domains
        | Read::Scheduled(_)
        | Read::Rule(_)
        | Read::Alert(_)
        | Read::Inside(_)
        | Read::UsedFor(_) => false,
    });
    let missing: Vec<&String> =
        all.map(|field| &field.path).filter(|path| !changed.contains(path)).collect();
    // Domains are identified by their names: with another name it is another domain.
    assert_eq!(missing, ["data.domains[].name"]);
}

#[test]
fn the_screen_of_a_resumed_run_is_the_one_that_the_config_has_now() {
    let then = base();
    let now = RunPlan { screen: ScreenPlan { mouse: false, ..then.screen.clone() }, ..base() };
    let merged = adopt(&then, &now);
    assert!(!merged.screen.mouse);
    assert_eq!(diff(&merged, &now), [], "the next resume has nothing to report");
}

#[test]
fn changes_are_listed_by_field_as_obeyed_or_kept() {
    let old = base();
    let mut new = old.clone();
    new.training.lr = 5e-5;
    new.training.schedule.shape = Shape::Cosine;
    new.training.length = Length::Steps(700);
    new.mixing.lambda = LambdaPlan::Fixed(0.5);
    new.mixing.params.lambda = 0.5;
    new.mixing.params.floor = 0.0;
    new.mixing.params.targets = vec![];
    new.mixing.strategy = ron::from_str("Odm(alpha: 0.9)").unwrap();
    new.data.domains[1].limit = Some(9);
    new.checkpoint.keep_last = 4;
    new.evaluation.batch = Tokens(2048);
    new.training.micro_batch = Tokens(2048);
    new.schedule.pop();
    let changes = diff(&old, &new);
    let lines: Vec<String> = changes
        .iter()
        .map(|change| format!("{} {change}", if change.obeyed { "obeyed" } else { "kept" }))
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    kept data.domains.code.limit: None → 9
    kept mixing.strategy: VersaTune → Odm
    kept mixing.strategy.alpha: – → 0.9
    obeyed mixing.lambda: 1.0 → 0.5
    kept mixing.floor: 0.05 → 0.0
    kept mixing.target: ["law", "code"] → []
    obeyed training.length: Epochs(2.0) → Steps(700)
    kept training.micro_batch: 8192 → 2048
    obeyed training.lr: 0.0001 → 5e-5
    obeyed training.schedule.shape: Linear → Cosine
    kept evaluation.batch: 4096 → 2048
    obeyed checkpoint.keep_last: 1 → 4
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
    let changes = diff(&old, &new);
    assert_eq!(changes[0].field, "data.domains");
    assert_eq!(changes[0].new.as_deref(), Some("[general, code, law]"));
    assert!(!changes[0].obeyed);
}
