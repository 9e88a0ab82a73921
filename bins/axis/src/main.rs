//! The operator's tool. See the library.

use std::process::ExitCode;

use axis::Axis;
use clap::Parser as _;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let axis = Axis::parse();
    match axis.run().await {
        Ok(success) if success => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            service::complain("axis", &error);
            ExitCode::FAILURE
        }
    }
}
