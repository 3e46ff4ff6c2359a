//! How libtorch comes into the cache: `.make/libtorch.sh`, with a pip that writes down how it is called.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

const VERSION: &str = "2.11.0";

/// Makes what the wheels would bring: CUDA's libraries unless dependencies are left out.
const PIP: &str = r#"#!/bin/sh
echo "$*" >> "$CALLS"
[ -z "${FAILS:-}" ] || exit 1
while [ "$1" != --target ]; do shift; done
mkdir -p "$2/torch/lib" "$2/nvidia/cu13/lib"
touch "$2/torch/lib/libtorch_cpu.so"
case "$*" in
*--no-deps*) ;;
*) mkdir -p "$2/nvidia/cudnn/lib"
   touch "$2/nvidia/cudnn/lib/libcudnn.so.9" "$2/nvidia/cu13/lib/libcusparse.so.12" ;;
esac
"#;

struct Cache(TempDir);

impl Cache {
    fn new() -> Self {
        let cache = Cache(tempfile::tempdir().unwrap());
        let python = cache.path("bin/python3");
        fs::create_dir(cache.path("bin")).unwrap();
        fs::write(&python, PIP).unwrap();
        fs::set_permissions(python, fs::Permissions::from_mode(0o755)).unwrap();
        cache
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Calls the script; how often pip was called so far.
    fn fetch(&self, torch: &Path, environment: &[(&str, &str)]) -> (Output, usize) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(".make/libtorch.sh");
        let search = std::env::var("PATH").unwrap();
        let mut command = Command::new(script);
        command.arg(torch).arg(VERSION);
        command.env("PATH", format!("{}:{search}", self.path("bin").display()));
        command.env("CALLS", self.path("calls")).env("NVIDIA_DRIVER", self.path("driver"));
        let output = command.envs(environment.iter().copied()).output().unwrap();
        let calls = fs::read_to_string(self.path("calls")).unwrap_or_default();
        (output, calls.lines().count())
    }
}

/// A machine that gets its GPU's driver after the first build would compute on the CPU for ever.
#[test]
fn a_cache_from_before_the_driver_is_completed_once() {
    let cache = Cache::new();
    let folder = cache.path("versatune/libtorch-2.11.0");
    let (torch, cudnn) = (folder.join("torch"), folder.join("nvidia/cudnn/lib/libcudnn.so.9"));
    for _ in 0..2 {
        let (output, calls) = cache.fetch(&torch, &[]);
        assert!(output.status.success() && calls == 1 && !cudnn.exists(), "{output:?}");
    }
    fs::write(cache.path("driver"), "NVRM version").unwrap();
    let (output, _) = cache.fetch(&torch, &[("FAILS", "yes")]);
    assert!(!output.status.success() && torch.join("lib/libtorch_cpu.so").exists(), "it is kept");
    for _ in 0..2 {
        let (output, calls) = cache.fetch(&torch, &[]);
        assert!(output.status.success() && calls == 3 && cudnn.exists(), "{output:?}");
    }
    let left = fs::read_dir(cache.path("versatune")).unwrap().count();
    assert_eq!(left, 1, "nothing but libtorch is left");
}

#[test]
fn a_libtorch_of_the_user_is_never_changed() {
    let cache = Cache::new();
    fs::write(cache.path("driver"), "NVRM version").unwrap();
    let own = cache.path("own");
    let (output, calls) = cache.fetch(&own, &[]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && calls == 0 && error.contains("unset LIBTORCH"), "{error}");
    fs::create_dir_all(own.join("lib")).unwrap();
    fs::write(own.join("lib/libtorch_cpu.so"), "").unwrap();
    let (output, calls) = cache.fetch(&own, &[]);
    assert!(output.status.success() && calls == 0);
}
