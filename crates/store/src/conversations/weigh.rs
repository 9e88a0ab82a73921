//! The rows of a page of a list: their places, and how large they are.

use chrono::{DateTime, Utc};
use domain::{ConversationId, TenantId};
use sqlx::PgConnection;
use uuid::Uuid;

use super::assignees::Assignees;
use super::{Filter, Place, Sort};
use crate::{Error, Start};

/// A checked query for the sizes of the rows of a page of a tenant's list. Its arguments are the tenant, the filter (11
/// of them), row ids found beforehand, how many rows to read and how many to skip; then, from `$15`, what `after` uses.
///
/// Lists by activity are read along whole minutes, which are indexed, and sorted within each: an index over the
/// activity itself would be written with every event.
macro_rules! weigh_page {
    (
        after $after:literal order $order:literal
        page ($page:expr, $limit:expr, $skip:expr)
        $(, $place:expr)*
    ) => {
        sqlx::query_as!(
            Weight,
            r#"select c.id as "id!", c.priority, c.waiting_since,
                      c.last_activity_at as "last_activity_at!",
                      octet_length(concat(
                        c.status, c.priority, c.channel, c.assignee_type, c.assignee_name,
                        c.team_name, c.labels, c.custom_attributes, k.name, k.thumbnail)) as "bytes!"
               from (
                 select * from conversations c
                 where c.tenant_id = $1 and c.gone_at <= c.version_at
                   and ($2::text is null or c.status = $2)
                   and ($3::text is null
                     or coalesce(c.priority, 'none') = $3
                       -- What an index knows of it.
                       and case c.priority when 'urgent' then 4 when 'high' then 3
                             when 'medium' then 2 when 'low' then 1 else 0 end
                         = case $3 when 'urgent' then 4 when 'high' then 3
                             when 'medium' then 2 when 'low' then 1 else 0 end)
                   and ($4::bigint is null
                     -- Not coalesce(): nobody could guess how many rows that leaves.
                     or c.assignee_id = $4 and (c.assignee_type is null or c.assignee_type = 'user'))
                   and ($5::boolean is null or (c.assignee_id is not null) = $5)
                   and ($6::bigint is null or c.team_id = $6)
                   and ($7::text is null or $7 = any(c.labels))
                   and ($8::bigint is null or c.inbox_id = $8)
                   and ($9::uuid is null or c.contact_id = $9)
                   and ($10::uuid[] is null or c.id = any($10))
                   and ($11::uuid[] is null
                     or (c.account_id, c.assignee_id) in (select * from unnest($11, $12::bigint[]))
                       and c.assignee_id = any($12)
                       and (c.assignee_type is null or c.assignee_type = 'user'))
                   and "# + $after + " order by " + $order + " limit $13 offset $14"
            + ") c left join contacts k on k.id = c.contact_id order by " + $order,
            $page.tenant.as_str(),
            $page.filter.status.as_deref(),
            $page.filter.priority.as_deref(),
            $page.assignees.id,
            $page.assignees.any,
            $page.filter.team_id,
            $page.filter.label.as_deref(),
            $page.filter.inbox_id,
            $page.filter.contact.map(|contact| contact.0),
            $page.found,
            $page.assignees.accounts.as_deref() as Option<&[Uuid]>,
            $page.assignees.ids.as_deref() as Option<&[i64]>,
            $limit,
            $skip
            $(, $place)*
        )
    };
}

/// Which rows to weigh.
pub(super) struct Page<'a> {
    pub(super) tenant: &'a TenantId,
    pub(super) filter: &'a Filter,
    pub(super) assignees: &'a Assignees,
    /// The ids of all rows that may be in the list, if they were looked up.
    pub(super) found: Option<&'a [Uuid]>,
    pub(super) start: Start<Place>,
    /// The most rows.
    pub(super) limit: i64,
}

impl Page<'_> {
    /// Weighs the rows, in their order.
    pub(super) async fn weigh(
        &self,
        connection: &mut PgConnection,
        sort: Sort,
    ) -> Result<Vec<Weight>, Error> {
        let (skip, place) = self.start.skip_and_place();
        let (at, id) = (place.and_then(|place| place.at), place.map(|place| place.id.0));
        let rows = match sort {
            Sort::Newest => {
                weigh_page!(
                    after "($16::uuid is null or (c.activity_minute, c.last_activity_at, c.id)
                                               < (axis_minute($15::timestamptz), $15, $16))"
                    order "c.activity_minute desc, c.last_activity_at desc, c.id desc"
                    page (self, self.limit, skip), at, id
                )
                .fetch_all(connection)
                .await?
            }
            Sort::Oldest => {
                weigh_page!(
                    after "($16::uuid is null or (c.activity_minute, c.last_activity_at, c.id)
                                               > (axis_minute($15::timestamptz), $15, $16))"
                    order "c.activity_minute, c.last_activity_at, c.id"
                    page (self, self.limit, skip), at, id
                )
                .fetch_all(connection)
                .await?
            }
            Sort::Waiting => {
                // Not coalesce(): PostgreSQL does not know that it tells nobody what it saw, so a policy would keep it
                // from the index. And those who do not wait have a branch of their own: how many of them follow is
                // guessed by the beginning of the wait alone, where only the ids differ.
                weigh_page!(
                    after "($16::uuid is null
                            or $15::timestamptz is not null
                              and (case when c.waiting_since is null then 'infinity'::timestamptz
                                     else c.waiting_since end, c.id) > ($15, $16)
                            or $15 is null
                              and case when c.waiting_since is null then 'infinity'::timestamptz
                                    else c.waiting_since end = 'infinity'
                              and c.id > $16)"
                    order "case when c.waiting_since is null then 'infinity'::timestamptz
                             else c.waiting_since end, c.id"
                    page (self, self.limit, skip), at, id
                )
                .fetch_all(connection)
                .await?
            }
            Sort::Priority => self.most_urgent(connection, skip, place).await?,
        };
        Ok(rows)
    }

    /// How many rows follow a place is guessed by the first column in which they may differ, here the rank, which nearly
    /// all have in common. So those of the same rank are asked for by themselves, and then those of lower ones.
    async fn most_urgent(
        &self,
        connection: &mut PgConnection,
        skip: i64,
        place: Option<Place>,
    ) -> Result<Vec<Weight>, Error> {
        let mut rows = match place {
            None => Vec::new(),
            Some(place) => {
                weigh_page!(
                    after "(case c.priority when 'urgent' then 4 when 'high' then 3
                              when 'medium' then 2 when 'low' then 1 else 0 end = $17::integer
                            and (c.activity_minute, c.last_activity_at, c.id)
                              < (axis_minute($15::timestamptz), $15, $16))"
                    order "c.activity_minute desc, c.last_activity_at desc, c.id desc"
                    page (self, self.limit, skip), place.at, place.id.0, place.rank
                )
                .fetch_all(&mut *connection)
                .await?
            }
        };
        let left = self.limit - i64::try_from(rows.len()).unwrap_or(self.limit);
        if left > 0 && place.is_none_or(|place| place.rank > 0) {
            let lower = weigh_page!(
                after "($15::integer is null
                        or case c.priority when 'urgent' then 4 when 'high' then 3
                             when 'medium' then 2 when 'low' then 1 else 0 end < $15)"
                order "case c.priority when 'urgent' then 4 when 'high' then 3
                         when 'medium' then 2 when 'low' then 1 else 0 end desc,
                       c.activity_minute desc, c.last_activity_at desc, c.id desc"
                page (self, left, skip), place.map(|place| place.rank)
            );
            rows.extend(lower.fetch_all(connection).await?);
        }
        Ok(rows)
    }
}

/// The size of a conversation, and what its place in a list is made of.
pub(super) struct Weight {
    pub(super) id: Uuid,
    priority: Option<String>,
    waiting_since: Option<DateTime<Utc>>,
    last_activity_at: DateTime<Utc>,
    pub(super) bytes: i32,
}

impl Weight {
    pub(super) fn place(&self, sort: Sort) -> Place {
        let at = match sort {
            Sort::Waiting => self.waiting_since,
            Sort::Newest | Sort::Oldest | Sort::Priority => Some(self.last_activity_at),
        };
        Place { at, rank: rank(self.priority.as_deref()), id: ConversationId(self.id) }
    }
}

pub(super) fn rank(priority: Option<&str>) -> i32 {
    match priority {
        Some("urgent") => 4,
        Some("high") => 3,
        Some("medium") => 2,
        Some("low") => 1,
        _ => 0,
    }
}
