//! The command `cargo hotreload`.

fn main() -> std::process::ExitCode {
    hot::cli::main()
}
