//! `axis up`: every program in one process on one port.
//!
//! ```text
//! foundation   Postgres and NATS, ours or given; the key; schema and streams
//!     programs     receiver + api on one port, sync-worker, outbound-worker
//!         chatwoot     the account that is configured, or a stand-in
//! ```
//!
//! Started from the outside in, and stopped from the inside out. Nothing here does what a program
//! does: it only starts their libraries side by side.

mod chatwoot;
mod foundation;
mod greeting;
mod listen;
mod programs;
mod server;
mod stand_in;
mod stuck;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use secrecy::SecretString;
use service::Service;
use store::accounts::Account;

use crate::{Answer, Output, Place};
use chatwoot::{Chatwoot, reachable};
use foundation::{Binaries, Foundation};
use greeting::Greeting;
use programs::Programs;
use stand_in::StandIn;

/// The tenant of development, whose administrator bears the mock token.
pub const TENANT: &str = "mock-tenant-id";

/// Whether an account is a stand-in's, with which nobody works.
pub fn is_stand_in(account: &Account) -> bool {
    StandIn::is_one(account)
}

/// Where the Shell is built to.
const SHELL: &str = "shell/dist";

/// What runs, and where.
#[derive(Debug, Args)]
#[group(skip)]
pub struct Arguments {
    /// Address to listen on; 0.0.0.0 for all
    #[arg(long, env = "HOST", default_value = "127.0.0.1")]
    host: String,

    /// Port to listen on; 0 for a free one. If unset, 8000 or the next one that is free
    #[arg(long, env = "PORT")]
    port: Option<u16>,

    #[command(flatten)]
    places: service::Places,

    /// Address of the Chatwoot installation to serve. If unset, a stand-in is started
    #[arg(
        long,
        env = "CHATWOOT_API_URL",
        value_name = "URL",
        requires_all = ["chatwoot_api_token", "chatwoot_account_id"]
    )]
    chatwoot_api_url: Option<String>,

    /// Access token of an administrator of the Chatwoot account
    #[arg(
        long,
        env = "CHATWOOT_API_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN",
        requires = "chatwoot_api_url"
    )]
    chatwoot_api_token: Option<SecretString>,

    /// Number of the Chatwoot account
    #[arg(
        long,
        env = "CHATWOOT_ACCOUNT_ID",
        value_name = "NUMBER",
        requires = "chatwoot_api_url",
        value_parser = clap::value_parser!(i64).range(1..)
    )]
    chatwoot_account_id: Option<i64>,

    /// Scheme and host under which people open that installation, if that is not the address at
    /// which this program reaches it
    #[arg(
        long,
        env = "CHATWOOT_SCREEN_URL",
        value_name = "URL",
        requires = "chatwoot_api_url",
        value_parser = accounts::Config::address
    )]
    chatwoot_screen_url: Option<String>,

    /// Scheme and host under which Chatwoot reaches this program; the webhook is then registered
    /// there
    #[arg(
        long,
        env = "AXIS_PUBLIC_URL",
        value_name = "URL",
        value_parser = accounts::Config::receiver
    )]
    public_url: Option<String>,

    /// Seconds between two things that happen in the stand-in by themselves, on average. 0 means
    /// that nothing does
    #[arg(long, env = "SIM_TRICKLE", default_value_t = 3.0, value_name = "SECONDS",
          value_parser = seconds)]
    trickle: f64,

    /// Port of the stand-in; another one if it is taken
    #[arg(long, env = "SIM_PORT", default_value_t = 3100)]
    sim_port: u16,

    #[command(flatten)]
    binaries: Binaries,

    #[command(flatten)]
    api: api::Config,

    #[command(flatten)]
    sync: sync_worker::Config,

    #[command(flatten)]
    service: service::Config,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (0.0..=86_400.0).contains(&value) => Ok(value),
        _ => Err("give seconds from 0 to 86400".to_owned()),
    }
}

/// Runs everything until a signal.
pub async fn run(
    mut arguments: Arguments,
    place: &Place,
    output: Output,
) -> anyhow::Result<Answer> {
    arguments.api.check(&arguments.host)?;
    arguments.api.shell_dir = arguments.api.shell_dir.take().or_else(built_shell);
    let service = Service::start("axis", &arguments.service)?;
    let shutdown = service.shutdown();
    // If a signal comes while servers start, those that have started end with their handles.
    let starting = Box::pin(Foundation::start(place, &arguments.binaries));
    let Some(foundation) = shutdown.run_until_cancelled(starting).await else {
        return Ok(Answer::nothing());
    };
    let foundation = foundation?;
    let worked = Box::pin(work(&arguments, place, output, &foundation, service)).await;
    let stopped = foundation.stop().await;
    worked?;
    stopped?;
    Ok(Answer::nothing())
}

async fn work(
    arguments: &Arguments,
    place: &Place,
    output: Output,
    foundation: &Foundation,
    service: Service,
) -> anyhow::Result<()> {
    let shutdown = service.shutdown();
    let health = service.health().clone();
    let starting = async {
        let listener = listen::on(&arguments.host, arguments.port).await?;
        let address = listener.local_addr().context("asking for the address")?;
        let noted = place.note_address(&format!("http://{}", reachable(address))).await?;
        // Before any program asks an earlier stand-in anything.
        let ended = Box::pin(StandIn::end_earlier(foundation));
        ended.await.context("ending earlier stand-ins")?;
        let programs = Programs::start(arguments, place, foundation, &health, shutdown.clone());
        anyhow::Ok((listener, address, noted, Box::pin(programs).await?))
    };
    let Some(started) = shutdown.run_until_cancelled(starting).await else { return Ok(()) };
    let (listener, address, _noted, programs) = started?;

    let serving = async {
        let listener = arguments.places.at(listener);
        let running = tokio::spawn(programs.run(listener, shutdown.clone()));
        let chatwoot = Box::pin(Chatwoot::start(arguments, foundation, address, &health));
        let chatwoot = match shutdown.run_until_cancelled(chatwoot).await {
            Some(Ok(chatwoot)) => Some(chatwoot),
            Some(Err(error)) => {
                shutdown.cancel();
                running.await.context("ending the programs")??;
                return Err(error);
            }
            None => None,
        };
        if let Some(chatwoot) = &chatwoot {
            let shell = arguments.api.shell_dir.as_deref();
            let database_dir = foundation.database_dir.as_deref();
            let greeting = Greeting::new(address, shell, chatwoot, place, database_dir);
            greeting.answer()?.print(output)?;
        }
        let ended = running.await.context("running the programs")?;
        // The stand-in answers the workers until they have ended.
        if let Some(chatwoot) = chatwoot {
            chatwoot.stop().await;
        }
        ended
    };
    service.run(Box::pin(serving)).await
}

fn built_shell() -> Option<PathBuf> {
    let folder = Path::new(SHELL);
    folder.join("index.html").is_file().then(|| folder.to_owned())
}
