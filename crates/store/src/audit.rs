//! Who did what. Rows are only ever added: the database refuses to change or remove one.

mod progress;

use chrono::{DateTime, Utc};
use domain::{AccountKey, AuditId, TenantId};
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{Error, part, rows};

pub use progress::{Progress, follow};

/// Something that was done, to be recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Who: an operator's name, or the principal of a request.
    pub actor: String,
    /// Where it was done: `axis` or `api`.
    pub source: &'static str,
    /// What was done: `replay`, `dead-letters drop`, ….
    pub action: String,
    /// To what, in words without personal data.
    pub target: String,
    /// Whose data it concerned. `None` means everybody's or nobody's, and then no tenant sees the row.
    pub tenant: Option<TenantId>,
    /// The Chatwoot account, if it was about one.
    pub account: Option<AccountKey>,
    /// To how many; `None` while it is under way, or where there is nothing to count.
    pub count: Option<u64>,
    /// An object with further facts: `why`, `before`, `after`, …
    pub details: Value,
}

/// An entry as it was recorded.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Recorded {
    /// The row.
    pub id: AuditId,
    /// When it was recorded.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor: String,
    /// Where it was done: `axis` or `api`.
    pub source: String,
    /// What was done.
    pub action: String,
    /// To what.
    pub target: String,
    /// Whose data.
    pub tenant: Option<TenantId>,
    /// The Chatwoot account.
    pub account: Option<AccountKey>,
    /// To how many.
    pub count: Option<i64>,
    /// Further facts.
    pub details: Value,
}

/// Which entries to list. A field that is `None` does not restrict the list. A tenant's transaction sees only the
/// tenant's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this tenant.
    pub tenant: Option<TenantId>,
    /// Of this action.
    pub action: Option<String>,
    /// Of this actor.
    pub actor: Option<String>,
}

/// The place of a row in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// When it was recorded.
    pub at: DateTime<Utc>,
    /// The row.
    pub id: AuditId,
}

/// A page of the list, newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// At most as many as were asked for.
    pub entries: Vec<Recorded>,
    /// Where the next page begins, if there is one.
    pub next: Option<Place>,
}

/// Records an entry. In a tenant's transaction it must be about that tenant.
pub async fn record(connection: &mut PgConnection, entry: &Entry) -> Result<AuditId, Error> {
    let id = AuditId::generate();
    sqlx::query!(
        "insert into audit
           (id, actor, source, action, target, tenant_id, account_id, count, details, at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, clock_timestamp())",
        id.0,
        entry.actor,
        entry.source,
        entry.action,
        entry.target,
        entry.tenant.as_ref().map(TenantId::as_str),
        entry.account.map(|account| account.0),
        entry.count.map(|count| i64::try_from(count).unwrap_or(i64::MAX)),
        entry.details,
    )
    .execute(connection)
    .await?;
    Ok(id)
}

/// Records the beginning of something that takes long; [`end`] records how it ended.
pub async fn begin(connection: &mut PgConnection, mut entry: Entry) -> Result<AuditId, Error> {
    entry.details["begins"] = true.into();
    record(connection, &entry).await
}

/// Records how something that [`begin`] recorded has ended, in a word; the entry says to how many it was done.
pub async fn end(
    connection: &mut PgConnection,
    begun: AuditId,
    mut entry: Entry,
    ended: &str,
) -> Result<(), Error> {
    entry.details["begun"] = json!(begun);
    entry.details["ended"] = ended.into();
    record(connection, &entry).await?;
    Ok(())
}

/// Whether there is an entry with this id that the transaction may see.
pub async fn is_there(connection: &mut PgConnection, id: AuditId) -> Result<bool, Error> {
    let row = sqlx::query!("select id from audit where id = $1", id.0);
    Ok(row.fetch_optional(connection).await?.is_some())
}

struct Row {
    id: Uuid,
    at: DateTime<Utc>,
    actor: String,
    source: String,
    action: String,
    target: String,
    tenant_id: Option<String>,
    account_id: Option<Uuid>,
    count: Option<i64>,
    details: Value,
}

impl TryFrom<Row> for Recorded {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let tenant = row.tenant_id.map(|text| rows::tenant("audit", text)).transpose()?;
        Ok(Self {
            id: AuditId(row.id),
            at: row.at,
            actor: row.actor,
            source: row.source,
            action: row.action,
            target: row.target,
            tenant,
            account: row.account_id.map(AccountKey),
            count: row.count,
            details: row.details,
        })
    }
}

/// At most `limit` entries that the transaction may see, newest first, starting after `after` if it is given.
pub async fn list(
    connection: &mut PgConnection,
    filter: &Filter,
    after: Option<Place>,
    limit: u32,
) -> Result<Listed, Error> {
    part::plan_for_arguments(connection).await?;
    let mut rows = sqlx::query_as!(
        Row,
        "select id, at, actor, source, action, target, tenant_id, account_id, count, details
         from audit
         where ($1::text is null or tenant_id = $1)
           and ($2::text is null or action = $2)
           and ($3::text is null or actor = $3)
           and ($5::uuid is null or (at, id) < ($4::timestamptz, $5))
         order by at desc, id desc
         limit $6",
        filter.tenant.as_ref().map(TenantId::as_str),
        filter.action,
        filter.actor,
        after.map(|place| place.at),
        after.map(|place| place.id.0),
        i64::from(limit) + 1,
    )
    .fetch_all(connection)
    .await?;
    let place = |row: &Row| Place { at: row.at, id: AuditId(row.id) };
    let next = part::cut(&mut rows, limit, place);
    let entries = rows.into_iter().map(Recorded::try_from).collect::<Result<_, _>>()?;
    Ok(Listed { entries, next })
}

/// Something that takes long: the entry of its beginning, and what is known of its end. See [`begin`] and [`end`].
#[derive(Debug, Clone, PartialEq)]
pub struct Undertaking {
    /// The entry of its beginning.
    pub begun: Recorded,
    /// When its end was recorded.
    pub ended_at: Option<DateTime<Utc>>,
    /// To how many it was done.
    pub count: Option<i64>,
    /// How it ended, in a word.
    pub ended: Option<String>,
    /// How far it has come, as far as is known, if it has not ended.
    pub progress: Option<Progress>,
}

/// At most `limit` undertakings of one action that the transaction may see, newest first, starting after `after` if it
/// is given; or only the one with the id `which`.
pub async fn undertakings(
    connection: &mut PgConnection,
    action: &str,
    which: Option<AuditId>,
    after: Option<Place>,
    limit: u32,
) -> Result<(Vec<Undertaking>, Option<Place>), Error> {
    part::plan_for_arguments(connection).await?;
    let mut rows = sqlx::query!(
        r#"select b.id, b.at, b.actor, b.source, b.action, b.target, b.tenant_id, b.account_id,
                  b.details, e.at as "ended_at?", e.count as "count?", e.ended as "ended?",
                  p.done as "done?", p.total as "total?", p.count as "so_far?"
           from audit b
           left join audit_progress p on p.begun = b.id
           left join lateral (
             select at, count, details ->> 'ended' as ended from audit
             where details ? 'begun' and details ->> 'begun' = b.id::text
             limit 1
           ) e on true
           where b.action = $1 and b.details ? 'begins'
             and ($2::uuid is null or b.id = $2)
             and ($4::uuid is null or (b.at, b.id) < ($3::timestamptz, $4))
           order by b.at desc, b.id desc
           limit $5"#,
        action,
        which.map(|id| id.0),
        after.map(|place| place.at),
        after.map(|place| place.id.0),
        i64::from(limit) + 1,
    )
    .fetch_all(connection)
    .await?;
    let next = part::cut(&mut rows, limit, |row| Place { at: row.at, id: AuditId(row.id) });
    let undertakings = rows.into_iter().map(|row| {
        let begun = Row {
            id: row.id,
            at: row.at,
            actor: row.actor,
            source: row.source,
            action: row.action,
            target: row.target,
            tenant_id: row.tenant_id,
            account_id: row.account_id,
            count: None,
            details: row.details,
        };
        let begun = Recorded::try_from(begun)?;
        let number = |number: Option<i64>| number.and_then(|number| u64::try_from(number).ok());
        let known = number(row.done).zip(number(row.total)).zip(number(row.so_far));
        let known = known.filter(|_| row.ended.is_none());
        let progress = known.map(|((done, total), count)| Progress { done, total, count });
        let (ended_at, count, ended) = (row.ended_at, row.count, row.ended);
        Ok(Undertaking { begun, ended_at, count, ended, progress })
    });
    Ok((undertakings.collect::<Result<_, Error>>()?, next))
}
