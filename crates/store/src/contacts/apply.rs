//! Merging snapshots of contacts.

use std::borrow::Cow;

use domain::snapshot::Contact;
use sqlx::PgConnection;

use crate::Error;

/// Merges snapshots, at most one of each contact ([`domain::snapshot::merge`]). A snapshot that is
/// not newer than what is there writes nothing.
pub async fn apply(
    connection: &mut PgConnection,
    contacts: &[Cow<'_, Contact>],
) -> Result<u64, Error> {
    if contacts.is_empty() {
        return Ok(0);
    }
    let ids = column!(contacts, |c| c.id.0);
    let tenants = column!(contacts, |c| c.tenant.as_str());
    let accounts = column!(contacts, |c| c.account.0);
    let numbers = column!(contacts, |c| c.chatwoot_id);
    let version_at = column!(contacts, |c| c.version.at);
    let version_step = column!(contacts, |c| c.version.step);
    let version_digest = column!(contacts, |c| c.version.digest);
    let names = column!(contacts, |c| c.state.name.as_deref());
    let emails = column!(contacts, |c| c.state.email.as_deref());
    let phones = column!(contacts, |c| c.state.phone_number.as_deref());
    let identifiers = column!(contacts, |c| c.state.identifier.as_deref());
    let thumbnails = column!(contacts, |c| c.state.thumbnail.as_deref());
    let additional = column!(contacts, |c| &c.state.additional_attributes);
    let custom = column!(contacts, |c| &c.state.custom_attributes);
    let done = sqlx::query!(
        "insert into contacts as c
           (id, tenant_id, account_id, chatwoot_id, version_at, version_step, version_digest,
            name, email, phone_number, identifier, thumbnail,
            additional_attributes, custom_attributes)
         select * from unnest(
           $1::uuid[], $2::text[], $3::uuid[], $4::bigint[], $5::bigint[], $6::bigint[],
           $7::bigint[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[],
           $13::jsonb[], $14::jsonb[])
         on conflict (account_id, chatwoot_id) do update
           set version_at = excluded.version_at,
               version_step = excluded.version_step,
               version_digest = excluded.version_digest,
               name = excluded.name,
               email = excluded.email,
               phone_number = excluded.phone_number,
               identifier = excluded.identifier,
               thumbnail = excluded.thumbnail,
               additional_attributes = excluded.additional_attributes,
               custom_attributes = excluded.custom_attributes,
               updated_at = now()
           where (excluded.version_at, excluded.version_step, excluded.version_digest)
               > (c.version_at, c.version_step, c.version_digest)",
        &ids,
        &tenants as &[&str],
        &accounts,
        &numbers,
        &version_at,
        &version_step,
        &version_digest,
        &names as &[Option<&str>],
        &emails as &[Option<&str>],
        &phones as &[Option<&str>],
        &identifiers as &[Option<&str>],
        &thumbnails as &[Option<&str>],
        &additional as &[&serde_json::Value],
        &custom as &[&serde_json::Value],
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}
