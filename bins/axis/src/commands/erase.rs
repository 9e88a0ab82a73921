//! `axis erase`

use anyhow::bail;
use chrono::{TimeDelta, Utc};
use clap::Args;
use domain::{AccountKey, ContactId, ConversationId};
use serde_json::json;
use service::Service;
use store::Store;
use store::erasure::{self, Erased, Scope};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::audit::{Act, Operator};
use crate::commands::{accounts::known, prepared};
use crate::conflict::retried;
use crate::{Answer, Place};

/// How many conversations or people are erased in one transaction.
const BATCH: u32 = 50;

/// What to erase.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Whole days for which it has been gone from Chatwoot, at least; 0 for whatever is gone by now
    #[arg(
        long,
        value_name = "DAYS",
        value_parser = clap::value_parser!(u16).range(0..=3_650)
    )]
    gone_for: u16,

    /// Also everything of accounts that were disconnected that long ago
    #[arg(long)]
    disconnected: bool,

    /// Only of this account: its key, or its number if that is enough. If unset, of all
    #[arg(long, value_name = "KEY OR NUMBER")]
    account: Option<String>,

    /// Only this contact of the account, by its number in Chatwoot, and its conversations
    #[arg(long, value_name = "NUMBER", requires = "account")]
    contact: Option<i64>,

    /// Only count what would be erased
    #[arg(long)]
    dry_run: bool,

    /// Confirm it: what is erased cannot be restored
    #[arg(long)]
    yes: bool,

    #[command(flatten)]
    operator: Operator,

    #[command(flatten)]
    service: service::Config,
}

impl Arguments {
    fn scope(&self, account: Option<AccountKey>) -> Scope {
        let gone_before = Utc::now() - TimeDelta::days(self.gone_for.into());
        Scope { gone_before, disconnected: self.disconnected, account, contact: self.contact }
    }
}

/// Erases what Chatwoot no longer has.
pub async fn run(arguments: Arguments, place: &Place) -> anyhow::Result<Answer> {
    if !arguments.yes && !arguments.dry_run {
        bail!("erasing cannot be undone: look with --dry-run, then pass --yes to confirm");
    }
    let store = place.store().await?;
    let account = match &arguments.account {
        Some(wanted) => Some(known(&store, wanted).await?),
        None => None,
    };
    if let (Some(account), Some(contact)) = (account, arguments.contact) {
        require_gone(&store, account, contact).await?;
    }
    let service = Service::start("axis", &arguments.service)?;
    let scope = arguments.scope(account);
    if arguments.dry_run {
        let mut erasure = Erasure { store, scope, dry: true, erased: Erased::default() };
        let ended = erasure.run(&service.shutdown()).await;
        return erasure.answer(&ended);
    }
    let act = Act::new("erase", words(&scope)).on(&store, account);
    let act = prepared(&service, act).await?;
    let details = json!({ "goneFor": arguments.gone_for, "disconnected": scope.disconnected });
    let begun = arguments.operator.begin(store.clone(), act, details).await?;
    let mut erasure = Erasure { store, scope, dry: false, erased: Erased::default() };
    let ended = erasure.run(&service.shutdown()).await;
    let how = match &ended {
        Ok(true) => "done".to_owned(),
        Ok(false) => "interrupted".to_owned(),
        Err(error) => format!("failed: {error:#}"),
    };
    begun.end(erasure.erased.conversations + erasure.erased.contacts, &how).await;
    erasure.answer(&ended)
}

/// Fails unless Chatwoot no longer has the contact, of whom there has to be something.
async fn require_gone(store: &Store, account: AccountKey, contact: i64) -> anyhow::Result<()> {
    match erasure::is_known(&mut *store.worker().await?, account, contact).await? {
        None => bail!(
            "account {account} has never had contact {contact}: the number is the one in the address of \
             the contact's page in Chatwoot"
        ),
        Some(true) => bail!(
            "Chatwoot still had contact {contact} when it was last compared, and would bring it back: \
             delete it there, let `axis backfill --account {account}` notice that, which may take \
             two runs, and then run this again"
        ),
        Some(false) => Ok(()),
    }
}

/// Described without personal data.
fn words(scope: &Scope) -> String {
    let mut words = vec![format!("gone before {}", scope.gone_before.format("%Y-%m-%d %H:%M"))];
    words.extend(scope.account.map(|account| format!("account {account}")));
    words.extend(scope.contact.map(|contact| format!("contact {contact}")));
    words.join(", ")
}

/// An erasure under way, a batch at a time. What is erased stays so if it is interrupted.
struct Erasure {
    store: Store,
    scope: Scope,
    dry: bool,
    erased: Erased,
}

/// What was erased in one transaction, or would be.
struct Batch<Id> {
    /// The last of it: the next batch begins behind.
    last: Id,
    erased: Erased,
}

impl<Id> Batch<Id> {
    /// Adds what was erased to the whole, and returns the last of it.
    fn added_to(self, whole: &mut Erased) -> Id {
        *whole += self.erased;
        self.last
    }
}

impl Erasure {
    /// Returns false if it was interrupted.
    async fn run(&mut self, shutdown: &CancellationToken) -> anyhow::Result<bool> {
        let mut next = Some(ConversationId(Uuid::nil()));
        while let Some(after) = next {
            if shutdown.is_cancelled() {
                return Ok(false);
            }
            next = retried(async || self.conversations(after).await)
                .await?
                .map(|batch| batch.added_to(&mut self.erased));
        }
        let mut next = Some(ContactId(Uuid::nil()));
        while let Some(after) = next {
            if shutdown.is_cancelled() {
                return Ok(false);
            }
            next = retried(async || self.contacts(after).await)
                .await?
                .map(|batch| batch.added_to(&mut self.erased));
        }
        self.erased.catalogue = retried(async || self.catalogue().await).await?;
        Ok(true)
    }

    /// The next conversations; `None` if there are no more.
    async fn conversations(
        &self,
        after: ConversationId,
    ) -> anyhow::Result<Option<Batch<ConversationId>>> {
        let mut transaction = self.store.worker().await?;
        let ids = erasure::conversations(&mut transaction, &self.scope, after, BATCH).await?;
        let Some(last) = ids.last() else { return Ok(None) };
        let erased = if self.dry {
            erasure::count(&mut transaction, &ids).await?
        } else {
            erasure::erase_conversations(&mut transaction, &ids).await?
        };
        store::commit(transaction).await?;
        Ok(Some(Batch { last: *last, erased }))
    }

    /// The next people; `None` if there are no more.
    async fn contacts(&self, after: ContactId) -> anyhow::Result<Option<Batch<ContactId>>> {
        let mut transaction = self.store.worker().await?;
        let ids = erasure::contacts(&mut transaction, &self.scope, after, BATCH).await?;
        let Some(last) = ids.last() else { return Ok(None) };
        if !self.dry {
            erasure::erase_contacts(&mut transaction, &ids).await?;
        }
        store::commit(transaction).await?;
        let erased = Erased { contacts: ids.len() as u64, ..Erased::default() };
        Ok(Some(Batch { last: *last, erased }))
    }

    async fn catalogue(&self) -> anyhow::Result<u64> {
        let mut transaction = self.store.worker().await?;
        let rows = erasure::erase_catalogue(&mut transaction, &self.scope).await?;
        if self.dry {
            store::rollback(transaction).await?;
        } else {
            store::commit(transaction).await?;
        }
        Ok(rows)
    }

    fn answer(&self, ended: &anyhow::Result<bool>) -> anyhow::Result<Answer> {
        let Erased { conversations, messages, approvals, contacts, catalogue } = self.erased;
        let verb = if self.dry { "would be erased" } else { "erased" };
        let why = match ended {
            Ok(true) => None,
            Ok(false) => Some("interrupted".to_owned()),
            Err(error) => Some(format!("{error:#}")),
        };
        let rest = why.as_ref().map(|why| format!("; the rest stays: {why}. Run it again"));
        let text = format!(
            "{conversations} conversations with {messages} messages and {approvals} requests for \
             approval, {contacts} contacts and {catalogue} entries of catalogues {verb}{}",
            rest.unwrap_or_default()
        );
        let value = json!({ "erased": self.erased, "dryRun": self.dry, "error": why });
        Ok(Answer::new(text, &value)?.succeeding_if(why.is_none()))
    }
}
