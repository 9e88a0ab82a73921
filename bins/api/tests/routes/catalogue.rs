//! What accounts consist of, and what changes of conversations may name of it.

use chrono::Utc;
use domain::catalogue::{Agent, CannedResponse, Inbox, Label, Team};
use domain::{AccountKey, ContactId, Permission};
use serde_json::{Value, json};
use store::catalogue::{self, Owner};
use testkit::Account;

use crate::support::{Seed, Served, TENANT, numbers, problem};

/// Writes every list, as the comparing with Chatwoot does.
async fn fetched(served: &Served, account: &Account, names: &[&str]) {
    let owner = Owner { tenant: account.tenant.clone(), account: account.key };
    let (account_id, updated_at) = (account.key, Utc::now());
    let title = |index: usize| Some(names[index].to_owned());
    let all = || (1..).zip(0..names.len());
    let agents: Vec<_> =
        all().map(|(chatwoot_id, index)| agent(account_id, chatwoot_id, names[index])).collect();
    let teams: Vec<_> = all()
        .map(|(chatwoot_id, index)| Team {
            account_id,
            chatwoot_id,
            name: title(index),
            description: None,
            updated_at,
        })
        .collect();
    let inboxes: Vec<_> = all()
        .map(|(chatwoot_id, index)| Inbox {
            account_id,
            chatwoot_id,
            name: title(index),
            channel: Some("Channel::Email".to_owned()),
            updated_at,
        })
        .collect();
    let labels: Vec<_> = all()
        .map(|(chatwoot_id, index)| Label {
            account_id,
            chatwoot_id,
            title: names[index].to_owned(),
            description: None,
            color: Some("#1f93ff".to_owned()),
            show_on_sidebar: Some(true),
            updated_at,
        })
        .collect();
    let responses: Vec<_> = all()
        .map(|(chatwoot_id, index)| CannedResponse {
            account_id,
            chatwoot_id,
            short_code: names[index].to_owned(),
            content: "Hello".to_owned(),
            updated_at,
        })
        .collect();
    let asked_at = Utc::now();
    let mut transaction = served.world.store.worker().await.unwrap();
    catalogue::replace_agents(&mut transaction, &owner, &agents).await.unwrap();
    catalogue::replace_teams(&mut transaction, &owner, &teams).await.unwrap();
    catalogue::replace_inboxes(&mut transaction, &owner, &inboxes).await.unwrap();
    catalogue::replace_labels(&mut transaction, &owner, &labels, asked_at).await.unwrap();
    catalogue::replace_canned_responses(&mut transaction, &owner, &responses, asked_at)
        .await
        .unwrap();
    store::commit(transaction).await.unwrap();
}

fn agent(account_id: AccountKey, chatwoot_id: i64, name: &str) -> Agent {
    Agent {
        account_id,
        chatwoot_id,
        name: Some(name.to_owned()),
        available_name: None,
        email: Some(format!("{name}@Support.example")),
        role: Some("agent".to_owned()),
        availability: Some("busy".to_owned()),
        confirmed: Some(name != "invited"),
        thumbnail: None,
        updated_at: Utc::now(),
    }
}

const PATHS: [&str; 5] = ["/agents", "/teams", "/labels", "/inboxes", "/canned-responses"];

#[tokio::test]
async fn every_list_is_whole_says_whose_each_is_and_can_be_one_accounts() {
    let served = Served::start().await;
    let second = served.world.account(TENANT, 2).await;
    let theirs = served.world.account("theirs", 3).await;
    fetched(&served, &served.ours, &["maya", "robin"]).await;
    fetched(&served, &second, &["zoe"]).await;
    fetched(&served, &theirs, &["confidential"]).await;
    for path in PATHS {
        assert_eq!(numbers(&served.read(path).await), [1, 2, 1], "{path}");
        let of_second = served.read(&format!("{path}?accountId={}", second.key)).await;
        assert_eq!(numbers(&of_second), [1], "{path}");
        assert_eq!(of_second["data"][0]["accountId"], second.key.to_string(), "{path}");
        let of_theirs = served.read(&format!("{path}?accountId={}", theirs.key)).await;
        assert_eq!(numbers(&of_theirs), [0; 0], "{path}");
        let refused = served.refusal(&format!("{path}?accountId=1")).await;
        assert_eq!(refused, (400, "bad-query".to_owned()), "{path}");
    }
    // What the list no longer has is gone.
    fetched(&served, &served.ours, &["robin"]).await;
    for path in PATHS {
        assert_eq!(numbers(&served.read(path).await), [1, 1], "{path}");
    }
}

#[tokio::test]
async fn a_list_takes_nothing_away_that_was_made_after_it_was_asked_for() {
    let served = Served::start().await;
    let (tenant, account) = (served.ours.tenant.clone(), served.ours.key);
    let owner = Owner { tenant, account };
    let label = |title: &str| Label {
        account_id: account,
        chatwoot_id: 7,
        title: title.to_owned(),
        description: None,
        color: None,
        show_on_sidebar: None,
        updated_at: Utc::now(),
    };
    let response = CannedResponse {
        account_id: account,
        chatwoot_id: 7,
        short_code: "late".to_owned(),
        content: "It is on its way.".to_owned(),
        updated_at: Utc::now(),
    };
    let before = Utc::now();
    let mut transaction = served.world.store.tenant(&owner.tenant).await.unwrap();
    catalogue::add_label(&mut transaction, &owner, &label("late")).await.unwrap();
    catalogue::add_canned_response(&mut transaction, &owner, &response).await.unwrap();
    store::commit(transaction).await.unwrap();
    for (asked_at, left) in [(before, 1), (Utc::now(), 0)] {
        let mut transaction = served.world.store.worker().await.unwrap();
        catalogue::replace_labels(&mut transaction, &owner, &[], asked_at).await.unwrap();
        catalogue::replace_canned_responses(&mut transaction, &owner, &[], asked_at).await.unwrap();
        store::commit(transaction).await.unwrap();
        for path in ["/labels", "/canned-responses"] {
            assert_eq!(numbers(&served.read(path).await).len(), left, "{path}");
        }
    }
}

#[tokio::test]
async fn agents_say_whether_they_are_there_and_which_of_them_asks() {
    let served = Served::start().await;
    fetched(&served, &served.ours, &["invited", "maya", "robin"]).await;
    let list = served.read("/agents").await;
    let rows = list["data"].as_array().unwrap();
    let shown: Vec<_> = rows.iter().map(|row| (&row["name"], &row["you"])).collect();
    assert_eq!(shown, [(&json!("maya"), &json!(false)), (&json!("robin"), &json!(true))]);
    assert_eq!(rows[0]["availability"], "busy");
    let other = served.http.get(served.url("/agents")).bearer_auth("mock-agent-token");
    let other: Value = other.send().await.unwrap().json().await.unwrap();
    assert_eq!((&other["data"][0]["you"], &other["data"][1]["you"]), (&json!(true), &json!(false)));
}

#[tokio::test]
async fn conversations_of_oneself_are_those_of_the_agents_that_are_you_in_their_accounts() {
    let served = Served::start().await;
    let second = served.world.account(TENANT, 2).await;
    let theirs = served.world.account("theirs", 3).await;
    fetched(&served, &served.ours, &["maya", "robin"]).await;
    fetched(&served, &theirs, &["robin"]).await;
    for (number, account, assignee, kind) in [
        (1, &served.ours, 2, "user"),
        (2, &served.ours, 1, "user"),
        (3, &second, 1, "user"),
        (4, &second, 2, "user"),
        (5, &served.ours, 2, "agent_bot"),
        (6, &theirs, 1, "user"),
    ] {
        let mut seed = Seed::open(number);
        seed.state.assignee_id = Some(assignee);
        seed.state.assignee_type = Some(kind.to_owned());
        seed.write(&served.world.store, account).await;
    }
    let of = async |token: String, query: &str| -> Value {
        let asked = served.http.get(served.url(&format!("/conversations?assigneeId=me{query}")));
        let answer = asked.bearer_auth(token).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.json().await.unwrap()
    };
    let robin = async |query| of("mock-token".to_owned(), query).await;
    let maya = async || of("mock-agent-token".to_owned(), "").await;
    // Somebody else has the number in the other account.
    assert_eq!((numbers(&robin("").await), numbers(&maya().await)), (vec![1], vec![2]));

    // One number in both.
    fetched(&served, &second, &["zoe", "robin"]).await;
    assert_eq!(numbers(&robin("").await), [4, 1]);
    assert_eq!(numbers(&robin("&status=resolved").await), [0; 0]);

    // Another one in each.
    fetched(&served, &second, &["robin", "maya"]).await;
    assert_eq!((numbers(&robin("").await), numbers(&maya().await)), (vec![3, 1], vec![4, 2]));
    let first = robin("&limit=1").await;
    let cursor = first["page"]["nextCursor"].as_str().unwrap();
    let after = format!("&limit=1&cursor={cursor}");
    let next = of("mock-token".to_owned(), &after).await;
    assert_eq!((numbers(&first), numbers(&next)), (vec![3], vec![1]));
    assert_eq!(next["page"]["nextCursor"], Value::Null);

    // A machine is nobody's agent, and so is a person whom no list has.
    let may = [Permission::ReadConversations].into_iter().collect();
    let machine = of(served.key(TENANT, may).await, "").await;
    assert_eq!((numbers(&machine), &machine["page"]["nextCursor"]), (vec![], &Value::Null));
    fetched(&served, &second, &[]).await;
    fetched(&served, &served.ours, &[]).await;
    assert_eq!(numbers(&robin("").await), [0; 0]);
}

#[tokio::test]
async fn a_contact_is_shown_with_what_they_wrote_before_and_not_once_it_is_gone() {
    let served = Served::start().await;
    let mut begun = Seed::open(1);
    begun.contact.blocked = true;
    served.write(&begun).await;
    let mut again = Seed::open(2);
    again.state.contact_chatwoot_id = Some(1);
    served.write(&again).await;
    served.write(&Seed::open(3)).await;
    let id = ContactId::of(served.ours.key, 1);
    let contact = served.read(&format!("/contacts/{id}")).await;
    assert_eq!((&contact["name"], &contact["chatwootId"]), (&json!("Customer 1"), &json!(1)));
    assert_eq!(contact["accountId"], served.ours.key.to_string());
    assert_eq!(contact["blocked"], true);
    let before = served.read(&format!("/conversations?contactId={id}")).await;
    assert_eq!(numbers(&before), [2, 1]);
    let first = served.read(&format!("/conversations?contactId={id}&limit=1")).await;
    let cursor = first["page"]["nextCursor"].as_str().unwrap();
    let next = format!("/conversations?contactId={id}&limit=1&cursor={cursor}");
    assert_eq!((numbers(&first), numbers(&served.read(&next).await)), (vec![2], vec![1]));

    let mut transaction = served.world.store.worker().await.unwrap();
    testkit::sqlx::query("update contacts set gone_at = version_at + 1 where id = $1")
        .bind(id.0)
        .execute(&mut *transaction)
        .await
        .unwrap();
    store::commit(transaction).await.unwrap();
    for path in [format!("/contacts/{id}"), "/contacts/1".to_owned()] {
        assert_eq!(served.refusal(&path).await, (404, "not-found".to_owned()), "{path}");
    }
}

#[tokio::test]
async fn a_change_names_only_what_the_account_has_once_its_lists_are_known() {
    let served = Served::start().await;
    let second = served.world.account(TENANT, 2).await;
    let mut seed = Seed::open(1);
    seed.state.labels = vec!["old".to_owned()];
    let id = served.write(&seed).await;
    let path = format!("/conversations/{id}");
    let odd = json!({ "assigneeId": 99, "teamId": 98, "labels": ["odd", "vip"] });
    // Another account's lists say nothing.
    fetched(&served, &second, &["vip"]).await;
    let unknown_yet = served.patch(&path, &json!({ "assigneeId": 97 })).send().await.unwrap();
    assert_eq!(unknown_yet.status(), 200);

    fetched(&served, &served.ours, &["vip", "billing"]).await;
    let before = served.commands().await;
    let refused = served.patch(&path, &odd).send().await.unwrap();
    assert_eq!(refused.status(), 422);
    let refused: Value = refused.json().await.unwrap();
    let fields = [
        json!({ "field": "assigneeId", "message": "names no agent of the account: 99" }),
        json!({ "field": "teamId", "message": "names no team of the account: 98" }),
        json!({ "field": "labels", "message": "name some that the account does not have: odd" }),
    ];
    assert_eq!(refused["errors"], json!(fields));
    assert_eq!(served.commands().await, before, "nothing is asked of Chatwoot");
    // What the conversation has it may keep, though the lists no longer have it.
    let fine = json!({ "assigneeId": 97, "teamId": 2, "labels": ["old", "vip"] });
    let answer = served.patch(&path, &fine).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let nobody = json!({ "assigneeId": null, "teamId": null, "labels": [] });
    assert_eq!(served.patch(&path, &nobody).send().await.unwrap().status(), 200);
    let stale = served.patch(&path, &odd).header("if-match", "\"other\"").send().await.unwrap();
    assert_eq!(problem(stale).await, (412, "changed".to_owned()));
    // A bot of that number is no agent.
    let mut bots = Seed::open(2);
    bots.state.assignee_id = Some(99);
    bots.state.assignee_type = Some("agent_bot".to_owned());
    let path = format!("/conversations/{}", served.write(&bots).await);
    let refused = served.patch(&path, &json!({ "assigneeId": 99 })).send().await.unwrap();
    assert_eq!(problem(refused).await, (422, "invalid".to_owned()));
}
