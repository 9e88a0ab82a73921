//! `axis tenants list`

use crate::answer::table;
use crate::{Answer, Place};

/// Lists the tenants.
pub async fn run(place: &Place) -> anyhow::Result<Answer> {
    let store = place.store().await?;
    let tenants = store::tenants::list(&mut *store.worker().await?).await?;
    let row = |tenant: &store::tenants::Tenant| {
        let since = tenant.created_at.format("%Y-%m-%d").to_string();
        [tenant.id.to_string(), tenant.name.clone(), since]
    };
    let rows: Vec<_> = tenants.iter().map(row).collect();
    Answer::new(table(["tenant", "name", "since"], &rows), &tenants)
}
