//! A Chatwoot for development and tests, faults included.

use std::process::ExitCode;

use chatwoot_sim::{Config, Sim};
use clap::Parser as _;
use service::Service;

#[tokio::main]
async fn main() -> ExitCode {
    service::exit("chatwoot-sim", run(Config::parse()).await)
}

async fn run(config: Config) -> anyhow::Result<()> {
    let service = Service::start("chatwoot-sim", &config.service)?;
    let listener = config.listen().await?;
    let sim = Sim::new(config.options())?;
    let shutdown = service.shutdown();
    service.run(sim.run(listener, shutdown)).await
}
