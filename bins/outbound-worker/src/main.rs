//! See the library.

use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use outbound_worker::{Config, OutboundWorker};
use service::Service;
use store::Store;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Carries what agents do to Chatwoot.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(flatten)]
    service: service::Config,
    #[command(flatten)]
    bus: bus::Config,
    #[command(flatten)]
    store: store::Config,
    #[command(flatten)]
    objects: objects::Config,
    #[command(flatten)]
    worker: Config,
    #[command(flatten)]
    http: service::HttpConfig<8083>,
}

fn main() -> ExitCode {
    service::main("outbound-worker", run)
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    arguments.worker.check()?;
    let service = Service::start("outbound-worker", &arguments.service)?;
    let store = Store::connect(&arguments.store, "outbound-worker")?;
    let locks = arguments.worker.locks(&arguments.store)?;
    let objects = objects::Objects::open(&arguments.objects)?;
    let bus = bus::Bus::connect(&arguments.bus, "outbound-worker").await?;
    let health = service.health();
    let worker = OutboundWorker::start(&arguments.worker, store, locks, bus, objects, health)
        .await
        .context("starting to deliver")?;
    let listener = arguments.http.listen().await?;
    let work = Box::pin(worker.run(service.shutdown()));
    service.run_worker(listener, work).await
}
