//! Checks the libtorch that `LIBTORCH` names, compiles the shim against it, and lets the binary
//! find its libraries at run time.

use std::path::{Path, PathBuf};
use std::{env, fs, process};

const WANTED: &str = "2.11";
const SHIM: &str = "src/torch/shim";

fn main() {
    println!("cargo:rerun-if-env-changed=LIBTORCH");
    println!("cargo:rerun-if-changed={SHIM}");
    match libtorch() {
        Ok(folder) => build(&folder),
        Err(error) => {
            eprintln!("\n{error}\n");
            process::exit(1);
        }
    }
}

/// The folder of a libtorch of the right version, or what is wrong and what to do.
fn libtorch() -> Result<PathBuf, String> {
    let fix = "Run `make libtorch`, which fetches it, or set LIBTORCH to the folder of an unpacked \
               libtorch or of the `torch` package of a Python environment.";
    let folder = env::var_os("LIBTORCH")
        .map(PathBuf::from)
        .ok_or_else(|| format!("The environment variable LIBTORCH is not set. {fix}"))?;
    let version = version(&folder).ok_or_else(|| {
        format!("LIBTORCH is '{}', which holds no libtorch {WANTED}. {fix}", folder.display())
    })?;
    if version != WANTED {
        return Err(format!(
            "LIBTORCH is '{}', which is libtorch {version}; this program needs {WANTED}. {fix}",
            folder.display()
        ));
    }
    Ok(folder)
}

/// `major.minor`, from the headers.
fn version(folder: &Path) -> Option<String> {
    let header =
        fs::read_to_string(folder.join("include/torch/headeronly/version.h")).or_else(|_| {
            fs::read_to_string(folder.join("include/torch/csrc/api/include/torch/version.h"))
        });
    let header = header.ok()?;
    let number = |name: &str| {
        let line = header.lines().find(|l| l.starts_with(&format!("#define {name} ")))?;
        line.split_whitespace().nth(2).map(str::to_owned)
    };
    Some(format!("{}.{}", number("TORCH_VERSION_MAJOR")?, number("TORCH_VERSION_MINOR")?))
}

fn build(libtorch: &Path) {
    let libraries = libtorch.join("lib");
    let mut shim = cc::Build::new();
    shim.cpp(true).std("c++17");
    // libtorch's `parallel_for` is a header that is serial unless it is compiled with OpenMP. Its
    // runtime is the libgomp that libtorch brings; clang's own would be a second pool of threads.
    if shim.get_compiler().is_like_gnu() {
        shim.flag("-fopenmp");
        println!("cargo:rustc-link-lib=gomp");
    }
    shim.opt_level(3)
        .debug(false)
        .warnings(false)
        // As libtorch itself was compiled: some of its classes have more fields without it.
        .define("NDEBUG", None)
        // Only loops marked for it are vectorized; no other floating-point rule is relaxed.
        .flag("-fopenmp-simd")
        .flag("-fno-math-errno")
        .flag("-fno-trapping-math")
        .include(libtorch.join("include"))
        .include(libtorch.join("include/torch/csrc/api/include"))
        .include(here())
        .include(out())
        .file(one_source())
        .compile("versatune_shim");
    println!("cargo:rustc-link-search=native={}", libraries.display());
    println!("cargo:rustc-link-lib=torch_cpu");
    println!("cargo:rustc-link-lib=c10");
    println!("cargo:rustc-link-arg=-Wl,-rpath,{}", libraries.display());
}

fn here() -> PathBuf {
    PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join(SHIM)
}

fn out() -> PathBuf {
    PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default())
}

/// The files of a folder of the shim that end so, in order.
fn sources(folder: &str, extension: &str) -> Vec<PathBuf> {
    let folder = here().join(folder);
    let mut sources: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|e| panic!("'{}' cannot be read: {e}", folder.display()))
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|e| e == extension))
        .collect();
    sources.sort();
    sources
}

/// A source that includes all sources of the shim. libtorch's headers take far longer to compile than
/// our code, so they are read only once.
fn one_source() -> PathBuf {
    write("kernel_sources.h", &kernel_sources());
    let include = |path: &PathBuf| format!("#include \"{}\"\n", path.display());
    write("shim.cpp", &sources("", "cpp").iter().map(include).collect::<String>())
}

/// The GPU's kernels and what they include, as text: they are compiled while the program runs.
fn kernel_sources() -> String {
    let headers = [sources("arith", "h"), sources("gpu_kernels", "h")].concat();
    // Headers are included by their path in the shim, sources are known by their file name.
    let listed = |array: &str, paths: &[PathBuf], root: &Path| {
        let entry = |path: &PathBuf| {
            let name = path.strip_prefix(root).unwrap_or(path).display();
            let text = fs::read_to_string(path)
                .unwrap_or_else(|e| panic!("'{}' cannot be read: {e}", path.display()));
            format!("{{\"{name}\", R\"KERNEL({text})KERNEL\"}},\n")
        };
        let entries: String = paths.iter().map(entry).collect();
        format!("inline constexpr SourceText {array}[] = {{\n{entries}}};\n")
    };
    format!(
        "#pragma once\nnamespace vt {{\nstruct SourceText {{ const char *name, *text; }};\n{}{}}}\n",
        listed("KERNEL_HEADERS", &headers, &here()),
        listed("KERNEL_SOURCES", &sources("gpu_kernels", "cu"), &here().join("gpu_kernels")),
    )
}

fn write(name: &str, text: &str) -> PathBuf {
    let path = out().join(name);
    fs::write(&path, text)
        .unwrap_or_else(|e| panic!("'{}' cannot be written: {e}", path.display()));
    path
}
