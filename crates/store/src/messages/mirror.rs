//! Messages as they are mirrored, for comparing them with Chatwoot.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::snapshot::{DeliverySighting, MessageState};
use domain::{AccountKey, Version};
use sqlx::PgConnection;

use crate::Error;

/// A message as its row has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Mirrored {
    /// The snapshot's version.
    pub version: Version,
    /// The snapshot.
    pub state: MessageState,
    /// Whether it was deleted in Chatwoot.
    pub deleted: bool,
    /// How far it got.
    pub delivery: DeliverySighting,
    /// When the row last changed here.
    pub updated_at: DateTime<Utc>,
    /// Whether a sweep is about to ask how far it got. False if that is an hour late, since there are too many then.
    pub unheard: bool,
}

/// The messages of an account with these numbers in Chatwoot, by number.
pub async fn mirrored(
    connection: &mut PgConnection,
    account: AccountKey,
    numbers: &[i64],
) -> Result<HashMap<i64, Mirrored>, Error> {
    let rows = sqlx::query!(
        "select chatwoot_id as \"chatwoot_id!\", version_at, version_step, version_digest,
                message_type, content_type, content, content_attributes, private, sender_type,
                sender_id, sender_name, source_id, inbox_id, attachments, deleted, delivery_rank,
                delivery_succeeded_at, delivery_failed_at, updated_at,
                exists (select from unheard_deliveries u where u.account_id = m.account_id
                          and u.chatwoot_id = m.chatwoot_id
                          and u.noted_at > now() - interval '1 hour') as \"unheard!\"
         from messages m where account_id = $1 and chatwoot_id = any($2)",
        account.0,
        numbers
    )
    .fetch_all(connection)
    .await?;
    let mirrored = rows.into_iter().map(|row| {
        let version =
            Version { at: row.version_at, step: row.version_step, digest: row.version_digest };
        let state = MessageState {
            message_type: row.message_type,
            content_type: row.content_type,
            content: row.content,
            content_attributes: row.content_attributes,
            private: row.private,
            sender_type: row.sender_type,
            sender_id: row.sender_id,
            sender_name: row.sender_name,
            source_id: row.source_id,
            inbox_id: row.inbox_id,
            attachments: row.attachments,
        };
        let delivery = DeliverySighting {
            rank: row.delivery_rank,
            succeeded_at: row.delivery_succeeded_at,
            failed_at: row.delivery_failed_at,
        };
        let (deleted, updated_at, unheard) = (row.deleted, row.updated_at, row.unheard);
        (row.chatwoot_id, Mirrored { version, state, deleted, delivery, updated_at, unheard })
    });
    Ok(mirrored.collect())
}

/// The number of the newest message of a conversation that Chatwoot dates before `before`. Leaves out messages written
/// here of which no snapshot has come: until then they have the time of their writing, however much later Chatwoot got
/// them.
pub async fn newest_before(
    connection: &mut PgConnection,
    account: AccountKey,
    display_id: i64,
    before: DateTime<Utc>,
) -> Result<Option<i64>, Error> {
    let newest = sqlx::query_scalar!(
        "select m.chatwoot_id
         from conversations c join messages m on m.conversation_id = c.id
         where c.account_id = $1 and c.display_id = $2 and m.created_at < $3
           and m.chatwoot_id is not null and m.version_at > 0
         order by m.created_at desc, m.id desc limit 1",
        account.0,
        display_id,
        before
    )
    .fetch_optional(connection)
    .await?;
    Ok(newest.flatten())
}
