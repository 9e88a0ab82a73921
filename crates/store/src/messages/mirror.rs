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
    /// Display id of its conversation.
    pub conversation_display_id: i64,
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
        "select m.chatwoot_id as \"chatwoot_id!\", c.display_id, m.version_at, m.version_step,
                m.version_digest, m.message_type, m.content_type, m.content, m.content_attributes,
                m.private, m.sender_type, m.sender_id, m.sender_name, m.source_id, m.inbox_id,
                m.attachments, m.deleted, m.delivery_rank, m.delivery_succeeded_at,
                m.delivery_failed_at, m.updated_at,
                exists (select from unheard_deliveries u where u.account_id = m.account_id
                          and u.chatwoot_id = m.chatwoot_id
                          and u.noted_at > now() - interval '1 hour') as \"unheard!\"
         from messages m join conversations c on c.id = m.conversation_id
         where m.account_id = $1 and m.chatwoot_id = any($2)",
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
        let mirrored = Mirrored {
            conversation_display_id: row.display_id,
            version,
            state,
            deleted: row.deleted,
            delivery,
            updated_at: row.updated_at,
            unheard: row.unheard,
        };
        (row.chatwoot_id, mirrored)
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
