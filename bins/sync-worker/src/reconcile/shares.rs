//! Keeps track of whose accounts a worker is comparing.

use std::collections::HashMap;

use domain::TenantId;
use tokio::task::Id;

/// The turns that are under way, each with its account's tenant.
#[derive(Debug, Default)]
pub(super) struct Shares(HashMap<Id, TenantId>);

impl Shares {
    /// Notes that a turn has begun.
    pub(super) fn begun(&mut self, turn: Id, tenant: TenantId) {
        self.0.insert(turn, tenant);
    }

    /// Notes that a turn has ended.
    pub(super) fn ended(&mut self, turn: Id) {
        self.0.remove(&turn);
    }

    /// Lists the tenants that get no further turn while there are this many places. No tenant gets the last quarter of
    /// them: otherwise the accounts of a tenant whose Chatwoot is slow could take all of them.
    pub(super) fn exhausted(&self, places: usize) -> Vec<String> {
        let mut had: HashMap<&TenantId, usize> = HashMap::new();
        for tenant in self.0.values() {
            *had.entry(tenant).or_default() += 1;
        }
        let exhausted = had.into_iter().filter(|(_, turns)| *turns >= places - places / 4);
        exhausted.map(|(tenant, _)| tenant.to_string()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ACCOUNTS, MOST};
    use super::*;

    #[tokio::test]
    async fn no_tenant_gets_the_last_quarter_of_the_places() {
        let [greedy, modest]: [TenantId; 2] = ["greedy", "modest"].map(|one| one.parse().unwrap());
        let mut turns = tokio::task::JoinSet::new();
        let mut shares = Shares::default();
        shares.begun(turns.spawn(async {}).id(), modest);
        for places in [ACCOUNTS, MOST] {
            while shares.0.len() <= places / 4 * 3 {
                assert!(shares.exhausted(places).is_empty());
                shares.begun(turns.spawn(async {}).id(), greedy.clone());
            }
            assert_eq!(shares.exhausted(places), ["greedy"]);
        }
        while let Some(ended) = turns.join_next_with_id().await {
            shares.ended(ended.unwrap().0);
        }
        assert!(shares.exhausted(ACCOUNTS).is_empty() && shares.0.is_empty());
    }
}
