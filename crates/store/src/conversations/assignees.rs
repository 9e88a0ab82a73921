//! The filter by assignee, as arguments of the query.

use domain::{AccountKey, TenantId};
use sqlx::PgConnection;
use uuid::Uuid;

use super::AssigneeFilter;
use super::few::{FEW, if_few};
use crate::Error;

/// An [`AssigneeFilter`] as the query takes it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Assignees {
    /// The only number that an assignee may have.
    pub(super) id: Option<i64>,
    /// Whether there has to be an assignee, or must be none.
    pub(super) any: Option<bool>,
    /// The accounts of the users who may be the assignee; `ids` has their numbers there, in the same order.
    pub(super) accounts: Option<Vec<Uuid>>,
    pub(super) ids: Option<Vec<i64>>,
}

impl Assignees {
    pub(super) fn of(filter: Option<&AssigneeFilter>) -> Self {
        match filter {
            None => Self::default(),
            Some(AssigneeFilter::None) => Self { any: Some(false), ..Self::default() },
            Some(AssigneeFilter::Any) => Self { any: Some(true), ..Self::default() },
            Some(AssigneeFilter::Id(id)) => Self { id: Some(*id), ..Self::default() },
            Some(AssigneeFilter::OneOf(users)) => Self::one_of(users),
        }
    }

    fn one_of(users: &[(AccountKey, i64)]) -> Self {
        let (accounts, ids): (Vec<_>, Vec<_>) =
            users.iter().map(|(account, id)| (account.0, *id)).unzip();
        // A user has the same number in all accounts of an installation, and an index has the conversations of one
        // number in the order of lists.
        let id = ids.first().copied().filter(|first| ids.iter().all(|id| id == first));
        Self { id, any: None, accounts: Some(accounts), ids: Some(ids) }
    }

    /// The ids of all conversations of users with different numbers, if they are few. A list in its own order would be
    /// read to its end for them.
    pub(super) async fn few(
        &self,
        connection: &mut PgConnection,
        tenant: &TenantId,
    ) -> Result<Option<Vec<Uuid>>, Error> {
        let (None, Some(accounts), Some(ids)) = (self.id, &self.accounts, &self.ids) else {
            return Ok(None);
        };
        let found = sqlx::query_scalar!(
            r#"select c.id
               from unnest($2::uuid[], $3::bigint[]) u (account_id, id)
               cross join lateral (
                 select c.id from conversations c
                 where c.tenant_id = $1 and c.account_id = u.account_id and c.assignee_id = u.id
                 order by c.activity_minute desc limit $4
               ) c
               limit $4"#,
            tenant.as_str(),
            accounts,
            ids,
            FEW + 1
        )
        .fetch_all(connection)
        .await?;
        Ok(if_few(found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_with_one_number_are_found_by_it() {
        let [a, b] = [1, 2].map(|id| AccountKey(Uuid::from_u128(id)));
        let id = |users: &[_]| Assignees::one_of(users).id;
        assert_eq!(id(&[(a, 5)]), Some(5));
        assert_eq!(id(&[(a, 5), (b, 5)]), Some(5));
        assert_eq!(id(&[(a, 5), (b, 7)]), None);
    }
}
