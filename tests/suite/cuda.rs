//! How the binary looks for a GPU, with a driver that is a stand-in: `tests/fixtures/driver`.

use crate::common::{Sandbox, of_kind, strs, train_args};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

/// A sandbox with the driver in `driver/`, where the loader finds it.
fn with_driver() -> Sandbox {
    let sandbox = Sandbox::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/driver/libcuda.c");
    fs::create_dir(sandbox.path("driver")).unwrap();
    compile(&source, &sandbox.path("driver/libcuda.so.1"));
    sandbox
}

fn compile(source: &Path, library: &Path) {
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-o"]).arg(library).arg(source);
    assert!(compiler.status().unwrap().success(), "{}", source.display());
}

/// A libtorch like the one in use but for its CUDA library, which is `with`, or missing.
fn libtorch(sandbox: &Sandbox, with: Option<&Path>) {
    let own = Path::new(env!("LIBTORCH"));
    let lib = sandbox.path("libtorch/torch/lib");
    fs::create_dir_all(&lib).unwrap();
    // libtorch looks for its own dependencies there.
    symlink(own.join("../nvidia"), sandbox.path("libtorch/nvidia")).unwrap();
    for entry in fs::read_dir(own.join("lib")).unwrap().flatten() {
        if entry.file_name() != "libtorch_cuda.so" {
            symlink(entry.path(), lib.join(entry.file_name())).unwrap();
        }
    }
    if let Some(library) = with {
        fs::copy(library, lib.join("libtorch_cuda.so")).unwrap();
    }
}

/// Where the loader looks first.
fn search_path(sandbox: &Sandbox) -> String {
    let [libtorch, driver] = ["libtorch/torch/lib", "driver"].map(|folder| sandbox.path(folder));
    format!("{}:{}", libtorch.display(), driver.display())
}

/// What `check` says of the device, and the environment in which it says so.
fn device_line(sandbox: &Sandbox, environment: &[(&str, &str)], args: &[&str]) -> String {
    let mut command = sandbox.versatune(&[&["check", "tiny.ron"], args].concat());
    command.env("LD_LIBRARY_PATH", search_path(sandbox)).envs(environment.iter().copied());
    let output = command.output().unwrap();
    let [out, err] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    let is_named = |line: &&str| line.starts_with("device ") || line.starts_with("error");
    out.lines().chain(err.lines()).find(is_named).unwrap_or_else(|| panic!("{out}{err}")).into()
}

#[test]
fn a_driver_without_a_gpu_that_works_is_named_with_its_reason() {
    let sandbox = with_driver();
    let auto = |environment: &[(&str, &str)]| {
        device_line(&sandbox, environment, &["--set", "device=Auto"])
    };
    let line = auto(&[("STUB_INIT", "100")]);
    assert!(line.contains("device     cpu") && line.contains("cuInit answers error 100"), "{line}");
    let line = auto(&[("STUB_GPUS", "0")]);
    assert!(line.contains("shows no GPU") && line.contains("CUDA_VISIBLE_DEVICES"), "{line}");
    let line = auto(&[("STUB_MAJOR", "7")]);
    assert!(line.contains("Stub H100 80GB has compute capability 7.0"), "{line}");
    let line = device_line(&sandbox, &[], &["--set", "device=Cuda(3)"]);
    assert!(line.starts_with("error") && line.contains("there is no GPU number 3"), "{line}");
}

/// The cache of a machine that had no driver when it was filled.
#[test]
fn a_libtorch_without_cuda_says_how_to_get_it() {
    let sandbox = with_driver();
    libtorch(&sandbox, None);
    let auto = ["--set", "device=Auto"];
    let line = device_line(&sandbox, &[], &auto);
    assert!(
        line.contains("this libtorch has no CUDA") && line.contains("`make libtorch`"),
        "{line}"
    );
    let line = device_line(&sandbox, &[], &["--set", "device=Cuda(0)"]);
    assert!(line.starts_with("error") && line.contains("GPU 0 cannot be used"), "{line}");

    fs::write(sandbox.path("libtorch/torch/lib/libtorch_cuda.so"), "not a library").unwrap();
    let line = device_line(&sandbox, &[], &auto);
    assert!(line.contains("cannot be loaded") && line.contains("`make libtorch`"), "{line}");
}

/// libtorch keeps what it found at the first need: a library that comes too late, or registers no CUDA,
/// is told from one that works.
#[test]
fn cuda_that_libtorch_does_not_see_is_no_cuda() {
    let sandbox = with_driver();
    sandbox.write("empty.c", "int nothing;\n");
    compile(&sandbox.path("empty.c"), &sandbox.path("empty.so"));
    libtorch(&sandbox, Some(&sandbox.path("empty.so")));
    let line = device_line(&sandbox, &[], &["--set", "device=Auto"]);
    assert!(line.contains("settled on having no CUDA"), "{line}");
}

/// A GPU that nobody uses is said, not only shown.
#[test]
fn a_gpu_that_stays_unused_is_a_warning_of_the_run() {
    let sandbox = with_driver();
    libtorch(&sandbox, None);
    let args = train_args("idle", &["training.length=Steps(6)", "device=Auto"]);
    let mut command = sandbox.versatune(&strs(&args));
    command.env("LD_LIBRARY_PATH", search_path(&sandbox));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let record = sandbox.record("idle");
    let warned = of_kind(&record, "notice").into_iter().any(|notice| {
        let text = notice["text"].as_str().unwrap_or_default();
        notice["level"] == "warning" && text.contains("the Stub H100 80GB stays unused")
    });
    assert!(warned, "{record:?}");
}
