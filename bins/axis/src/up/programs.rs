//! The programs, side by side.

use anyhow::{Context as _, anyhow};
use api::Api;
use clap::parser::ValueSource;
use clap::{Args, Command};
use objects::Objects;
use outbound_worker::OutboundWorker;
use secrecy::ExposeSecret as _;
use service::{Crew, Health, Listener};
use sync_worker::SyncWorker;
use tokio_util::sync::CancellationToken;
use webhook_receiver::Receiver;

use super::Arguments;
use super::foundation::Foundation;
use crate::Place;

/// The programs, ready to run.
pub(super) struct Programs {
    receiver: Receiver,
    sync: SyncWorker,
    outbound: OutboundWorker,
    api: Api,
}

impl Programs {
    /// Starts all of them, but not their work.
    pub(super) async fn start(
        arguments: &Arguments,
        place: &Place,
        foundation: &Foundation,
        health: &Health,
        shutdown: CancellationToken,
    ) -> anyhow::Result<Self> {
        let Foundation { store, bus, .. } = foundation;
        let config = receiver_config(place, foundation)?;
        let receiver = Receiver::start(&config, bus.clone()).await.context("webhook-receiver")?;
        receiver.register(health);
        let sync = SyncWorker::start(&arguments.sync, store.clone(), bus.clone(), health)
            .await
            .context("sync-worker")?;
        let key = ["--secret-key", foundation.key_text.expose_secret()];
        let (config, _) = from_environment::<sync_worker::reconcile::Config>(&key)?;
        let sync = sync.reconciling(config).context("sync-worker")?;
        let (config, _) = from_environment::<outbound_worker::Config>(&key)?;
        let locks = config.locks(&foundation.store_config)?;
        let objects = objects(place)?;
        let (files, bus_of) = (objects.clone(), bus.clone());
        let outbound = OutboundWorker::start(&config, store.clone(), locks, bus_of, files, health)
            .await
            .context("outbound-worker")?;
        // Last: where health checks have the same name, the API's is the one that users notice.
        let (accounts, _) = from_environment::<accounts::Config>(&key)?;
        let (config, _) = from_environment::<api::FilesConfig>(&[])?;
        let files = api::Files::new(&config, objects, accounts.key()?).context("api")?;
        let public_url = arguments.public_url.clone().or(accounts.public_url.clone());
        let accounts = accounts::Config { public_url, ..accounts };
        let config = api::Config { accounts, ..arguments.api.clone() };
        let (store, bus) = (store.clone(), bus.clone());
        let api = Api::start(&config, store, bus, files, health, shutdown)?;
        Ok(Self { receiver, sync, outbound, api })
    }

    /// Works until the shutdown. Then it takes no more requests, empties the journal, and ends the workers.
    pub(super) async fn run(
        self,
        listener: Listener,
        shutdown: CancellationToken,
    ) -> anyhow::Result<()> {
        let Self { mut receiver, sync, outbound, mut api } = self;
        let routes = api.router().merge(receiver.router());
        let stop = CancellationToken::new();
        let mut workers = Crew::default();
        workers.spawn("sync-worker", sync.run(stop.clone()));
        workers.spawn("outbound-worker", outbound.run(stop.clone()));

        let until = shutdown.clone();
        let serving =
            async { service::serve(listener, routes, until).await.context("serving HTTP") };
        let serving = receiver.watch(api.watch(serving, &shutdown), &shutdown);
        let served = workers.watch(serving, &shutdown).await;
        shutdown.cancel();
        receiver.drain().await;
        api.finished().await;
        stop.cancel();
        let ended = workers.finish().await;
        served.and(ended)
    }
}

fn objects(place: &Place) -> anyhow::Result<Objects> {
    let (mut config, matches) = from_environment::<objects::Config>(&[])?;
    if matches.value_source("attachments_url") == Some(ValueSource::DefaultValue) {
        config.attachments_url = objects::Address::Folder(place.attachments_dir());
    }
    Ok(Objects::open(&config)?)
}

fn receiver_config(
    place: &Place,
    foundation: &Foundation,
) -> anyhow::Result<webhook_receiver::Config> {
    let key = ["--secret-key", foundation.key_text.expose_secret()];
    let (mut config, matches) = from_environment::<webhook_receiver::Config>(&key)?;
    if matches.value_source("journal_dir") == Some(ValueSource::DefaultValue) {
        config.journal_dir = place.journal_dir();
    }
    Ok(config)
}

/// Reads a program's settings as the program itself would, with these arguments.
fn from_environment<T: Args>(arguments: &[&str]) -> anyhow::Result<(T, clap::ArgMatches)> {
    let command = T::augment_args(Command::new("axis up").no_binary_name(true));
    let read = command.try_get_matches_from(arguments);
    let read = read.and_then(|matches| Ok((T::from_arg_matches(&matches)?, matches)));
    read.map_err(|error| {
        // The rest is about options that do not exist here.
        let told = error.to_string();
        let first = told.lines().next().unwrap_or_default();
        anyhow!("{}", first.trim_start_matches("error: ").to_owned())
    })
}
