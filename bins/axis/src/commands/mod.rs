//! The commands.

pub mod accounts;
pub mod audit;
pub mod backfill;
pub mod completions;
pub mod db;
pub mod dead_letters;
pub mod doctor;
pub mod erase;
pub mod journal;
pub mod keys;
pub mod migrate;
pub mod reconcile;
pub mod replay;
pub mod retention;
pub mod streams;
pub mod tenants;
pub mod webhook;

use anyhow::bail;
use clap::Subcommand;
use service::Service;

use crate::{Answer, Output, Place, up};

/// Does what comes before the work, unless somebody interrupts it: work says by itself how far it got.
pub(crate) async fn prepared<T>(
    service: &Service,
    preparation: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    match service.shutdown().run_until_cancelled(preparation).await {
        Some(done) => done,
        None => bail!("interrupted, before anything was done"),
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run everything in one process on one port, with servers of its own
    ///
    /// Settings that are not listed here, but that the programs read from the environment, work too: JOURNAL_*,
    /// WEBHOOK_*, OUTBOUND_*, … (see the help of `webhook-receiver` and `outbound-worker`).
    Up(Box<up::Arguments>),
    /// Check everything, and say what is wrong and what to do about it. Exit code 1 if somebody has
    /// to do something
    Doctor(doctor::Arguments),
    /// Bring the database's schema up to date
    Migrate(migrate::Arguments),
    /// The streams in NATS
    #[command(subcommand)]
    Streams(streams::Command),
    /// The companies that are served
    #[command(subcommand)]
    Tenants(tenants::Command),
    /// The Chatwoot accounts that are served
    #[command(subcommand)]
    Accounts(accounts::Command),
    /// The API keys of machines
    #[command(subcommand)]
    Keys(keys::Command),
    /// The webhook that Chatwoot calls
    #[command(subcommand)]
    Webhook(webhook::Command),
    /// The database
    #[command(subcommand)]
    Db(db::Command),
    /// What could not be processed
    #[command(subcommand)]
    DeadLetters(dead_letters::Command),
    /// A receiver's journal
    #[command(subcommand)]
    Journal(journal::Command),
    /// Bring in all conversations of an account, or what is missing of them; may be interrupted
    Backfill(backfill::Arguments),
    /// What webhooks missed
    #[command(subcommand)]
    Reconcile(reconcile::Command),
    /// Hand past events from Chatwoot to the workers again; repeating it changes nothing
    Replay(replay::Arguments),
    /// Remove months of the timeline, and of the record of events, that are too old
    Retention(retention::Arguments),
    /// Erase conversations and people that Chatwoot has deleted, and accounts that were disconnected
    Erase(erase::Arguments),
    /// List what operators and clients did, newest first
    Audit(audit::Arguments),
    /// Print a completion script for a shell
    Completions(completions::Arguments),
}

impl Command {
    pub(crate) async fn run(self, place: &Place, output: Output) -> anyhow::Result<Answer> {
        match self {
            Self::Up(arguments) => Box::pin(up::run(*arguments, place, output)).await,
            Self::Doctor(arguments) => Box::pin(doctor::run(&arguments, place)).await,
            Self::Migrate(arguments) => Box::pin(migrate::run(&arguments, place)).await,
            Self::Streams(command) => command.run(place).await,
            Self::Tenants(command) => command.run(place).await,
            Self::Accounts(command) => command.run(place).await,
            Self::Keys(command) => command.run(place).await,
            Self::Webhook(command) => command.run(place).await,
            Self::Db(command) => command.run(place).await,
            Self::DeadLetters(command) => command.run(place).await,
            Self::Journal(command) => command.run(place).await,
            Self::Backfill(arguments) => Box::pin(backfill::run(&arguments, place)).await,
            Self::Reconcile(command) => command.run(place).await,
            Self::Replay(arguments) => replay::run(&arguments, place).await,
            Self::Retention(arguments) => retention::run(arguments, place).await,
            Self::Erase(arguments) => Box::pin(erase::run(arguments, place)).await,
            Self::Audit(arguments) => audit::run(&arguments, place).await,
            Self::Completions(arguments) => completions::run(&arguments),
        }
    }
}
