//! The GPU's kernels, run on the CPU against the CPU's loops: `tests/fixtures/gpu`, where CUDA's words mean
//! coroutines. What it cannot show is that a GPU runs them; a start on one tests that.

use std::path::Path;
use std::process::Command;

#[test]
fn kernels_run_on_the_cpu_as_its_loops_do() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (fixtures, shim) = (root.join("tests/fixtures/gpu"), root.join("src/torch/shim"));
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("check");
    let mut compiler = Command::new("c++");
    // No product is fused with a sum, so that both sides have the same digits where they add up alike.
    compiler.args(["-std=c++20", "-O1", "-ffp-contract=off", "-fno-strict-aliasing"]);
    compiler.args(["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]);
    compiler.arg("-I").arg(&shim).arg("-I").arg(&fixtures).arg("-o").arg(&program);
    let sources =
        [fixtures.join("check.cpp"), shim.join("loops.cpp"), shim.join("optim_loops.cpp")];
    let output = compiler.args(sources).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let output = Command::new(program).output().unwrap();
    let [out, err] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    assert!(output.status.success(), "{out}{err}");
    let checks = out.split_whitespace().next().and_then(|count| count.parse::<u32>().ok());
    assert!(checks.is_some_and(|checks| checks > 1000), "{out}");
}
