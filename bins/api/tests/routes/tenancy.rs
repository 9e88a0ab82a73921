//! P8: tenants never meet. What the database itself refuses is in `crates/store/tests/store/tenancy.rs`.

use domain::{Permission, Permissions, Role};
use serde_json::json;
use testkit::{eventually, sqlx};

use crate::support::{Served, TENANT, problem};
use crate::walk::{SECRET, Things, Walk};

const THEIRS: &str = "theirs";

/// Filters of the lists that fit what both tenants have.
const LISTS: [(&str, &[&str]); 3] = [
    (
        "/conversations",
        &[
            "status=open",
            "priority=high",
            "assigneeId=any",
            "assigneeId=5",
            "teamId=4",
            "label=vip",
            "inboxId=3",
            "search=1",
            "search=%231",
            "search=same",
            "search=sa",
            "sort=oldest",
            "sort=waiting",
            "sort=priority",
        ],
    ),
    ("/activity", &["type=note", "source=axis", "actor=user", "actor=user%3A7"]),
    (
        "/approvals",
        &["status=submitted", "type=refund", "requestedBy=5", "decidedBy=5", "waitingFor=me"],
    ),
];
/// Makes what a tenant has fit the filters.
const FILTERED: [&str; 4] = [
    "update conversations set priority = 'high', assignee_id = 5, team_id = 4, labels = '{vip}'
     where tenant_id = $1",
    "update contacts set name = 'Same Name' where tenant_id = $1",
    "update activities set actor = '{\"type\": \"user\", \"id\": \"7\"}' where tenant_id = $1",
    "update approvals set requested_by_id = '5', decided_by_id = '5' where tenant_id = $1",
];

/// Waits until what was done by requests is announced, after their answers, and not kept for that any more. What
/// [`Things::seed`] wrote nobody announces here.
pub async fn all_is_announced(served: &Served) {
    eventually("what was done is announced", || async {
        let mut transaction = served.world.store.worker().await.unwrap();
        let kept = "select count(*) from announcements where activity ->> 'type' <> 'note'";
        sqlx::query_scalar::<_, i64>(kept).fetch_one(&mut *transaction).await.unwrap() == 0
    })
    .await;
}

#[tokio::test]
async fn no_operation_shows_or_changes_what_is_another_tenants() {
    let served = Served::start().await;
    let account = served.world.account(THEIRS, 2).await;
    let their_token = served.key(THEIRS, Role::Admin.permissions()).await;
    let walk = Walk::of(&served).await;
    let operations = walk.operations();
    assert!(operations.len() >= 10, "{}", operations.len());
    let operations = operations.iter().filter(|operation| !operation.is_above_tenants());
    for (number, operation) in (1..).zip(operations) {
        let things = Things::seed(&served, &account, number).await;
        let before = served.rows_of(THEIRS).await;
        let request = walk.request(&served, operation, &things).bearer_auth("mock-token");
        let answer = request.send().await.unwrap();
        if walk.names_a_thing(operation, &things) {
            assert_eq!(problem(answer).await, (404, "not-found".to_owned()), "{operation}");
        } else {
            let body = answer.text().await.unwrap();
            assert!(!body.contains(SECRET), "{operation} answers {body}");
            assert!(!things.ids().any(|id| body.contains(id)), "{operation} answers {body}");
        }
        assert_eq!(served.rows_of(THEIRS).await, before, "{operation} changed what is theirs");

        // It was the tenant that made the difference: they find what the request names.
        let request = walk.request(&served, operation, &things).bearer_auth(&their_token);
        let answer = request.send().await.unwrap();
        assert_ne!(answer.status(), 404, "{operation} does not find what is the caller's own");
        all_is_announced(&served).await;
    }
}

/// Nobody who belongs to a tenant may touch tenants as a whole, whatever their key says; and a key that
/// may opens no tenant.
#[tokio::test]
async fn who_stands_above_tenants_is_in_none_and_nobody_else_stands_there() {
    let served = Served::start().await;
    let account = served.world.account(THEIRS, 2).await;
    let all = Permission::ALL.iter().copied().collect();
    let tokens = ["mock-token".to_owned(), served.key(TENANT, all).await];
    let steward = served.installation_key(Permissions::of_installation()).await;
    let walk = Walk::of(&served).await;
    let things = Things::seed(&served, &account, 1).await;
    let mut seen = 0;
    for operation in walk.operations().iter().filter(|operation| !operation.open) {
        let before = served.rows_of(THEIRS).await;
        let ask = async |token: &str| {
            let request = walk.request(&served, operation, &things).bearer_auth(token);
            request.send().await.unwrap()
        };
        if operation.is_above_tenants() {
            for token in &tokens {
                let refused = problem(ask(token).await).await;
                assert_eq!(refused, (403, "forbidden".to_owned()), "{operation}");
            }
            assert_eq!(served.rows_of(THEIRS).await, before, "{operation} changed a tenant");
            let answer = ask(&steward).await.status().as_u16();
            assert!(answer < 500 && !matches!(answer, 401 | 403), "{operation}: {answer}");
            seen += 1;
        } else {
            let refused = problem(ask(&steward).await).await;
            assert_eq!(refused, (403, "no-tenant".to_owned()), "{operation}");
            assert_eq!(served.rows_of(THEIRS).await, before, "{operation} changed a tenant");
        }
    }
    assert_eq!(seen, 7);
}

#[tokio::test]
async fn lists_and_their_filters_show_a_tenant_its_own_rows_only() {
    let served = Served::start().await;
    let account = served.world.account(THEIRS, 2).await;
    let their_token = served.key(THEIRS, Role::Admin.permissions()).await;
    let ours = Things::seed(&served, &served.ours, 1).await;
    let theirs = Things::seed(&served, &account, 1).await;
    for account in [&served.ours, &account] {
        let mut transaction = served.world.store.worker().await.unwrap();
        sqlx::query("set local role none").execute(&mut *transaction).await.unwrap();
        for statement in FILTERED {
            let change = sqlx::query(statement).bind(account.tenant.as_str());
            change.execute(&mut *transaction).await.unwrap();
        }
        store::commit(transaction).await.unwrap();
    }
    let paths = LISTS.iter().flat_map(|(path, filters)| {
        let alone = filters.iter().map(move |filter| format!("{path}?{filter}"));
        [(*path).to_owned()].into_iter().chain(alone)
    });
    for path in paths {
        let both = [(&"mock-token".to_owned(), &ours, &theirs), (&their_token, &theirs, &ours)];
        for (token, own, foreign) in both {
            let request = served.http.get(served.url(&path)).bearer_auth(token);
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 200, "{path}");
            let body = answer.text().await.unwrap();
            assert!(own.ids().any(|id| body.contains(id)), "{path} lacks what is one's own");
            assert!(!foreign.ids().any(|id| body.contains(id)), "{path} shows {body}");
        }
    }
    // What names a thing of theirs finds nothing.
    for (path, name, filter) in [
        ("/conversations", "ContactId", "contactId"),
        ("/activity", "ConversationId", "conversationId"),
        ("/approvals", "ConversationId", "conversationId"),
    ] {
        let found = |things: &Things| format!("{path}?{filter}={}", things.id(name));
        assert_ne!(served.read(&found(&ours)).await["data"], json!([]), "{path}");
        assert_eq!(served.read(&found(&theirs)).await["data"], json!([]), "{path}");
    }
}
