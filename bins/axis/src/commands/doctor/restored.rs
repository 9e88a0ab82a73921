//! Is the database an older copy of itself, as after a restore?

use bus::{Bus, SourceEntry};
use store::Store;
use store::accounts::Account;
use store::high_water;

use super::Report;
use super::accounts::{AGAIN, name};

const RESTORED: &str =
    "follow docs/operations.md (\"Backup and restore\"), which ends with axis db restored --yes";

/// Checks whether anything was carried out that the database lacks.
pub(super) async fn look(report: &mut Report, store: &Store, bus: &Bus) -> Option<()> {
    let mark = report.heard("copy", bus.high_water().read().await, AGAIN)?;
    let number = async { high_water::number(&mut *store.worker().await?).await };
    let number = report.heard("copy", number.await, AGAIN)?;
    if number < mark.number {
        let what = "the database is older than what was carried out from it; outbound workers send nothing";
        report.wrong("copy", what.to_owned(), RESTORED);
    } else {
        report.good("copy", "the database is not known to be an older copy");
    }
    Some(())
}

/// Checks whether accounts were connected or disconnected that the database knows nothing of. Returns those that were
/// disconnected.
pub(super) async fn accounts<'a>(
    report: &mut Report,
    (store, bus): (&Store, &Bus),
    served: &'a [Account],
) -> Option<Vec<&'a Account>> {
    let told = report.heard("receivers", bus.sources().told().await, AGAIN)?;
    let ended = report.heard("receivers", store::accounts::ended(store).await, AGAIN)?;
    let mut unknown: Vec<_> = told
        .values()
        .filter_map(|entry| match entry {
            SourceEntry::Source(source) => Some(source),
            SourceEntry::Removed(_) => None,
        })
        .filter(|source| {
            !served.iter().any(|account| account.id == source.account)
                && !ended.iter().any(|(account, _)| *account == source.account)
        })
        .collect();
    unknown.sort_by_key(|source| source.account);
    for source in unknown {
        let (number, url) = (source.chatwoot_account_id, &source.base_url);
        let what = format!(
            "they take events of account {number} of {url}, which the database does not know, as one that was \
             connected after a backup"
        );
        let tenant = &source.tenant;
        let mend = format!(
            "axis accounts add --tenant {tenant} --chatwoot-url {url} --chatwoot-account-id {number}   # keeps its \
             key; to end it, disconnect it then"
        );
        report.wrong("receivers", what, &mend);
    }
    let is_removed = |one: &&Account| matches!(told.get(&one.id), Some(SourceEntry::Removed(_)));
    let removed: Vec<_> = served.iter().filter(is_removed).collect();
    for account in &removed {
        let what = format!(
            "{} was disconnected, and the database serves it, as one that was disconnected after a backup",
            name(account)
        );
        let mend = format!(
            "axis accounts disconnect --account {} --yes; if it is to be served, axis accounts publish",
            account.id
        );
        report.wrong("receivers", what, &mend);
    }
    Some(removed)
}
