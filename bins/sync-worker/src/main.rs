//! See the library.

use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use service::Service;
use store::Store;
use sync_worker::{Config, SyncWorker, reconcile};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Carries inbound events into Postgres and announces the activities.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(flatten)]
    service: service::Config,
    #[command(flatten)]
    bus: bus::Config,
    #[command(flatten)]
    store: store::Config,
    #[command(flatten)]
    worker: Config,
    #[command(flatten)]
    reconcile: reconcile::Config,
    #[command(flatten)]
    http: service::HttpConfig<8082>,
}

fn main() -> ExitCode {
    service::main("sync-worker", run)
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    arguments.reconcile.check()?;
    let service = Service::start("sync-worker", &arguments.service)?;
    let store = Store::connect(&arguments.store, "sync-worker")?;
    let bus = bus::Bus::connect(&arguments.bus, "sync-worker").await?;
    let worker = SyncWorker::start(&arguments.worker, store, bus, service.health())
        .await
        .context("starting to consume")?
        .reconciling(arguments.reconcile)?;
    let listener = arguments.http.listen().await?;
    let work = Box::pin(worker.run(service.shutdown()));
    service.run_worker(listener, work).await
}
