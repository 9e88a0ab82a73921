//! How far each account has been compared with its Chatwoot. One process at a time holds an account, and a hold that is
//! not renewed expires.
//!
//! A comparison that somebody asks for is due since `-infinity`. So whoever holds the account notices it when writing
//! down the next due time.

mod due;
mod failing;
mod long;
mod unread;

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::{AccountKey, TenantId};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{Error, rows};

pub use due::{ask_for, encourage, hasten};
pub use failing::count_failing;
pub use long::{Long, forget_all_long, forget_long, next_long, note_long};
pub use unread::{forget_unread, note_unread};

/// How far an account has been compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Reconciliation {
    /// The account.
    pub account: AccountKey,
    /// Its tenant.
    pub tenant: TenantId,
    /// Whether somebody is comparing it at the moment.
    pub held: bool,
    /// Whether a sweep is due, by the database's clock.
    pub sweep_due: bool,
    /// Whether the walk is due, by the database's clock.
    pub walk_due: bool,
    /// How far the comparison is.
    pub progress: Progress,
    /// What it found so far.
    pub tally: Tally,
    /// What could not be read since the last walk began, and why.
    pub unread: Vec<String>,
}

/// How far a comparison is.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// When the next sweep is due, which asks for what changed lately.
    pub sweep_due_at: DateTime<Utc>,
    /// Everything that changed before then has been compared.
    pub swept_to: Option<DateTime<Utc>>,
    /// The walk through everything.
    pub walk: Walk,
    /// When a walk was last completed.
    pub walked_at: Option<DateTime<Utc>>,
    /// How many tries in a row have failed.
    pub failures: u32,
    /// Why the last try failed.
    pub last_error: Option<String>,
}

/// A walk through all conversations, and then through the contacts that have none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walk {
    /// When it is due to go on, or to begin anew.
    pub due_at: DateTime<Utc>,
    /// How many pages of conversations are done.
    pub page: u32,
    /// The highest display id that is done, or the number of the last contact that is.
    pub place: i64,
    /// How many numbers after `place` no conversation has, where a page cannot be read and they were looked up.
    pub absent: i64,
    /// Whether it has reached the contacts.
    pub contacts: bool,
    /// How many conversations there are, as Chatwoot says.
    pub total: Option<i64>,
    /// How many of them are done.
    pub done: i64,
    /// Whether another walk is to begin as soon as this one ends.
    pub again: bool,
}

impl Walk {
    /// Starts it over, due at that time.
    pub fn begin(&mut self, due_at: DateTime<Utc>) {
        let total = self.total;
        *self = Self {
            due_at,
            page: 0,
            place: 0,
            absent: 0,
            contacts: false,
            total,
            done: 0,
            again: false,
        };
    }

    /// Goes on with the contacts. The total stays, since a progress bar ends at it.
    pub fn reach_contacts(&mut self) {
        (self.contacts, self.place, self.absent) = (true, 0, 0);
    }

    /// Asks for a whole walk from now on: at once, or after the one that is under way.
    pub fn follow(&mut self, now: DateTime<Utc>) {
        self.again = self.under_way();
        self.due_at = now;
    }

    /// Whether it has begun and not ended.
    pub fn under_way(&self) -> bool {
        self.page > 0 || self.place > 0 || self.absent > 0 || self.contacts
    }
}

/// How many rows were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Rows that were missing before the first walk was complete: history.
    pub brought_in: i64,
    /// Rows that were missing, different or gone since then.
    pub drift_found: i64,
    /// Those of them whose repair has been published.
    pub drift_repaired: i64,
}

#[expect(clippy::struct_excessive_bools, reason = "columns, each a question of its own")]
struct Row {
    account_id: Uuid,
    tenant_id: String,
    held: bool,
    sweep_due: bool,
    walk_due: bool,
    sweep_due_at: DateTime<Utc>,
    swept_to: Option<DateTime<Utc>>,
    walk_due_at: DateTime<Utc>,
    walk_page: i32,
    walk_place: i64,
    walk_contacts: bool,
    walk_total: Option<i64>,
    walk_done: i64,
    walk_again: bool,
    walk_absent: i64,
    walked_at: Option<DateTime<Utc>>,
    brought_in: i64,
    drift_found: i64,
    drift_repaired: i64,
    failures: i32,
    last_error: Option<String>,
    unread: Vec<String>,
}

impl TryFrom<Row> for Reconciliation {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            account: AccountKey(row.account_id),
            tenant: rows::tenant("reconciliations", row.tenant_id)?,
            held: row.held,
            sweep_due: row.sweep_due,
            walk_due: row.walk_due,
            progress: Progress {
                sweep_due_at: row.sweep_due_at,
                swept_to: row.swept_to,
                walk: Walk {
                    due_at: row.walk_due_at,
                    page: u32::try_from(row.walk_page).unwrap_or_default(),
                    place: row.walk_place,
                    absent: row.walk_absent,
                    contacts: row.walk_contacts,
                    total: row.walk_total,
                    done: row.walk_done,
                    again: row.walk_again,
                },
                walked_at: row.walked_at,
                failures: u32::try_from(row.failures).unwrap_or_default(),
                last_error: row.last_error,
            },
            tally: Tally {
                brought_in: row.brought_in,
                drift_found: row.drift_found,
                drift_repaired: row.drift_repaired,
            },
            unread: row.unread,
        })
    }
}

/// A checked query for [`Row`]s. It reads `-infinity`, which no `DateTime` holds, as 1970.
macro_rules! select_reconciliations {
    ($before:tt, $after:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Row,
            $before + " account_id, tenant_id, held_until > now() as \"held!\",
              sweep_due_at <= now() as \"sweep_due!\", walk_due_at <= now() as \"walk_due!\",
              greatest(sweep_due_at, 'epoch') as \"sweep_due_at!\", swept_to,
              greatest(walk_due_at, 'epoch') as \"walk_due_at!\", walk_page, walk_place,
              walk_contacts, walk_total, walk_done, walk_again, walk_absent, walked_at, brought_in,
              drift_found, drift_repaired, failures, last_error, unread " + $after
            $(, $argument)*
        )
    };
}

/// Adds the row of every account that is served and has none.
pub async fn know_all(connection: &mut PgConnection) -> Result<(), Error> {
    sqlx::query!(
        "insert into reconciliations (account_id, tenant_id)
         select id, tenant_id from chatwoot_accounts a
         where a.disconnected_at is null
           and not exists (select from reconciliations r where r.account_id = a.id)
         on conflict do nothing"
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes hold of the account that has been due for longest, if one is due that is served and not held. A sweep that is
/// due in more than two days, or a walk in more than `walk_period` and a day, was put off by a clock that was ahead,
/// and is due now. Accounts of the tenants in `without` are left to others.
pub async fn claim_due(
    connection: &mut PgConnection,
    holder: Uuid,
    hold: Duration,
    walk_period: Duration,
    without: &[String],
) -> Result<Option<Reconciliation>, Error> {
    select_reconciliations!(
        "update reconciliations
         set holder = $1, held_until = now() + make_interval(secs => $2),
             sweep_due_at = case when sweep_due_at > now() + interval '2 days' then 'epoch'
                                 else greatest(sweep_due_at, 'epoch') end,
             walk_due_at = case when walk_due_at > now() + make_interval(days => 1, secs => $3)
                                then 'epoch' else greatest(walk_due_at, 'epoch') end
         where account_id = (
           select account_id from reconciliations
           where held_until <= now()
             and (least(sweep_due_at, walk_due_at) <= now()
                  or sweep_due_at > now() + interval '2 days'
                  or walk_due_at > now() + make_interval(days => 1, secs => $3))
             and tenant_id <> all ($4)
             and exists (select from chatwoot_accounts a
                         where a.id = account_id and a.disconnected_at is null)
           order by least(sweep_due_at, walk_due_at)
           limit 1 for update skip locked)
         returning",
        "",
        holder,
        hold.as_secs_f64(),
        walk_period.as_secs_f64(),
        without,
    )
    .fetch_optional(connection)
    .await?
    .map(Reconciliation::try_from)
    .transpose()
}

/// Takes hold of an account that is served, even if somebody else holds it, since an operator wants it now. The
/// previous holder finds out at its next [`save`].
pub async fn claim(
    connection: &mut PgConnection,
    account: AccountKey,
    holder: Uuid,
    hold: Duration,
) -> Result<Option<Reconciliation>, Error> {
    select_reconciliations!(
        "update reconciliations
         set holder = $1, held_until = now() + make_interval(secs => $2),
             sweep_due_at = greatest(sweep_due_at, 'epoch'),
             walk_due_at = greatest(walk_due_at, 'epoch')
         where account_id = $3
           and exists (select from chatwoot_accounts a
                       where a.id = account_id and a.disconnected_at is null)
         returning",
        "",
        holder,
        hold.as_secs_f64(),
        account.0,
    )
    .fetch_optional(connection)
    .await?
    .map(Reconciliation::try_from)
    .transpose()
}

/// Saves how far the comparison is, adds what was found since the last time, and holds the account for `hold` from now,
/// or lets go of it if that is zero. What was asked for meanwhile becomes due in `progress`. Returns false, and saves
/// nothing, if somebody else holds the account or it is no longer served.
pub async fn save(
    connection: &mut PgConnection,
    account: AccountKey,
    holder: Uuid,
    hold: Duration,
    progress: &mut Progress,
    found: Tally,
) -> Result<bool, Error> {
    let Progress { walk, .. } = progress;
    let due = sqlx::query!(
        r#"update reconciliations
         set held_until = now() + make_interval(secs => $3),
             sweep_due_at = case sweep_due_at when '-infinity' then 'epoch' else $4::timestamptz end,
             swept_to = $5,
             walk_due_at = case walk_due_at when '-infinity' then 'epoch' else $6::timestamptz end,
             walk_page = $7, walk_place = $8,
             walk_contacts = $9, walk_total = $10, walk_done = $11, walked_at = $12,
             brought_in = brought_in + $13, drift_found = drift_found + $14,
             drift_repaired = drift_repaired + $15, failures = $16, last_error = $17,
             walk_again = $18, walk_absent = $19,
             failing_since = case when $16 = 0 then null else coalesce(failing_since, now()) end,
             updated_at = now()
         where account_id = $1 and holder = $2
           and exists (select from chatwoot_accounts a
                       where a.id = account_id and a.disconnected_at is null)
         returning sweep_due_at, walk_due_at"#,
        account.0,
        holder,
        hold.as_secs_f64(),
        progress.sweep_due_at,
        progress.swept_to,
        walk.due_at,
        i32::try_from(walk.page).unwrap_or(i32::MAX),
        walk.place,
        walk.contacts,
        walk.total,
        walk.done,
        progress.walked_at,
        found.brought_in,
        found.drift_found,
        found.drift_repaired,
        i32::try_from(progress.failures).unwrap_or(i32::MAX),
        progress.last_error,
        walk.again,
        walk.absent,
    )
    .fetch_optional(connection)
    .await?;
    let Some(due) = due else { return Ok(false) };
    (progress.sweep_due_at, progress.walk.due_at) = (due.sweep_due_at, due.walk_due_at);
    Ok(true)
}

/// Holds an account for `hold` from now. Returns false if somebody else holds it or it is no longer served.
pub async fn hold(
    connection: &mut PgConnection,
    account: AccountKey,
    holder: Uuid,
    hold: Duration,
) -> Result<bool, Error> {
    let done = sqlx::query!(
        "update reconciliations set held_until = now() + make_interval(secs => $3)
         where account_id = $1 and holder = $2
           and exists (select from chatwoot_accounts a
                       where a.id = account_id and a.disconnected_at is null)",
        account.0,
        holder,
        hold.as_secs_f64(),
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// How far this account has been compared, if it has begun and the transaction may see it.
pub async fn get(
    connection: &mut PgConnection,
    account: AccountKey,
) -> Result<Option<Reconciliation>, Error> {
    select_reconciliations!("select", "from reconciliations where account_id = $1", account.0)
        .fetch_optional(connection)
        .await?
        .map(Reconciliation::try_from)
        .transpose()
}

/// The comparisons of all accounts that the transaction may see, ordered by tenant and account.
pub async fn list(connection: &mut PgConnection) -> Result<Vec<Reconciliation>, Error> {
    select_reconciliations!("select", "from reconciliations order by tenant_id, account_id")
        .fetch_all(connection)
        .await?
        .into_iter()
        .map(Reconciliation::try_from)
        .collect()
}
