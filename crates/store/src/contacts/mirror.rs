//! Contacts as they are mirrored, for comparing them with Chatwoot.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::snapshot::ContactState;
use domain::{AccountKey, ContactId, TenantId, Version};
use sqlx::PgConnection;

use crate::Error;

/// A contact as its row has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Mirrored {
    /// The snapshot's version.
    pub version: Version,
    /// The snapshot.
    pub state: ContactState,
    /// When Chatwoot was found not to know the person any more, in microseconds since 1970; `None` if it knows them.
    pub gone_at: Option<i64>,
    /// When the row last changed here.
    pub updated_at: DateTime<Utc>,
}

/// The contacts of an account with these numbers in Chatwoot, by number.
pub async fn mirrored(
    connection: &mut PgConnection,
    account: AccountKey,
    numbers: &[i64],
) -> Result<HashMap<i64, Mirrored>, Error> {
    let rows = sqlx::query!(
        "select chatwoot_id, version_at, version_step, version_digest, name, email, phone_number,
                identifier, thumbnail, additional_attributes, custom_attributes, blocked,
                updated_at,
                case when gone_at > version_at then gone_at end as gone_at
         from contacts where account_id = $1 and chatwoot_id = any($2)",
        account.0,
        numbers
    )
    .fetch_all(connection)
    .await?;
    let mirrored = rows.into_iter().map(|row| {
        let version =
            Version { at: row.version_at, step: row.version_step, digest: row.version_digest };
        let state = ContactState {
            name: row.name,
            email: row.email,
            phone_number: row.phone_number,
            identifier: row.identifier,
            thumbnail: row.thumbnail,
            additional_attributes: row.additional_attributes,
            custom_attributes: row.custom_attributes,
            blocked: row.blocked,
        };
        let (gone_at, updated_at) = (row.gone_at, row.updated_at);
        (row.chatwoot_id, Mirrored { version, state, gone_at, updated_at })
    });
    Ok(mirrored.collect())
}

/// The numbers above `after`, lowest first, of contacts that Chatwoot still knew and that no conversation is with. A
/// contact that was merged into another one ends up among them.
pub async fn without_conversations(
    connection: &mut PgConnection,
    account: AccountKey,
    after: i64,
    limit: u32,
) -> Result<Vec<i64>, Error> {
    let numbers = sqlx::query_scalar!(
        "select chatwoot_id from contacts k
         where account_id = $1 and chatwoot_id > $2 and gone_at <= version_at
           and not exists (select from conversations c
                           where c.contact_id = k.id and c.gone_at <= c.version_at)
         order by chatwoot_id limit $3",
        account.0,
        after,
        i64::from(limit)
    )
    .fetch_all(connection)
    .await?;
    Ok(numbers)
}

/// A contact that Chatwoot no longer knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gone {
    /// The tenant of the account.
    pub tenant: TenantId,
    /// The account that knew the person.
    pub account: AccountKey,
    /// Number in the Chatwoot installation.
    pub chatwoot_id: i64,
    /// When the absence was noticed, in microseconds since 1970.
    pub at: i64,
}

/// Notes that a contact is gone. If there is no row yet, one is made with a version below every snapshot's.
pub async fn mark_gone(connection: &mut PgConnection, gone: &Gone) -> Result<(), Error> {
    sqlx::query!(
        "insert into contacts as c
           (id, tenant_id, account_id, chatwoot_id, version_at, version_step, version_digest, gone_at)
         values ($1, $2, $3, $4, -1, 0, 0, $5)
         on conflict (account_id, chatwoot_id) do update
           set gone_at = excluded.gone_at, updated_at = now()
           where c.gone_at < excluded.gone_at",
        ContactId::of(gone.account, gone.chatwoot_id).0,
        gone.tenant.as_str(),
        gone.account.0,
        gone.chatwoot_id,
        gone.at,
    )
    .execute(connection)
    .await?;
    Ok(())
}
