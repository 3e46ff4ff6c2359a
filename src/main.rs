fn main() -> std::process::ExitCode {
    versatune::cli::main().into()
}
