//! `axis journal …`

pub mod list;
pub mod segments;
pub mod show;

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use webhook_receiver::journal;

use crate::{Answer, Place};

/// What to look at in a receiver's journal; the receiver may be running.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the segments and compare every checksum; fails if something is damaged
    Segments(segments::Arguments),
    /// List the events, oldest first, without their bodies
    List(list::Arguments),
    /// Show one event, with personal data masked
    Show(show::Arguments),
}

impl Command {
    pub(crate) async fn run(self, place: &Place) -> anyhow::Result<Answer> {
        match self {
            Self::Segments(arguments) => segments::run(arguments, place).await,
            Self::List(arguments) => list::run(arguments, place).await,
            Self::Show(arguments) => show::run(arguments, place).await,
        }
    }
}

/// Which journal.
#[derive(Debug, Clone, Args)]
#[group(skip)]
pub(crate) struct Folder {
    /// The receiver's folder. If unset, that of `axis up`
    #[arg(long, env = "JOURNAL_DIR", value_name = "FOLDER")]
    journal_dir: Option<PathBuf>,
}

impl Folder {
    /// Reads a journal on a thread where reading the disk keeps nobody waiting.
    pub(crate) async fn read<T: Send + 'static>(
        self,
        place: &Place,
        read: impl FnOnce(&std::path::Path) -> anyhow::Result<T> + Send + 'static,
    ) -> anyhow::Result<T> {
        let folder = self.journal_dir.unwrap_or_else(|| place.journal_dir());
        tokio::task::spawn_blocking(move || {
            let doing = || format!("reading the journal in {}", folder.display());
            if !journal::is_one(&folder).with_context(doing)? {
                bail!("there is no journal in {}: see JOURNAL_DIR", folder.display());
            }
            read(&folder).with_context(doing)
        })
        .await?
    }
}
