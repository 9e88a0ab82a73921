//! Which message has which attachment in Chatwoot. The rows are derived from the messages, so any order of the same
//! events ends in the same rows.

use domain::snapshot::Message;
use domain::{AccountKey, AttachmentId, MirroredAttachment};
use serde_json::Value;
use sqlx::PgConnection;

use crate::Error;
use crate::rows::FreeForm;

/// Where an attachment is.
#[derive(Debug, Clone, PartialEq)]
pub struct Attachment {
    /// The account that it belongs to.
    pub account: AccountKey,
    /// Scheme and host of the account's installation.
    pub base_url: String,
    /// A tenant named that address, so it is called at public addresses only.
    pub public_only: bool,
    /// Number of its conversation in the account.
    pub display_id: i64,
    /// Number of its message in the installation.
    pub message: i64,
    /// What Chatwoot last said about it.
    pub mirrored: MirroredAttachment,
}

/// The attachment with this id, if the transaction may see it and its message is not deleted.
pub async fn get(
    connection: &mut PgConnection,
    id: AttachmentId,
) -> Result<Option<Attachment>, Error> {
    let row = sqlx::query!(
        r#"select a.account_id, a.chatwoot_id, a.message_chatwoot_id,
                  m.attachments as "attachments: FreeForm", c.display_id, k.base_url, k.public_only
           from attachments a
           join messages m on m.account_id = a.account_id and m.chatwoot_id = a.message_chatwoot_id
           join conversations c on c.id = m.conversation_id
           join chatwoot_accounts k on k.id = a.account_id
           where a.id = $1 and not m.deleted and m.delete_operation is null"#,
        id.0
    )
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let all: Option<Vec<MirroredAttachment>> = row.attachments.read();
    let all = all.ok_or(Error::Unreadable { table: "messages", column: "attachments" })?;
    let found = all.into_iter().find(|attachment| attachment.id == Some(row.chatwoot_id));
    Ok(found.map(|mirrored| Attachment {
        account: AccountKey(row.account_id),
        base_url: row.base_url,
        public_only: row.public_only,
        display_id: row.display_id,
        message: row.message_chatwoot_id,
        mirrored,
    }))
}

/// Brings the rows up to date with messages that were just merged: adds new attachments, and removes those of deleted
/// messages.
pub(crate) async fn follow(
    connection: &mut PgConnection,
    messages: &[&Message],
) -> Result<(), Error> {
    let deleted: Vec<_> = messages.iter().filter(|message| message.deleted).collect();
    let known: Vec<_> = messages
        .iter()
        .filter_map(|message| Some((message, message.state.attachments.as_array()?)))
        .flat_map(|(message, all)| {
            all.iter().filter_map(move |one| number(one).map(|n| (message, n)))
        })
        .collect();
    if !known.is_empty() {
        sqlx::query!(
            "insert into attachments (id, tenant_id, account_id, chatwoot_id, message_chatwoot_id)
             select x.id, m.tenant_id, m.account_id, x.number, m.chatwoot_id
             from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[])
               as x (id, account_id, number, message)
             join messages m on m.account_id = x.account_id and m.chatwoot_id = x.message
             where not m.deleted
             on conflict (id) do nothing",
            &column!(known, |(message, number)| AttachmentId::of(message.account, *number).0),
            &column!(known, |(message, _)| message.account.0),
            &column!(known, |(_, number)| *number),
            &column!(known, |(message, _)| message.chatwoot_id),
        )
        .execute(&mut *connection)
        .await?;
    }
    if !deleted.is_empty() {
        sqlx::query!(
            "delete from attachments a using unnest($1::uuid[], $2::bigint[]) as x (account_id, message)
             where a.account_id = x.account_id and a.message_chatwoot_id = x.message",
            &column!(deleted, |message| message.account.0),
            &column!(deleted, |message| message.chatwoot_id),
        )
        .execute(connection)
        .await?;
    }
    Ok(())
}

fn number(attachment: &Value) -> Option<i64> {
    attachment.get("id")?.as_i64()
}
