/// Rust's heap, apart from libtorch's: events live on while steps come and go, and among tensors
/// they left holes that made a process with screens grow.
#[global_allocator]
static HEAP: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    versatune::cli::main().into()
}
