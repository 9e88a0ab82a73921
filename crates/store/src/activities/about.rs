//! Whom activities concern. The names are in the rows that an activity refers to, and only there.

use std::collections::HashMap;

use domain::{About, Activity, ContactId, ConversationId, NamedContact};
use sqlx::PgConnection;

use crate::Error;

/// Names whom each of these activities concerns, as the rows are now: its conversation and the contact of that, or else
/// the contact that it is about. One statement, however many activities there are, and none if none refers to anybody.
pub async fn name(
    connection: &mut PgConnection,
    activities: impl IntoIterator<Item = &mut Activity>,
) -> Result<(), Error> {
    let activities: Vec<_> = activities.into_iter().collect();
    let (mut places, mut people) = (Vec::new(), Vec::new());
    for activity in &activities {
        match activity.conversation_id {
            Some(id) => places.push(id.0),
            None => people.extend(activity.contact().map(|id| id.0)),
        }
    }
    if places.is_empty() && people.is_empty() {
        return Ok(());
    }
    let rows = sqlx::query!(
        r#"select c.id as "conversation_id?", c.display_id as "display_id?", c.channel,
                  k.id as "contact_id?", k.name
           from conversations c
           left join contacts k on k.id = c.contact_id and k.gone_at <= k.version_at
           where c.id = any($1)
           union all
           select null, null, null, k.id, k.name
           from contacts k where k.id = any($2) and k.gone_at <= k.version_at"#,
        &places,
        &people
    )
    .fetch_all(connection)
    .await?;
    let mut conversations = HashMap::with_capacity(places.len());
    let mut contacts = HashMap::with_capacity(people.len());
    for row in rows {
        let contact = row.contact_id.map(|id| NamedContact { id: ContactId(id), name: row.name });
        let contact_id = contact.as_ref().map(|contact| contact.id);
        let about =
            About { chatwoot_conversation_id: row.display_id, channel: row.channel, contact };
        if let Some(id) = row.conversation_id {
            conversations.insert(ConversationId(id), about);
        } else if let Some(id) = contact_id {
            contacts.insert(id, about);
        }
    }
    for activity in activities {
        activity.about = match activity.conversation_id {
            Some(id) => conversations.get(&id).cloned(),
            None => activity.contact().and_then(|id| contacts.get(&id).cloned()),
        };
    }
    Ok(())
}
