//! Does the key open what is sealed, do the receivers know the accounts, do webhooks come, and in
//! time, and are the accounts compared with Chatwoot?

use accounts::Accounts;
use bus::Bus;
use chrono::{TimeDelta, Utc};
use store::Store;
use store::accounts::Account;
use store::reconciliations::Reconciliation;

use super::{Report, lateness, restored};
use crate::Place;
use crate::commands::webhook::check::{self, KEY};

/// How long a comparison may be overdue before it seems that nobody makes it.
const OVERDUE: TimeDelta = TimeDelta::minutes(15);
/// Failures in a row before they are more than passing trouble.
const FAILURES: u32 = 3;
pub(super) const AGAIN: &str = "axis doctor   # again";
const OWN: &str = "set AXIS_SECRET_KEY to what they are sealed under; if that is lost, have these people \
                   link theirs again";
const WORKER: &str = "start a sync-worker that has AXIS_SECRET_KEY";

/// Checks the accounts.
pub(super) async fn look(
    report: &mut Report,
    place: &Place,
    (store, bus): (Store, Bus),
    public_url: Option<&str>,
) -> Option<()> {
    let served = report.heard("accounts", store::accounts::all(&store).await, AGAIN)?;
    let removed = restored::accounts(report, (&store, &bus), &served).await?;
    if served.is_empty() {
        report.notice("accounts", "none is served".to_owned());
        return None;
    }
    compared(report, &store, &served).await?;
    lateness::look(report, &bus, &served).await;
    let key = report.heard("key", place.secret_key(), KEY)?;
    let accounts = Accounts::new(store, bus, key);
    if !served.iter().any(|account| accounts.opens(account)) {
        let what = format!("it opens none of the accounts' secrets ({})", served.len());
        report.wrong("key", what, KEY);
        return None;
    }
    let unopened = report.heard("key", accounts.own_unusable().await, AGAIN)?;
    if unopened > 0 {
        let what = format!(
            "{unopened} of people's own tokens do not open with it: what they write goes out with \
             the account's"
        );
        report.wrong("key", what, OWN);
    }
    let untold = report.heard("receivers", accounts.untold(&served).await, AGAIN)?;
    for account in untold.iter().filter(|one| !removed.iter().any(|removed| removed.id == one.id)) {
        let what = format!("they do not know {} as it is", name(account));
        report.wrong("receivers", what, "axis accounts publish");
    }
    if untold.is_empty() {
        report.good("receivers", format!("they know all accounts ({})", served.len()));
    }
    webhooks(report, &accounts, &served, public_url).await
}

/// Names an account as people know it.
pub(super) fn name(account: &Account) -> String {
    format!("account {} of {}", account.chatwoot_account_id, account.base_url)
}

async fn webhooks(
    report: &mut Report,
    accounts: &Accounts,
    served: &[Account],
    public_url: Option<&str>,
) -> Option<()> {
    let found = check::look(accounts, served, public_url).await;
    for one in report.heard("webhooks", found, AGAIN)? {
        let whose = format!("account {} of {}", one.chatwoot_account_id, one.chatwoot_url);
        if one.good {
            report.good("webhooks", format!("{whose}: it is as it should be"));
        }
        for wrong in one.wrong {
            let what = format!("{whose}: {}", wrong.what);
            if one.good {
                report.notice("webhooks", format!("{what}: {}", wrong.mend));
            } else {
                report.wrong("webhooks", what, &wrong.mend);
            }
        }
    }
    Some(())
}

/// Checks how far accounts are compared with Chatwoot.
async fn compared(report: &mut Report, store: &Store, served: &[Account]) -> Option<()> {
    let asked = async {
        let mut transaction = store.worker().await?;
        let mut all = store::reconciliations::list(&mut transaction).await?;
        all.retain(|one| served.iter().any(|account| account.id == one.account));
        let overdue = overdue(&mut transaction, served, &all).await?;
        Ok::<_, store::Error>((all, overdue))
    };
    let (all, overdue) = report.heard("comparison", asked.await, AGAIN)?;
    let begun = all.iter().filter(|one| one.progress.swept_to.is_some()).count();
    let never = served.len() - begun;
    if never > overdue.len() {
        let what = format!("{never} of {} accounts were never compared yet", served.len());
        report.notice("comparison", what);
    }
    for account in served {
        let unread = all.iter().filter(|one| one.account == account.id).flat_map(|one| &one.unread);
        for what in unread {
            let what = format!("{}: left out until the next walk: {what}", name(account));
            report.notice("comparison", what);
        }
    }
    let mut troubles: Vec<_> = all.iter().filter_map(trouble).collect();
    let unread = |account: &&Account| (format!("{} was never compared", name(account)), WORKER);
    troubles.extend(overdue.iter().map(unread));
    if troubles.is_empty() && begun > 0 {
        report.good("comparison", "no account that was compared is behind");
    }
    for (what, mend) in troubles {
        report.wrong("comparison", what, mend);
    }
    Some(())
}

/// Returns the accounts that nobody has begun to compare, although they have long been as they are.
async fn overdue<'a>(
    transaction: &mut store::PgConnection,
    served: &'a [Account],
    all: &[Reconciliation],
) -> Result<Vec<&'a Account>, store::Error> {
    let long_ago = Utc::now() - OVERDUE;
    let is_in_hand = |one: &Reconciliation| {
        let progress = &one.progress;
        one.held
            || progress.swept_to.is_some()
            || progress.sweep_due_at >= long_ago
            || trouble(one).is_some()
    };
    let mut overdue = Vec::new();
    for account in served {
        if all.iter().any(|one| one.account == account.id && is_in_hand(one)) {
            continue;
        }
        let (tenant, id) = (&account.tenant, Some(account.id));
        let shown = store::accounts::shown(&mut *transaction, tenant, id).await?;
        if shown.iter().any(|one| one.updated_at < long_ago) {
            overdue.push(account);
        }
    }
    Ok(overdue)
}

/// Says what is wrong with comparing an account, and what to do.
fn trouble(one: &Reconciliation) -> Option<(String, &'static str)> {
    let (account, progress) = (&one.account, &one.progress);
    if progress.failures >= FAILURES
        && let Some(error) = &progress.last_error
    {
        return Some((format!("of account {account}: {error}"), "axis reconcile status"));
    }
    let (swept, long_ago) = (progress.swept_to?, Utc::now() - OVERDUE);
    (!one.held && swept < long_ago && progress.sweep_due_at < long_ago).then(|| {
        let at = swept.format("%Y-%m-%d %H:%M:%S UTC");
        let what = format!("account {account} has not been compared since {at}");
        (what, WORKER)
    })
}
