//! The `cluster` program.

fn main() -> std::process::ExitCode {
    cluster::cli::main()
}
