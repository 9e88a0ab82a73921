//! What clients read of contacts.

use domain::{AccountKey, Contact, ContactId};
use sqlx::PgConnection;

use crate::Error;
use crate::rows::FreeForm;

/// The contact with this id, if the transaction may see it and Chatwoot still knows the person.
pub async fn get(connection: &mut PgConnection, id: ContactId) -> Result<Option<Contact>, Error> {
    let row = sqlx::query!(
        r#"select account_id, chatwoot_id, name, email, phone_number, identifier, thumbnail,
                  additional_attributes as "additional_attributes: FreeForm",
                  custom_attributes as "custom_attributes: FreeForm", blocked, updated_at
           from contacts where id = $1 and gone_at <= version_at"#,
        id.0
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| Contact {
        id,
        account_id: AccountKey(row.account_id),
        chatwoot_id: row.chatwoot_id,
        name: row.name,
        email: row.email,
        phone_number: row.phone_number,
        identifier: row.identifier,
        thumbnail: row.thumbnail,
        additional_attributes: row.additional_attributes.0,
        custom_attributes: row.custom_attributes.0,
        blocked: row.blocked,
        updated_at: row.updated_at,
    }))
}
