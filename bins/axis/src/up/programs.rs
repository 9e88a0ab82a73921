//! The programs, side by side.

use anyhow::{Context as _, anyhow};
use api::Api;
use clap::parser::ValueSource;
use clap::{Args, Command};
use objects::Objects;
use outbound_worker::OutboundWorker;
use secrecy::ExposeSecret as _;
use service::Health;
use sync_worker::SyncWorker;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
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
    /// Starts all of them but their work.
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
        // Last: where parts have the same name, the API's is the one that users notice.
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

    /// Works until the shutdown: then no more requests, then what is in the journal, then the
    /// workers.
    pub(super) async fn run(
        self,
        listener: TcpListener,
        shutdown: CancellationToken,
    ) -> anyhow::Result<()> {
        let Self { receiver, sync, outbound, api } = self;
        let routes = api.router().merge(receiver.router());
        let stop = CancellationToken::new();
        let mut workers = JoinSet::new();
        let until = stop.clone();
        workers.spawn(async move { sync.run(until).await.context("sync-worker") });
        let until = stop.clone();
        workers.spawn(async move { outbound.run(until).await.context("outbound-worker") });

        let mut result = {
            let serving = service::serve(listener, routes, shutdown.clone());
            tokio::pin!(serving);
            tokio::select! {
                served = &mut serving => served.context("serving HTTP"),
                Some(ended) = workers.join_next() => {
                    shutdown.cancel();
                    let _second = serving.await;
                    Err(untimely(ended))
                }
            }
        };
        shutdown.cancel();
        receiver.drain().await;
        api.finished().await;
        stop.cancel();
        while let Some(ended) = workers.join_next().await {
            let ended = ended.context("a worker").flatten();
            result = result.and(ended);
        }
        result
    }
}

/// A worker ended although nobody told it to.
fn untimely(ended: Result<anyhow::Result<()>, tokio::task::JoinError>) -> anyhow::Error {
    match ended {
        Ok(Ok(())) => anyhow!("a worker ended by itself"),
        Ok(Err(error)) => error,
        Err(panicked) => panicked.into(),
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

/// A program's settings as it would read them itself, with these arguments.
fn from_environment<T: Args>(arguments: &[&str]) -> anyhow::Result<(T, clap::ArgMatches)> {
    let command = T::augment_args(Command::new("axis up").no_binary_name(true));
    let read = command.try_get_matches_from(arguments);
    let read = read.and_then(|matches| Ok((T::from_arg_matches(&matches)?, matches)));
    read.map_err(|error| {
        // The rest is about options that are not there.
        let told = error.to_string();
        let first = told.lines().next().unwrap_or_default();
        anyhow!("{}", first.trim_start_matches("error: ").to_owned())
    })
}
