//! Which dead letters are meant.

use anyhow::bail;
use bus::{BusError, DeadLetters, OldestFirst, StoredDeadLetter};
use clap::Args;
use domain::AccountKey;
use repair::account_of;
use serde_json::{Value, json};
use store::Store;

use crate::Place;
use crate::audit::Act;

/// What they have in common.
#[derive(Debug, Clone, Default, Args)]
#[group(skip)]
pub(crate) struct Common {
    /// Only those of this stream, `INBOUND` or `OUTBOUND`
    #[arg(long, value_name = "NAME")]
    stream: Option<String>,

    /// Only those of this Chatwoot account: its key, or its number if that is enough
    #[arg(long, value_name = "KEY OR NUMBER")]
    account: Option<String>,
}

/// The same, with the account's key.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    stream: Option<String>,
    pub(crate) account: Option<AccountKey>,
}

impl Common {
    /// Finds the account. A letter that died because its account was unknown has a key that no
    /// account has, so any key will do.
    pub(crate) async fn shared(self, place: &Place) -> anyhow::Result<Shared> {
        let Self { stream, account } = self;
        let account =
            match account.as_deref().map(|wanted| (wanted, wanted.parse::<AccountKey>().ok())) {
                None => None,
                Some((_, Some(key))) => Some(key),
                Some((wanted, None)) => {
                    let served = store::accounts::all(&place.store().await?).await?;
                    Some(accounts::find(served, wanted)?.id)
                }
            };
        Ok(Shared { stream, account })
    }
}

impl Shared {
    /// Whether a dead letter is meant, as far as stream and account go.
    pub(crate) fn fits(&self, stored: &StoredDeadLetter) -> bool {
        self.stream.as_ref().is_none_or(|stream| *stream == stored.letter.stream)
            && self.account.is_none_or(|account| account_of(stored) == Some(account))
    }
}

/// One dead letter by its position, or those with something in common.
#[derive(Debug, Clone)]
pub(crate) struct Selection {
    pub(crate) sequence: Option<u64>,
    pub(crate) reason: Option<String>,
    pub(crate) common: Shared,
}

impl Selection {
    /// Describes the selection, for the audit.
    pub(crate) fn words(&self) -> String {
        let which = match (self.sequence, &self.reason) {
            (Some(sequence), _) => format!("sequence {sequence}"),
            (None, Some(reason)) => format!("reason {reason}"),
            (None, None) => "all".to_owned(),
        };
        let mut words = vec![which];
        words.extend(self.common.stream.as_ref().map(|stream| format!("stream {stream}")));
        words.extend(self.common.account.map(|account| format!("account {account}")));
        words.join(", ")
    }

    /// Opens the dead letters that are meant, and what records the command. One that only looks is not recorded, and
    /// needs no database.
    pub(crate) async fn prepare(
        place: &Place,
        action: &'static str,
        which: (Option<u64>, Option<String>),
        common: Common,
        dry_run: bool,
    ) -> anyhow::Result<(DeadLetters, Selected, Option<(Store, Act)>)> {
        let (sequence, reason) = which;
        let selection = Self { sequence, reason, common: common.shared(place).await? };
        let (what, account) = (selection.words(), selection.common.account);
        let letters = place.bus().await?.dead_letters();
        let selected = selection.open(&letters).await?;
        if dry_run {
            return Ok((letters, selected, None));
        }
        let store = place.store().await?;
        let act = Act::new(action, what).on(&store, account).await?;
        Ok((letters, selected, Some((store, act))))
    }

    /// Opens the dead letters that are meant, oldest first. One that is named must exist.
    pub(crate) async fn open(self, letters: &DeadLetters) -> anyhow::Result<Selected> {
        let Some(sequence) = self.sequence else {
            let (stream, reason) = (self.common.stream.as_deref(), self.reason.as_deref());
            let all = letters.oldest_first(stream, reason).await?;
            return Ok(Selected { all: Some(all), one: None, selection: self });
        };
        let Some(one) = letters.get(sequence).await? else {
            bail!("there is no dead letter {sequence}: see `axis dead-letters list`");
        };
        if !self.common.fits(&one) {
            bail!(
                "dead letter {sequence} is of another stream or account: leave --stream and --account out"
            );
        }
        Ok(Selected { all: None, one: Some(one), selection: self })
    }

    /// Whether a dead letter is meant.
    pub(crate) fn fits(&self, stored: &StoredDeadLetter) -> bool {
        // Names of streams and reasons are cut to fit into subjects, so the subject does not tell enough.
        self.reason.as_ref().is_none_or(|reason| *reason == stored.letter.reason)
            && self.common.fits(stored)
    }
}

/// The dead letters of a selection, oldest first.
pub(crate) struct Selected {
    all: Option<OldestFirst>,
    one: Option<StoredDeadLetter>,
    selection: Selection,
}

impl Selected {
    /// Returns the next one, or `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<StoredDeadLetter>, BusError> {
        let Some(all) = &mut self.all else { return Ok(self.one.take()) };
        while let Some(stored) = all.next().await? {
            if self.selection.fits(&stored) {
                return Ok(Some(stored));
            }
        }
        Ok(None)
    }
}

/// What became of one dead letter.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) sequence: u64,
    pub(crate) subject: String,
    pub(crate) reason: String,
    /// What became of it, in a word or a sentence.
    pub(crate) outcome: String,
}

impl Done {
    /// Notes what became of one.
    pub(crate) fn new(stored: &StoredDeadLetter, outcome: impl Into<String>) -> Self {
        Self {
            sequence: stored.sequence,
            subject: stored.letter.subject.clone(),
            reason: stored.letter.reason.clone(),
            outcome: outcome.into(),
        }
    }

    /// As a line of text.
    pub(crate) fn line(&self) -> String {
        format!("{:<8} {}  {}: {}\n", self.sequence, self.subject, self.reason, self.outcome)
    }

    /// As a value.
    pub(crate) fn value(&self) -> Value {
        json!({
            "sequence": self.sequence,
            "subject": self.subject,
            "reason": self.reason,
            "outcome": self.outcome,
        })
    }
}
