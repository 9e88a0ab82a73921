//! Finding conversations by number, contact or words.

use domain::TenantId;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::Error;

/// The most conversations that a search finds by each of its ways.
const MOST: i64 = 1_000;
/// The most messages that are looked at for their conversations, from the newest spans of time. A word that more
/// messages have finds only the conversations of these.
const MOST_MESSAGES: i64 = 2_000;
/// A word is seldom used if fewer messages of the last days and weeks have it. In the two newest spans of 91 days, which
/// are at most 26 weeks, fewer than [`MOST_MESSAGES`] are to be expected then, so all of them are asked for at once.
const SELDOM: i64 = MOST_MESSAGES / 26;
/// Trigrams need this many characters. A shorter text is looked for at the beginnings of the words of names.
const SHORTEST_PART: usize = 3;

/// The ids of a tenant's conversations that match the text, in a transaction of that tenant. A number after `#` means
/// the conversations with that number and nothing else.
///
/// Row-level security keeps operators that might leak secrets in an error (`ilike`, `@@`) from using an index before a
/// row's tenant has been checked, which would read every row of the tenant. So the candidates are found in a role that
/// reads only the searched columns, restricted to the tenant by name, and only their ids come out. Rows are read by the
/// tenant's own role again.
pub(super) async fn find(
    connection: &mut PgConnection,
    tenant: &TenantId,
    text: &str,
) -> Result<Vec<Uuid>, Error> {
    let text = text.trim();
    let exactly: Option<i64> = text.strip_prefix('#').and_then(|number| number.parse().ok());
    let number = exactly.or_else(|| text.parse().ok());
    // A part of the query whose argument is null costs nothing: it is planned without a row.
    let text = exactly.is_none().then_some(text);
    let length = text.map_or(0, |text| text.chars().count());
    let part = text.filter(|_| length >= SHORTEST_PART).map(|text| format!("%{}%", escape(text)));
    let beginning = text
        .filter(|_| (1..SHORTEST_PART).contains(&length))
        .map(|text| format!("{}%", escape(text)));
    sqlx::query!("select set_config('role', 'axis_search', true) as role")
        .fetch_one(&mut *connection)
        .await?;
    let mut found = sqlx::query_scalar!(
        r#"with recent as materialized (
             select m.conversation_id
             from unnest(array[
                    (axis_search_spans($1, now()))[1],
                    (axis_search_spans($1, now() - interval '1 day'))[1],
                    (axis_search_spans($1, now()))[2],
                    (axis_search_spans($1, now() - interval '7 days'))[2]
                  ]) as span
             -- One span after another, by the index of each, until there are enough.
             cross join lateral (
               select conversation_id from messages
               where axis_search_spans(tenant_id, created_at) @> array[span]
                 and tenant_id = $1 and content is not null
                 and to_tsvector('simple', left(content, 20000))
                     @@ websearch_to_tsquery('simple', $4)
               limit $6
             ) m
             limit $6),
           ever as materialized (
             select conversation_id from messages
             where axis_search_spans(tenant_id, created_at) @> array[$1]
               and tenant_id = $1 and content is not null
               and to_tsvector('simple', left(content, 20000))
                   @@ websearch_to_tsquery('simple', $4)
             limit $6)
           select id as "id!" from conversations
           where account_id in (select id from chatwoot_accounts where tenant_id = $1)
             and display_id = $2
           union
           (select c.id
            from (select id from contacts
                  where tenant_id = $1
                    and (coalesce(name, '') || ' ' || coalesce(email, '') || ' '
                         || coalesce(phone_number, '')) ilike $3
                  limit $5) k
            -- By the index of each contact: a join would read all conversations for many contacts.
            cross join lateral (
              select id from conversations where contact_id = k.id and tenant_id = $1 limit $5
            ) c
            limit $5)
           union
           (select conversation_id
            from (select conversation_id from recent
                  union all
                  select m.conversation_id
                  from unnest(
                         case when (select count(*) from recent) < $7
                                and (select count(*) from ever) < $6 then '{}'
                         else array[
                           (axis_search_spans($1, now()))[3],
                           (axis_search_spans($1, now() - interval '91 days'))[3]
                         ] end) as span
                  cross join lateral (
                    select conversation_id from messages
                    where axis_search_spans(tenant_id, created_at) @> array[span]
                      and tenant_id = $1 and content is not null
                      and to_tsvector('simple', left(content, 20000))
                          @@ websearch_to_tsquery('simple', $4)
                    limit $6
                  ) m
                  union all
                  select conversation_id from ever
                  limit $6) newest
            group by conversation_id
            limit $5)"#,
        tenant.as_str(),
        number,
        part,
        text,
        MOST,
        MOST_MESSAGES,
        SELDOM,
    )
    .fetch_all(&mut *connection)
    .await?;
    if let Some(beginning) = beginning {
        found.extend(named(connection, tenant, &beginning).await?);
    }
    sqlx::query!("select set_config('role', 'axis_api', true) as role")
        .fetch_one(&mut *connection)
        .await?;
    Ok(found)
}

/// The ids of conversations whose contact's name has, among its first four words, one that matches this pattern. Whole
/// words come first, since any number of longer ones may begin alike.
async fn named(
    connection: &mut PgConnection,
    tenant: &TenantId,
    beginning: &str,
) -> Result<Vec<Uuid>, Error> {
    let found = sqlx::query_scalar!(
        r#"select c.id as "id!"
           from (select id
                 from ((select id, axis_word_start(name, 1) as word from contacts
                        where tenant_id = $1 and axis_word_start(name, 1) like lower($2)
                        order by axis_word_start(name, 1) using ~<~ limit $3)
                       union all
                       (select id, axis_word_start(name, 2) from contacts
                        where tenant_id = $1 and axis_word_start(name, 2) like lower($2)
                          and axis_word_start(name, 2) <> ''
                        order by axis_word_start(name, 2) using ~<~ limit $3)
                       union all
                       (select id, axis_word_start(name, 3) from contacts
                        where tenant_id = $1 and axis_word_start(name, 3) like lower($2)
                          and axis_word_start(name, 3) <> ''
                        order by axis_word_start(name, 3) using ~<~ limit $3)
                       union all
                       (select id, axis_word_start(name, 4) from contacts
                        where tenant_id = $1 and axis_word_start(name, 4) like lower($2)
                          and axis_word_start(name, 4) <> ''
                        order by axis_word_start(name, 4) using ~<~ limit $3)) words
                 order by length(word) limit $3) k
           -- By the index of each contact, as above.
           cross join lateral (
             select id from conversations where contact_id = k.id and tenant_id = $1 limit $3
           ) c
           limit $3"#,
        tenant.as_str(),
        beginning,
        MOST,
    )
    .fetch_all(connection)
    .await?;
    Ok(found)
}

/// Escapes a text to be taken literally inside a `like` pattern.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '\\' | '%' | '_') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    #[test]
    fn wildcards_are_meant_literally() {
        assert_eq!(super::escape(r"50% a_b\c"), r"50\% a\_b\\c");
    }
}
