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
#[command(version)]
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
}

#[tokio::main]
async fn main() -> ExitCode {
    service::exit("api", run(Arguments::parse()).await)
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    arguments.api.check(&arguments.http.host)?;
    let service = Service::start("api", &arguments.service)?;
    without_huge_pages();
    let store = Store::connect(&arguments.store, "api")?;
    let bus = Bus::connect_lazily(&arguments.bus, "api").await?;
    let objects = Objects::open(&arguments.objects)?;
    let files = Files::new(&arguments.files, objects, arguments.accounts.key()?)?;
    let (health, shutdown) = (service.health(), service.shutdown());
    let config = Config { accounts: arguments.accounts, ..arguments.api };
    let api = Api::start(&config, store, bus, files, health, shutdown)?;
    let listener = arguments.http.listen().await?;
    let serving = api.serve(listener, service.shutdown());
    service.run(serving).await
}

/// Thousands of clients, each with a little memory that comes and goes: huge pages would keep whole
/// ones for bits of them. A kernel that cannot do this costs memory only.
fn without_huge_pages() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::thread::disable_transparent_huge_pages(true) {
        tracing::debug!(%error, "huge pages stay on");
    }
}
