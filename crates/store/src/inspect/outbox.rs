//! What waits in the outbox, and for what.

use chrono::{DateTime, Utc};
use domain::{AccountKey, TenantId};
use serde::Serialize;
use sqlx::PgConnection;

use crate::{Error, rows};

/// At most this many rows of the outbox are looked at.
pub const OUTBOX: i64 = 10_000;

/// The accounts that [`overdue`] names.
const ACCOUNTS: i64 = 20;

/// The commands that wait in the outbox.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outbox {
    /// How many there are, among the [`OUTBOX`] rows that are due first.
    pub commands: i64,
    /// For how many seconds the oldest has waited whose Chatwoot answers; `None` if there are none.
    pub answered: Option<f64>,
    /// The same of those whose Chatwoot does not answer, or wants to be left alone.
    pub silent: Option<f64>,
    /// How many installations do not answer, or want to be left alone.
    pub silent_hosts: i64,
}

/// Counts the commands of all tenants that wait in the outbox, except those that their author may still take back and
/// those that wait for a snooze to end or for their account to be connected again.
pub async fn outbox(connection: &mut PgConnection) -> Result<Outbox, Error> {
    let waiting = sqlx::query_as!(
        Outbox,
        r#"select count(*) as "commands!",
                  extract(epoch from now() - min(since) filter (where not silent))::float8 as answered,
                  extract(epoch from now() - min(since) filter (where silent))::float8 as silent,
                  count(distinct host) filter (where silent) as "silent_hosts!"
           from (
             select case when first.attempts = 0 then coalesce(first.not_before, first.created_at)
                         else first.created_at end as since,
                    axis_host(a.base_url) as host,
                    coalesce(b.state <> 'closed', false) or coalesce(h.paused_until > now(), false) as silent
             from (
               select o.account_id, o.attempts, o.not_before, o.created_at from outbox o
               where (o.attempts > 0 or coalesce(o.not_before, o.created_at) <= now())
                 and o.due_at < now() + interval '1 hour'
                 and not exists (select from chatwoot_accounts a
                                 where a.id = o.account_id and a.disconnected_at is not null)
               order by o.due_at, o.sequence limit $1
             ) first
             join chatwoot_accounts a on a.id = first.account_id
             left join chatwoot_breakers b using (account_id)
             left join chatwoot_hosts h on h.host = axis_host(a.base_url)
           ) waiting"#,
        OUTBOX
    );
    Ok(waiting.fetch_one(connection).await?)
}

/// Commands of an account that have been in the outbox for more than five minutes.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Overdue {
    /// Whose they are.
    pub tenant: TenantId,
    /// The account that they are for.
    pub account: AccountKey,
    /// The address of its installation.
    pub chatwoot_url: String,
    /// Its number there.
    pub chatwoot_account_id: i64,
    /// How many.
    pub commands: i64,
    /// When the oldest was asked for.
    pub since: DateTime<Utc>,
    /// Why the oldest that was put off with a word was put off last.
    pub reason: Option<String>,
    /// What keeps them from being carried out.
    pub cause: Cause,
}

/// What keeps commands from being carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Cause {
    /// No outbound worker publishes them.
    Unpublished,
    /// The account's Chatwoot does not answer. It is asked again then, or now if that is past.
    Silent {
        /// When.
        again_at: Option<DateTime<Utc>>,
    },
    /// The installation asked to be left alone.
    Paused {
        /// Until when.
        until: DateTime<Utc>,
    },
    /// Nothing that all of them have in common.
    Own,
}

/// The commands that have been in the outbox for more than five minutes, by account, the longest first. Leaves out
/// those that wait for their undo window, for a snooze to end or for their account to be connected again.
pub(super) async fn overdue(connection: &mut PgConnection) -> Result<Vec<Overdue>, Error> {
    let accounts = sqlx::query!(
        r#"select a.tenant_id, a.id, a.base_url, a.chatwoot_account_id, o.commands as "commands!",
                  o.since as "since!", o.reason, o.unpublished as "unpublished!",
                  coalesce(b.state <> 'closed', false) as "silent!", b.until as "again_at?",
                  case when h.paused_until > now() then h.paused_until end as paused_until
           from (
             select account_id, count(*) as commands, min(created_at) as since,
                    (array_agg(wait_reason order by created_at)
                       filter (where wait_reason is not null))[1] as reason,
                    -- A relay publishes them anew every minute.
                    min(due_at) < now() - interval '2 minutes' as unpublished
             from outbox
             where created_at < now() - interval '5 minutes' and due_at < now() + interval '1 hour'
             group by account_id
           ) o
           join chatwoot_accounts a on a.id = o.account_id and a.disconnected_at is null
           left join chatwoot_breakers b using (account_id)
           left join chatwoot_hosts h on h.host = axis_host(a.base_url)
           order by o.since limit $1"#,
        ACCOUNTS
    )
    .fetch_all(connection)
    .await?;
    accounts
        .into_iter()
        .map(|row| {
            let cause = match row.paused_until {
                _ if row.unpublished => Cause::Unpublished,
                _ if row.silent => Cause::Silent { again_at: row.again_at },
                Some(until) => Cause::Paused { until },
                None => Cause::Own,
            };
            Ok(Overdue {
                tenant: rows::tenant("chatwoot_accounts", row.tenant_id)?,
                account: AccountKey(row.id),
                chatwoot_url: row.base_url,
                chatwoot_account_id: row.chatwoot_account_id,
                commands: row.commands,
                since: row.since,
                reason: row.reason,
                cause,
            })
        })
        .collect()
}
