//! Receives Chatwoot's webhooks. See the library.

use std::process::ExitCode;

use anyhow::Context as _;
use bus::Bus;
use service::Service;
use webhook_receiver::{Receiver, Settings};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    service::main("webhook-receiver", run)
}

async fn run(settings: Settings) -> anyhow::Result<()> {
    settings.receiver.check()?;
    let service = Service::start_balanced("webhook-receiver", &settings.service, &settings.leave)?;
    let bus = Bus::connect_lazily(&settings.bus, "webhook-receiver").await?;
    let receiver = Receiver::start(&settings.receiver, bus).await.context("starting to receive")?;
    let listener = settings.http.listen().await?.until_left(service.leaving());
    let serving = receiver.serve(listener, service.health().clone(), service.shutdown());
    service.run(serving).await
}
