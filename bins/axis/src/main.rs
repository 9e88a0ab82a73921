//! The operator's tool. See the library.

use std::process::ExitCode;

use axis::Axis;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    service::main("axis", Axis::run)
}
