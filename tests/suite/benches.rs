//! The script for a machine with a GPU, where there is none: it must not fail there for a reason that shows here.

use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn the_script_for_a_gpu_runs_dry_on_the_cpu() {
    let out = tempfile::tempdir().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/gpu.sh");
    let mut command = Command::new(script);
    command.args(["--dry-run", env!("CARGO_BIN_EXE_versatune")]);
    command.env("OUT", out.path()).env("LIBTORCH", env!("LIBTORCH"));
    let done = command.output().unwrap();
    let [stdout, stderr] = [&done.stdout, &done.stderr].map(|text| String::from_utf8_lossy(text));
    assert!(done.status.success(), "{stdout}{stderr}");
    let lines = fs::read_to_string(out.path().join("gpu.jsonl")).unwrap();
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let result = |name: &str| {
        let line = lines.iter().find(|line| line["name"].as_str().unwrap().starts_with(name));
        &line.unwrap_or_else(|| panic!("no {name} in {lines:?}"))["result"]
    };
    assert!(result("products")["flops"].as_f64().unwrap() > 1e9);
    let kernels = result("self-test")["self_test"]["kernels"].as_array().unwrap();
    assert!(kernels.len() == 6 && kernels.iter().all(|kernel| kernel["verdict"] == "Passed"));
    let step = result("qwen2.5-7b, 1 × 4096");
    for part in ["input_ms", "forward_ms", "loss_ms", "backward_ms", "optimizer_ms"] {
        assert!(step["parts"][part].as_f64().unwrap() > 0.0, "{step}");
    }
    let saves = &result("llama3.2-1b, a checkpoint")["saves"];
    for save in [&saves[0], &saves[1]] {
        let [whole, stop] = ["save_secs", "stop_secs"].map(|secs| save[secs].as_f64().unwrap());
        assert!(0.0 < stop && stop <= whole, "{save}");
    }
    assert!(stdout.contains("| case | program | tokens/s |"), "{stdout}");
    assert!(stdout.contains("| save | s | training stood still, s |"), "{stdout}");
}
