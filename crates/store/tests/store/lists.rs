//! What a page of a list costs, and that the pages together are the list.

use std::collections::HashSet;

use domain::TenantId;
use store::conversations::{self, AssigneeFilter, Filter, Sort};
use store::{Start, Store};
use testkit::sqlx;

use crate::rows::{analyze, read};

/// Conversations of a tenant. One customer in a hundred waits, one conversation in a hundred is urgent, and one in fifty
/// is the fifth agent's. Three each are of a team, of an inbox and of a priority that no other has.
const CONVERSATIONS: i64 = 3_000;
const LIMIT: u32 = 20;

async fn acme() -> (Store, TenantId) {
    let config = testkit::database().await;
    let store = Store::connect(&config, "test").unwrap();
    let mut transaction = store.worker().await.unwrap();
    let written =
        "with tenant as (insert into tenants (id, name) values ('acme', 'Acme') returning id),
           account as (insert into chatwoot_accounts
             (id, tenant_id, base_url, chatwoot_account_id, sealed_api_token)
             select gen_random_uuid(), id, 'https://chat.example.com', 1, '' from tenant
             returning id, tenant_id)
         insert into conversations (id, tenant_id, account_id, display_id, status, priority,
           waiting_since, assignee_id, team_id, inbox_id, created_at, last_activity_at,
           version_at, version_step, version_digest)
         select gen_random_uuid(), tenant_id, id, number, 'open',
                case when number % 100 = 7 then 'urgent' when number % 1000 = 997 then 'low' end,
                case when number % 100 = 11 then now() - number * interval '1 second' end,
                number % 50, case when number % 1000 = 998 then 7 end,
                case when number % 1000 = 999 then 9 else 1 end, now(),
                now() - number * interval '10 seconds', 1, 0, 0
         from account, generate_series(1, $1) number";
    sqlx::query(written).bind(CONVERSATIONS).execute(&mut *transaction).await.unwrap();
    store::commit(transaction).await.unwrap();
    analyze(&config).await;
    (store, "acme".parse().unwrap())
}

/// Reads a list page by page. Returns how many conversations it has, and the most rows that a page has read.
async fn through(store: &Store, tenant: &TenantId, filter: &Filter, sort: Sort) -> (usize, i64) {
    let (mut seen, mut most, mut start) = (HashSet::new(), 0, Start::Skip(0));
    loop {
        let mut transaction = store.tenant(tenant).await.unwrap();
        let before = read(&mut transaction, "conversations").await;
        let page = conversations::list(&mut transaction, tenant, filter, sort, start, LIMIT);
        let page = page.await.unwrap();
        most = most.max(read(&mut transaction, "conversations").await - before);
        for conversation in page.conversations {
            assert!(seen.insert(conversation.id), "it comes twice");
        }
        let Some(next) = page.next else { return (seen.len(), most) };
        start = Start::After(next);
    }
}

/// A page is read once for the places and once for what is shown, wherever it begins.
async fn reads_no_other_rows(sort: Sort) {
    let (store, tenant) = acme().await;
    let (listed, most) = through(&store, &tenant, &Filter::default(), sort).await;
    assert_eq!(listed, usize::try_from(CONVERSATIONS).unwrap());
    assert!(most <= 3 * i64::from(LIMIT), "{most} conversations were read for a page");
}

#[tokio::test]
async fn a_page_of_those_who_wait_longest_reads_no_other_rows() {
    reads_no_other_rows(Sort::Waiting).await;
}

#[tokio::test]
async fn a_page_of_the_most_urgent_reads_no_other_rows() {
    reads_no_other_rows(Sort::Priority).await;
}

/// Those who do not wait are not taken for few because nobody waits less: an agent's are looked for among the agent's,
/// not along all of them.
#[tokio::test]
async fn an_agents_are_found_by_the_agent_behind_those_who_wait() {
    let (store, tenant) = acme().await;
    let of_agent = CONVERSATIONS / 50;
    let filter = Filter { assignee: Some(AssigneeFilter::Id(5)), ..Filter::default() };
    let (listed, most) = through(&store, &tenant, &filter, Sort::Waiting).await;
    assert_eq!(listed, usize::try_from(of_agent).unwrap());
    assert!(most <= of_agent + 2 * i64::from(LIMIT), "{most} conversations were read for a page");
}

/// In whichever order.
#[tokio::test]
async fn what_is_rare_is_not_looked_for_along_all_of_the_list() {
    let (store, tenant) = acme().await;
    let all = Filter::default;
    for (filter, expected) in [
        (Filter { team_id: Some(7), ..all() }, 3),
        (Filter { inbox_id: Some(9), ..all() }, 3),
        (Filter { priority: Some("low".to_owned()), ..all() }, 3),
        (Filter { priority: Some("high".to_owned()), ..all() }, 0),
    ] {
        for sort in [Sort::Newest, Sort::Oldest, Sort::Waiting, Sort::Priority] {
            let (listed, most) = through(&store, &tenant, &filter, sort).await;
            assert_eq!(listed, expected, "{filter:?}");
            assert!(most <= 10, "{most} conversations were read: {filter:?}, {sort:?}");
        }
    }
}
