//! Whether the catalogue has the agent, team and labels that a change of a conversation names.

use domain::{AccountKey, ConversationId};
use sqlx::PgConnection;

use crate::Error;

/// What a change names.
#[derive(Debug, Clone, Copy, Default)]
pub struct Named<'a> {
    /// Number of an agent.
    pub agent: Option<i64>,
    /// Number of a team.
    pub team: Option<i64>,
    /// Titles of labels.
    pub labels: &'a [String],
}

/// What the account does not have of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unknown {
    /// The agent.
    pub agent: bool,
    /// The team.
    pub team: bool,
    /// These labels.
    pub labels: Vec<String>,
}

/// Looks up what a change of a conversation names. An empty list says nothing, since it was never fetched or is not
/// offered. What the conversation already has counts as known, even if it is gone from the list.
pub async fn unknown(
    connection: &mut PgConnection,
    account: AccountKey,
    conversation: ConversationId,
    named: Named<'_>,
) -> Result<Unknown, Error> {
    let found = sqlx::query!(
        r#"select exists (select from agents where account_id = $1)
                  and not exists (select from agents where account_id = $1 and chatwoot_id = $3)
                  and ($3 is distinct from c.assignee_id
                    or coalesce(c.assignee_type, 'user') <> 'user')
                  and $3 is not null as "agent!",
                  exists (select from teams where account_id = $1)
                  and not exists (select from teams where account_id = $1 and chatwoot_id = $4)
                  and $4 is distinct from c.team_id and $4 is not null as "team!",
                  array(
                    select wanted.title from unnest($5::text[]) as wanted (title)
                    where exists (select from labels where account_id = $1)
                      and not exists (select from labels l
                                      where l.account_id = $1 and l.title = wanted.title)
                      and wanted.title <> all(c.labels)
                  ) as "labels!"
           from conversations c where c.id = $2"#,
        account.0,
        conversation.0,
        named.agent as Option<i64>,
        named.team as Option<i64>,
        named.labels,
    )
    .fetch_optional(connection)
    .await?;
    Ok(found.map_or_else(Unknown::default, |found| Unknown {
        agent: found.agent,
        team: found.team,
        labels: found.labels,
    }))
}
