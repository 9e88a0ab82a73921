//! A Chatwoot for development and tests, faults included.

use std::process::ExitCode;

use chatwoot_sim::{Config, Sim};
use service::Service;

fn main() -> ExitCode {
    service::main("chatwoot-sim", run)
}

async fn run(config: Config) -> anyhow::Result<()> {
    let service = Service::start("chatwoot-sim", &config.service)?;
    let listener = config.listen().await?;
    let sim = Sim::new(config.options())?;
    let shutdown = service.shutdown();
    service.run(sim.run(listener, shutdown)).await
}
