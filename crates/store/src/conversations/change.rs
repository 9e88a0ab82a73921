//! Changes that people ask for, shown from the moment they ask.
//!
//! ```text
//! asked ──► shown, pending ──► Chatwoot did it ──► held until a snapshot of then ──► gone
//!                       └────► Chatwoot refused ──► what Chatwoot last told is shown again
//! ```
//!
//! The row shows what is wanted, so lists filter and sort by it. What Chatwoot tells of the same field meanwhile is
//! kept beside it ([`uphold`]), to be shown when the change is over.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::command::{Assign, SetCustomAttributes, SetLabels, SetPriority, SetStatus, SetTeam};
use domain::{AccountKey, Activity, Actor, Command, ConversationId, OperationId, TenantId};
use events::TraceParent;
use serde_json::{Map, Value, json};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::outbox::{self, Enqueue, enqueue};
use crate::rows::FreeForm;
use crate::{Error, activities};

/// A change that a person asks for. A field that is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Wanted {
    /// The status, and until when the conversation is to be snoozed.
    pub status: Option<(String, Option<DateTime<Utc>>)>,
    /// The priority; `Some(None)` removes it.
    pub priority: Option<Option<String>>,
    /// The agent's number in Chatwoot; `Some(None)` assigns nobody.
    pub assignee_id: Option<Option<i64>>,
    /// The team's number in Chatwoot; `Some(None)` assigns no team.
    pub team_id: Option<Option<i64>>,
    /// The whole new set of labels.
    pub labels: Option<Vec<String>>,
    /// The whole new set of custom attributes.
    pub custom_attributes: Option<Map<String, Value>>,
}

/// Who asks for a change of which conversation.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// The person's tenant.
    pub tenant: &'a TenantId,
    /// The conversation.
    pub conversation: ConversationId,
    /// The person.
    pub actor: &'a Actor,
    /// The trace of the request.
    pub trace: TraceParent,
}

/// The change of one field, in the forms of its command, its row and the timeline.
struct Part {
    field: &'static str,
    command: Command,
    shown: Value,
    /// What the timeline tells. It leaves out values that may be personal.
    told: Value,
}

/// Changes a conversation that is locked ([`super::hold`]). Each field that is not as wanted already gets a command and
/// a line of the timeline, and is changed in the row at once. So does an agent who is wanted together with another
/// team: Chatwoot may drop the agent then. Returns the lines.
pub async fn change(
    connection: &mut PgConnection,
    asking: &Asking<'_>,
    account: AccountKey,
    wanted: Wanted,
) -> Result<Vec<Activity>, Error> {
    let Asking { tenant, conversation, .. } = *asking;
    let (mut lines, mut another_team) = (Vec::new(), false);
    for part in parts(wanted) {
        let operation = OperationId::generate();
        let in_any_case = another_team && part.field == "assignee";
        let from = sqlx::query_scalar!(
            r#"insert into conversation_changes
                 (operation_id, tenant_id, conversation_id, field, wanted,
                  told, told_at, told_step, told_digest)
               select $1, c.tenant_id, c.id, $3, $4,
                      coalesce(earlier.told, axis_changeable(c) -> $3),
                      c.version_at, c.version_step, c.version_digest
               from conversations c
               left join lateral (
                 select told from conversation_changes w
                 where w.conversation_id = c.id and w.field = $3 order by number desc limit 1
               ) earlier on true
               where c.id = $2 and ($5 or not axis_same($3, axis_changeable(c) -> $3, $4))
               returning (select axis_changeable(c) -> $3 from conversations c where c.id = $2)
                 as "from!: FreeForm""#,
            operation.0,
            conversation.0,
            part.field,
            part.shown,
            in_any_case,
        )
        .fetch_optional(&mut *connection)
        .await?;
        // The field is as wanted already.
        let Some(from) = from else { continue };
        another_team |= part.field == "team";
        let command = Enqueue {
            operation,
            tenant,
            account,
            conversation,
            command: &part.command,
            trace: asking.trace,
            due_in: Duration::ZERO,
        };
        enqueue(connection, &command).await?;
        let mut data = json!({ "operationId": operation, "field": part.field, "to": part.told });
        if part.field == "status" {
            data["from"] = from.get("status").unwrap_or_default();
        }
        let (kind, now) = ("conversation_change_queued", Utc::now());
        let line = Activity::done_here(kind, Some(account), conversation, asking.actor, now, data);
        activities::write(connection, tenant, &line).await?;
        lines.push(line);
    }
    if !lines.is_empty() {
        show(connection, &[conversation.0], &BTreeMap::new()).await?;
    }
    Ok(lines)
}

fn parts(wanted: Wanted) -> Vec<Part> {
    let mut parts = Vec::new();
    if let Some((status, until)) = wanted.status {
        // Chatwoot keeps whole seconds.
        let until = until.and_then(|until| DateTime::from_timestamp(until.timestamp(), 0));
        parts.push(Part {
            field: "status",
            command: Command::SetStatus(SetStatus { status: status.clone(), snoozed_until: until }),
            shown: json!({ "status": status, "until": until.map(|until| until.timestamp()) }),
            told: json!(status),
        });
    }
    if let Some(priority) = wanted.priority {
        parts.push(Part {
            field: "priority",
            command: Command::SetPriority(SetPriority { priority: priority.clone() }),
            shown: json!(priority),
            told: json!(priority),
        });
    }
    // Before the agent: with another team, Chatwoot drops an agent who is not in it, and may choose one who is.
    if let Some(id) = wanted.team_id {
        parts.push(Part {
            field: "team",
            command: Command::SetTeam(SetTeam { team_id: id }),
            shown: id.map_or(Value::Null, |id| json!({ "id": id, "name": null })),
            told: json!(id),
        });
    }
    if let Some(id) = wanted.assignee_id {
        parts.push(Part {
            field: "assignee",
            command: Command::Assign(Assign { assignee_id: id }),
            shown: id.map_or(Value::Null, |id| json!({ "id": id, "type": "user", "name": null })),
            told: json!(id),
        });
    }
    if let Some(labels) = wanted.labels {
        parts.push(Part {
            field: "labels",
            command: Command::SetLabels(SetLabels { labels: labels.clone() }),
            shown: json!(labels),
            told: json!(labels),
        });
    }
    if let Some(attributes) = wanted.custom_attributes {
        let names: Vec<_> = attributes.keys().cloned().collect();
        parts.push(Part {
            field: "customAttributes",
            command: Command::SetCustomAttributes(SetCustomAttributes {
                custom_attributes: attributes.clone(),
            }),
            shown: json!(attributes),
            told: json!(names),
        });
    }
    parts
}

/// Restores what is wanted in rows into which snapshots have just been merged, and notes what those snapshots told.
pub(super) async fn uphold(
    connection: &mut PgConnection,
    conversations: &[Uuid],
) -> Result<(), Error> {
    let told = sqlx::query!(
        "update conversation_changes w
         set told = s.shown -> w.field,
             -- What is told may say more of the same: a name.
             wanted = case when axis_same(w.field, s.shown -> w.field, w.wanted)
                      then s.shown -> w.field else w.wanted end,
             -- It was not so, and now it is: somebody did it, most likely we, if we may have.
             confirmed = w.confirmed
               or axis_same(w.field, s.shown -> w.field, w.wanted)
                  and not axis_same(w.field, w.told, w.wanted)
                  and exists (
                    select from outbound_attempts a
                    where a.operation_id = w.operation_id
                      and coalesce(a.outcome not in ('retry', 'failed'), true)),
             told_at = s.version_at, told_step = s.version_step, told_digest = s.version_digest
         from (
           select c.id, c.version_at, c.version_step, c.version_digest,
                  axis_changeable(c) as shown
           from conversations c
           where c.id = any($1)
         ) s
         where w.conversation_id = s.id
           and (w.told_at, w.told_step, w.told_digest)
               is distinct from (s.version_at, s.version_step, s.version_digest)
         returning w.conversation_id, w.operation_id, w.confirmed",
        conversations
    )
    .fetch_all(&mut *connection)
    .await?;
    if told.is_empty() {
        return Ok(());
    }
    let confirmed = told.iter().filter(|change| change.confirmed);
    let confirmed: Vec<_> = confirmed.map(|change| OperationId(change.operation_id)).collect();
    outbox::hasten_told(connection, &confirmed).await?;
    let told = column!(told, |change| change.conversation_id);
    sqlx::query!(
        "delete from conversation_changes
         where conversation_id = any($1) and settled_at is not null
           and (axis_same(field, told, wanted)
             -- Told of later than it was done: somebody has changed it again.
             or told_at >= extract(epoch from settled_at) * 1000000
             -- Somebody may have changed it before that was written down: whoever is told of it so
             -- late was. Less than what two sweeps of the comparing have in common.
             or settled_at < now() - interval '2 minutes')",
        &told
    )
    .execute(&mut *connection)
    .await?;
    show(connection, &told, &BTreeMap::new()).await
}

/// Notes that Chatwoot did what was asked. The wanted value stays on show until a snapshot confirms it. Does nothing
/// for commands that do not change a conversation.
pub async fn settle_change(
    connection: &mut PgConnection,
    conversation: ConversationId,
    operation: OperationId,
) -> Result<(), Error> {
    // Lock the conversation before its changes, as everybody does.
    sqlx::query!("select id from conversations where id = $1 for no key update", conversation.0)
        .fetch_optional(&mut *connection)
        .await?;
    sqlx::query!(
        "update conversation_changes set settled_at = clock_timestamp() where operation_id = $1",
        operation.0
    )
    .execute(&mut *connection)
    .await?;
    // The change is over if another one follows it, or if Chatwoot has told of it already. It is not over if what
    // Chatwoot told is from before an earlier change, of which it has yet to tell.
    let ended = sqlx::query!(
        r#"delete from conversation_changes w using conversation_changes done
           where done.operation_id = $1 and w.conversation_id = done.conversation_id
             and w.field = done.field and w.settled_at is not null
             and (w.number < done.number or w.confirmed
               or axis_same(w.field, w.told, w.wanted) and not exists (
                 select from conversation_changes earlier
                 where earlier.conversation_id = w.conversation_id and earlier.field = w.field
                   and earlier.number < w.number))
           returning w.field, w.told as "told: FreeForm",
             w.number = done.number and not axis_same(w.field, w.told, w.wanted) as "changed_again!""#,
        operation.0
    )
    .fetch_all(&mut *connection)
    .await?;
    for one in ended {
        if one.changed_again {
            show(connection, &[conversation.0], &BTreeMap::from([(one.field, one.told)])).await?;
        }
    }
    Ok(())
}

/// Notes that Chatwoot refused what was asked. What it told last is shown again, unless something else is wanted by
/// now. Does nothing for commands that do not change a conversation.
pub async fn undo_change(
    connection: &mut PgConnection,
    conversation: ConversationId,
    operation: OperationId,
) -> Result<(), Error> {
    sqlx::query!("select id from conversations where id = $1 for no key update", conversation.0)
        .fetch_optional(&mut *connection)
        .await?;
    let undone = sqlx::query!(
        r#"delete from conversation_changes where operation_id = $1
           returning field, told as "told: FreeForm""#,
        operation.0
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some(undone) = undone else { return Ok(()) };
    show(connection, &[conversation.0], &BTreeMap::from([(undone.field, undone.told)])).await
}

/// Writes the wanted values into the rows. A field of which nothing is wanted gets its value from `under`, if that has
/// it.
async fn show(
    connection: &mut PgConnection,
    conversations: &[Uuid],
    under: &BTreeMap<String, FreeForm>,
) -> Result<(), Error> {
    sqlx::query!(
        "update conversations c
         set status = case when f ? 'status' then f #>> '{status,status}' else c.status end,
             snoozed_until = case when f ? 'status'
               then to_timestamp((f #>> '{status,until}')::float8) else c.snoozed_until end,
             priority = case when f ? 'priority' then f ->> 'priority' else c.priority end,
             assignee_id = case when f ? 'assignee'
               then (f #>> '{assignee,id}')::bigint else c.assignee_id end,
             assignee_type = case when f ? 'assignee'
               then f #>> '{assignee,type}' else c.assignee_type end,
             assignee_name = case when f ? 'assignee'
               then f #>> '{assignee,name}' else c.assignee_name end,
             team_id = case when f ? 'team' then (f #>> '{team,id}')::bigint else c.team_id end,
             team_name = case when f ? 'team' then f #>> '{team,name}' else c.team_name end,
             labels = case when f ? 'labels'
               then array(select jsonb_array_elements_text(f -> 'labels')) else c.labels end,
             custom_attributes = case when f ? 'customAttributes'
               then f -> 'customAttributes' else c.custom_attributes end,
             -- Ever later, since clients tell by it which look is the newer one.
             updated_at = greatest(clock_timestamp(), c.updated_at + interval '1 microsecond')
         from (
           select x.id, $2::jsonb || coalesce(
                    jsonb_object_agg(w.field, w.wanted order by w.number)
                      filter (where w.field is not null), '{}') as f
           from unnest($1::uuid[]) as x (id)
           left join conversation_changes w on w.conversation_id = x.id
           group by x.id
         ) wanted
         where c.id = wanted.id",
        conversations,
        Json(under) as _
    )
    .execute(connection)
    .await?;
    Ok(())
}
