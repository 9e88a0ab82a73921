//! Writing the timeline.

use std::collections::{HashMap, HashSet};

use domain::{Activity, ActivityId, ConversationId, FreeForm, TenantId};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::webhook_events::{Recorded, WebhookEvent};
use crate::{Error, conversations};

/// An activity to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Whose timeline.
    pub tenant: TenantId,
    /// What happened.
    pub activity: Activity,
    /// Chatwoot gave no time, so its time is that of its receipt. Told again it has another time, so it is looked up by
    /// its id alone, and the earliest receipt stays. The transaction must have locked the row that it is about.
    pub undated: bool,
}

/// Writes activities that are not there yet. Two tellings of one activity agree in all that matters; should they differ
/// (a person was renamed in between), the greater text stays, whichever came first. Of two times, one in whole seconds
/// and the other within that second, the finer one stays.
pub async fn record(connection: &mut PgConnection, records: &[Record]) -> Result<(), Error> {
    join(connection, &Vec::from_iter(records)).await?;
    Ok(())
}

/// As [`record`], and also writes what became of the events, and reads the conversations in `places`: all in one
/// statement if every activity is new.
pub(crate) async fn record_all(
    connection: &mut PgConnection,
    events: &[WebhookEvent],
    records: &[Record],
    places: &[ConversationId],
) -> Result<Recorded, Error> {
    if events.is_empty() && records.is_empty() && places.is_empty() {
        return Ok(Recorded { places: conversations::Rows(Vec::new()), new: HashSet::new() });
    }
    let mut tellings: HashMap<ActivityId, u32> = HashMap::with_capacity(records.len());
    for record in records {
        *tellings.entry(record.activity.id).or_default() += 1;
    }
    // Nearly all activities are new. Those that are come back in the row of a place, so without one they are all joined.
    let (mut once, others): (Vec<&Record>, Vec<&Record>) = records.iter().partition(|record| {
        !places.is_empty() && is_fine(record) && tellings[&record.activity.id] == 1
    });
    // Without duplicates, and always in the same order, so that two transactions cannot wait for each other.
    let mut events = Vec::from_iter(events);
    events.sort_unstable_by_key(|e| (e.received_at, e.id.0, e.stream_sequence));
    events.dedup_by_key(|e| (e.received_at, e.id.0));
    once.sort_unstable_by_key(|record| record.activity.id.0);
    let mut rows = begin(connection, &events, &once, places).await?;
    let mut new = rows.iter_mut().find_map(|row| row.told.take()).unwrap_or_default();
    let joined = if new.len() == once.len() {
        join(connection, &others).await?
    } else {
        // Joining the new ones with themselves changes nothing.
        join(connection, &Vec::from_iter(records)).await?
    };
    new.extend(joined);
    let new = new.into_iter().map(ActivityId).collect();
    Ok(Recorded { places: conversations::Rows(rows), new })
}

/// Writes the events, and those activities of which there is nothing yet; `told` in the row of the first place lists
/// them. All activities have fine times, so an earlier telling has the same time, or that of its whole second.
async fn begin(
    connection: &mut PgConnection,
    events: &[&WebhookEvent],
    records: &[&Record],
    places: &[ConversationId],
) -> Result<Vec<conversations::Row>, Error> {
    let rows = conversations::select_conversations!(
        before ["with received as (
           insert into webhook_events as w
             (event_id, received_at, tenant_id, account_id, event, origin, delivery, digest,
              stream_sequence, outcome, detail, processed_at)
           select x.*, clock_timestamp()
           from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::uuid[], $5::text[],
                       $6::text[], $7::text[], $8::bytea[], $9::bigint[], $10::text[], $11::text[])
             as x (event_id, received_at, tenant_id, account_id, event, origin, delivery, digest,
                   stream_sequence, outcome, detail)
           on conflict (received_at, event_id) do update
             set outcome = excluded.outcome,
                 detail = excluded.detail,
                 stream_sequence = excluded.stream_sequence,
                 processed_at = excluded.processed_at
             where w.outcome = 'rejected' and excluded.outcome <> 'rejected'
         ), told as (
           insert into activities
             (id, tenant_id, occurred_at, kind, source, account_id, conversation_id, actor, data)
           select * from unnest($12::uuid[], $13::text[], $14::timestamptz[], $15::text[],
                                $16::text[], $17::uuid[], $18::uuid[], $19::jsonb[], $20::jsonb[])
             as x (id, tenant_id, occurred_at, kind, source, account_id, conversation_id, actor,
                   data)
           -- One look for each of them, however many activities there are.
           where (select a.id from activities a
                  where a.id = x.id and a.occurred_at = date_trunc('second', x.occurred_at)
                  limit 1) is null
           on conflict (occurred_at, id) do nothing
           returning id
         ) "]
        told ["case when c.id = ($21::uuid[])[1] then array(select id from told) end"]
        chosen ["select * from conversations c where c.id = any($21)"]
        order [""],
        &column!(events, |e| e.id.0),
        &column!(events, |e| e.received_at),
        &column!(events, |e| e.tenant.as_str()) as &[&str],
        &column!(events, |e| e.account.0),
        &column!(events, |e| e.event.as_str()) as &[&str],
        &column!(events, |e| e.origin.as_str()) as &[&str],
        &column!(events, |e| e.delivery.as_deref()) as &[Option<&str>],
        &column!(events, |e| e.digest.as_slice()) as &[&[u8]],
        &column!(events, |e| e.stream_sequence),
        &column!(events, |e| e.outcome.as_str()) as &[&str],
        &column!(events, |e| e.detail.as_deref()) as &[Option<&str>],
        &column!(records, |r| r.activity.id.0),
        &column!(records, |r| r.tenant.as_str()) as &[&str],
        &column!(records, |r| r.activity.occurred_at),
        &column!(records, |r| r.activity.kind.as_str()) as &[&str],
        &column!(records, |r| r.activity.source.as_str()) as &[&str],
        &column!(records, |r| r.activity.account_id.map(|id| id.0)) as &[Option<Uuid>],
        &column!(records, |r| r.activity.conversation_id.map(|id| id.0)) as &[Option<Uuid>],
        &actors(records)? as &[Option<serde_json::Value>],
        &column!(records, |r| Json(&r.activity.data)) as &[Json<&FreeForm>],
        &column!(places, |id| id.0),
    )
    .fetch_all(connection)
    .await?;
    Ok(rows)
}

/// Joins tellings with one another and with existing rows. Returns the ids of activities of which there was nothing.
async fn join(connection: &mut PgConnection, records: &[&Record]) -> Result<Vec<Uuid>, Error> {
    if records.is_empty() {
        return Ok(Vec::new());
    }
    refine(connection, records).await?;
    let new = sqlx::query_scalar!(
        "with written as (
         insert into activities as t
           (id, tenant_id, occurred_at, kind, source, account_id, conversation_id, actor, data)
         select distinct on (id)
           id, tenant_id,
           coalesce(case when not undated and told_at = date_trunc('second', told_at) then
                      (select a.occurred_at from activities a
                       where a.id = x.id and a.occurred_at > x.told_at
                         and a.occurred_at < x.told_at + interval '1 second' limit 1)
                    end, told_at),
           kind, source, account_id, conversation_id, actor, data
         from (
           select *, case when undated then min(occurred_at) over (partition by id)
                          else max(occurred_at) over (partition by id) end as told_at
           from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[], $5::text[],
                       $6::uuid[], $7::uuid[], $8::jsonb[], $9::jsonb[], $10::bool[])
             as y (id, tenant_id, occurred_at, kind, source, account_id, conversation_id, actor,
                   data, undated)
         ) x
         where not (undated and exists (select from activities a where a.id = x.id))
         order by id, coalesce(actor::text, '') collate \"C\" desc, data::text collate \"C\" desc
         on conflict (occurred_at, id) do update
           set actor = excluded.actor, data = excluded.data
           where (coalesce(excluded.actor::text, '') collate \"C\",
                  excluded.data::text collate \"C\")
               > (coalesce(t.actor::text, '') collate \"C\", t.data::text collate \"C\")
         returning t.id, t.occurred_at
         )
         -- What has just been written is not seen here, only what was there before.
         select w.id as \"id!\" from written w
         where (select a.id from activities a
                where a.id = w.id and a.occurred_at = w.occurred_at) is null",
        &column!(records, |r| r.activity.id.0),
        &column!(records, |r| r.tenant.as_str()) as &[&str],
        &column!(records, |r| r.activity.occurred_at),
        &column!(records, |r| r.activity.kind.as_str()) as &[&str],
        &column!(records, |r| r.activity.source.as_str()) as &[&str],
        &column!(records, |r| r.activity.account_id.map(|id| id.0)) as &[Option<Uuid>],
        &column!(records, |r| r.activity.conversation_id.map(|id| id.0)) as &[Option<Uuid>],
        &actors(records)? as &[Option<serde_json::Value>],
        &column!(records, |r| Json(&r.activity.data)) as &[Json<&FreeForm>],
        &column!(records, |r| r.undated),
    )
    .fetch_all(connection)
    .await?;
    Ok(new)
}

/// Whether its time comes from Chatwoot and is finer than whole seconds.
fn is_fine(record: &Record) -> bool {
    !record.undated && record.activity.occurred_at.timestamp_subsec_nanos() > 0
}

fn actors(records: &[&Record]) -> Result<Vec<Option<serde_json::Value>>, Error> {
    let actor = |r: &&Record| r.activity.actor.as_ref().map(serde_json::to_value).transpose();
    records.iter().map(actor).collect::<Result<_, _>>().map_err(Error::encoding)
}

/// Gives existing activities a better time where one is known now: a finer one to those that were told in whole
/// seconds, as REST does, and that of the earliest receipt to those without a time of their own.
async fn refine(connection: &mut PgConnection, records: &[&Record]) -> Result<(), Error> {
    let finer: Vec<&Record> = records.iter().copied().filter(|r| is_fine(r)).collect();
    if !finer.is_empty() {
        sqlx::query!(
            "update activities a set occurred_at = x.occurred_at
             from (select distinct on (id) * from unnest($1::uuid[], $2::timestamptz[])
                     as y (id, occurred_at) order by id, occurred_at desc) x
             where a.id = x.id and a.occurred_at = date_trunc('second', x.occurred_at)",
            &column!(finer, |r| r.activity.id.0),
            &column!(finer, |r| r.activity.occurred_at),
        )
        .execute(&mut *connection)
        .await?;
    }
    let undated: Vec<&Record> = records.iter().copied().filter(|r| r.undated).collect();
    if !undated.is_empty() {
        sqlx::query!(
            "update activities a set occurred_at = x.occurred_at
             from (select id, min(occurred_at) as occurred_at
                   from unnest($1::uuid[], $2::timestamptz[]) as y (id, occurred_at)
                   group by id) x
             where a.id = x.id and a.occurred_at > x.occurred_at",
            &column!(undated, |r| r.activity.id.0),
            &column!(undated, |r| r.activity.occurred_at),
        )
        .execute(connection)
        .await?;
    }
    Ok(())
}
