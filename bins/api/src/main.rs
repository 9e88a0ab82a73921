//! REST and live events for the Shell and every other client. See the library.

use std::process::ExitCode;

use api::{Api, Config, Files, FilesConfig};
use bus::Bus;
use clap::Parser;
use objects::Objects;
use service::Service;
use store::Store;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Serves conversations, approvals and the activity timeline by REST, and their changes live.
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
    files: FilesConfig,
    #[command(flatten)]
    api: Config,
    #[command(flatten)]
    accounts: accounts::Config,
    #[command(flatten)]
    http: service::HttpConfig<8000>,
    #[command(flatten)]
    leave: service::LeaveConfig,
}

fn main() -> ExitCode {
    service::main("api", run)
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let config = Config { accounts: arguments.accounts, ..arguments.api };
    config.check(&arguments.http.host)?;
    let service = Service::start_balanced("api", &arguments.service, &arguments.leave)?;
    let store = Store::connect(&arguments.store, "api")?;
    let objects = Objects::open(&arguments.objects)?;
    let files = Files::new(&arguments.files, objects, config.accounts.key()?)?;
    let bus = Bus::connect_lazily(&arguments.bus, "api").await?;
    let (health, shutdown) = (service.health(), service.shutdown());
    let api = Api::start(&config, store, bus, files, health, shutdown)?;
    let listener = arguments.http.listen().await?.until_left(service.leaving());
    let serving = api.serve(listener, service.shutdown());
    service.run(serving).await
}
