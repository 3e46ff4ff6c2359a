//! What loading and resuming take beside what a run holds.

use crate::common::{RunningProcess, Sandbox, of_kind, strs, tiny_model, train_args};

/// Bytes beside what the run holds and 1.2 times its largest tensor.
const SLACK: u64 = 256 << 20;

fn train(sandbox: &Sandbox, name: &str, sets: &[&str], more: &[&str]) {
    let given = [&["mixing.strategy=Constant", "checkpoint.every=None"], sets].concat();
    let mut args = train_args(name, &given);
    args.extend(more.iter().map(|arg| arg.to_string()));
    RunningProcess::start(sandbox.versatune(&strs(&args))).finish().expect(0);
}

/// Most memory of the process that took this step.
fn memory_at(sandbox: &Sandbox, name: &str, step: u64) -> u64 {
    let record = sandbox.record(name);
    let events = of_kind(&record, "step");
    let event = events.into_iter().find(|event| event["step"] == step).unwrap();
    event["memory"].as_u64().unwrap()
}

/// 128 million parameters in f32: weights, gradients and each moment take half a gigabyte, a checkpoint one and
/// a half. Read as a whole, it would be in memory once more.
#[test]
fn a_resume_takes_little_more_memory_than_the_run_holds() {
    let sandbox = Sandbox::new();
    let mut config = tiny_model::config();
    let (width, inner, layers, vocabulary) = (1024, 2816, 11, 4096);
    for (field, value) in [
        ("hidden_size", width),
        ("intermediate_size", inner),
        ("num_hidden_layers", layers),
        ("num_attention_heads", 16),
        ("num_key_value_heads", 4),
        ("head_dim", 64),
    ] {
        config[field] = value.into();
    }
    tiny_model::write(&sandbox.path("large"), &config);
    let attention = 2 * width * width + 2 * width * 4 * 64;
    let params = vocabulary * width + layers * (attention + 3 * width * inner);

    train(&sandbox, "small", &["training.length=Steps(2)"], &[]);
    let program = memory_at(&sandbox, "small", 2);
    let large = r#"model.source=Random("large")"#;
    train(&sandbox, "large-run", &["training.length=Steps(2)", large], &[]);
    train(&sandbox, "large-run", &["training.length=Steps(3)", large], &["--resume"]);
    let held = program + 4 * 4 * params;
    let (began, resumed) =
        (memory_at(&sandbox, "large-run", 2), memory_at(&sandbox, "large-run", 3));
    let allowed = held + (4 * inner * width * 12 / 10) + SLACK;
    println!("the program {program}, the run {began}, resumed {resumed}, allowed {allowed}");
    assert!(resumed < allowed, "{resumed} bytes, of which the run holds {held}");
    assert!(began < allowed, "{began} bytes, of which the run holds {held}");
}
