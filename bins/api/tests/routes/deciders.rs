//! Who decides what was asked for: one, and not whoever asked.

use domain::Role;
use futures_util::future::{join, join_all};
use serde_json::{Value, json};
use testkit::reqwest::Method;

use crate::decisions::{AGENT, ask, asked, caller, decide};
use crate::support::{Seed, Served, ids, problem, somebody_waits};

#[tokio::test]
async fn of_several_deciders_one_wins_and_the_others_are_told_who() {
    let served = Served::start().await;
    let ann = caller(&served, Role::Approver).await;
    let ben = caller(&served, Role::Approver).await;
    let conversation = served.write(&Seed::open(1)).await.to_string();
    for _ in 0..5 {
        let (path, _) = asked(&served, &conversation, "refund", json!({})).await;
        let answers = join_all([
            decide(&served, &ann, &path, "approved"),
            decide(&served, &ben, &path, "rejected"),
            decide(&served, "mock-token", &path, "rejected"),
        ])
        .await;
        let (won, lost): (Vec<_>, Vec<_>) =
            answers.into_iter().partition(|answer| answer.status() == 200);
        assert_eq!((won.len(), lost.len()), (1, 2));
        let winner: Value = won.into_iter().next().unwrap().json().await.unwrap();
        for answer in lost {
            assert_eq!(answer.status(), 409);
            let refusal: Value = answer.json().await.unwrap();
            assert_eq!((&refusal["code"], &refusal["current"]), (&json!("decided"), &winner));
        }
        assert_eq!(served.read(&path).await, winner);
    }
}

#[tokio::test]
async fn nobody_decides_their_own_and_only_they_withdraw_it() {
    let served = Served::start().await;
    let ann = caller(&served, Role::Approver).await;
    let ben = caller(&served, Role::Approver).await;
    let conversation = served.write(&Seed::open(1)).await.to_string();
    let body = json!({ "conversationId": conversation, "type": "refund", "reason": "Broken" });
    let answer = ask(&served, &ann, Method::POST, "/approvals", &body).await;
    let approval: Value = answer.json().await.unwrap();
    let path = format!("/approvals/{}", approval["id"].as_str().unwrap());
    let own = decide(&served, &ann, &path, "approved").await;
    assert_eq!(problem(own).await, (403, "own-approval".to_owned()));
    let others = ask(&served, AGENT, Method::DELETE, &path, &json!(null)).await;
    assert_eq!(problem(others).await, (403, "others-approval".to_owned()));
    for _ in 0..2 {
        let withdrawn = ask(&served, &ann, Method::DELETE, &path, &json!(null)).await;
        assert_eq!(withdrawn.status(), 200);
        assert_eq!(withdrawn.json::<Value>().await.unwrap()["status"], "withdrawn");
    }
    let late = decide(&served, &ben, &path, "approved").await;
    assert_eq!(problem(late).await, (409, "decided".to_owned()));

    let (path, _) = asked(&served, &conversation, "refund", json!({})).await;
    decide(&served, &ben, &path, "approved").await;
    let late = ask(&served, AGENT, Method::DELETE, &path, &json!(null)).await;
    assert_eq!(problem(late).await, (409, "decided".to_owned()));
}

#[tokio::test]
async fn a_key_decides_nothing_that_its_makers_own_hand_asked_for() {
    let served = Served::start().await;
    let ben = caller(&served, Role::Approver).await;
    let conversation = served.write(&Seed::open(1)).await.to_string();
    let make = async |who: &str, role: &str| {
        let body = json!({ "name": role, "roles": [role] });
        let answer = ask(&served, who, Method::POST, "/api-keys", &body).await;
        answer.json::<Value>().await.unwrap()["token"].as_str().unwrap().to_owned()
    };
    let admin = "mock-token";
    let asks = make(admin, "agent").await;
    let makes = make(admin, "admin").await;
    let decides = make(&makes, "approver").await;
    let body = json!({ "conversationId": conversation, "type": "refund", "reason": "Broken" });
    let waits = async |who: &str, path: &str| {
        let list = served.http.get(served.url("/approvals?waitingFor=me")).bearer_auth(who);
        let list: Value = list.send().await.unwrap().json().await.unwrap();
        ids(&list).iter().any(|id| path.ends_with(id))
    };
    for (asker, decider) in
        [(admin, &*decides), (&asks, admin), (&decides, admin), (&asks, &decides), (admin, &makes)]
    {
        let answer = ask(&served, asker, Method::POST, "/approvals", &body).await;
        let approval: Value = answer.json().await.unwrap();
        let path = format!("/approvals/{}", approval["id"].as_str().unwrap());
        let own = decide(&served, decider, &path, "approved").await;
        assert_eq!(problem(own).await, (403, "own-approval".to_owned()));
        assert_eq!((waits(decider, &path).await, waits(&ben, &path).await), (false, true));
        assert_eq!(decide(&served, &ben, &path, "approved").await.status(), 200);
    }
    // A key decides what others ask for, whoever made it.
    let (path, _) = asked(&served, &conversation, "refund", json!({})).await;
    assert!(waits(&decides, &path).await);
    assert_eq!(decide(&served, &decides, &path, "approved").await.status(), 200);
}

/// The worker has the customer's message in hand while somebody approves the answer to what they wrote before.
#[tokio::test]
async fn what_the_customer_has_just_written_is_known_before_a_reply_goes_out() {
    let served = Served::start().await;
    let ann = caller(&served, Role::Approver).await;
    let mut seed = Seed { messages: vec![("incoming", "Where is it?")], ..Seed::open(1) };
    let conversation = served.write(&seed).await.to_string();
    let reply = json!({ "content": "Soon." });
    let (path, _) = asked(&served, &conversation, "proposed_reply", reply).await;
    seed.messages.push(("incoming", "Never mind, I have it."));
    let mut writing = served.world.store.worker().await.unwrap();
    seed.write_in(&mut writing, &served.ours).await;
    let approve = decide(&served, &ann, &path, "approved");
    let commit = async {
        somebody_waits(&served).await;
        store::commit(writing).await.unwrap();
    };
    let (blind, ()) = join(approve, commit).await;
    assert_eq!(problem(blind).await, (409, "stale".to_owned()));
    assert_eq!(served.commands().await, []);
    assert_eq!(served.read(&path).await["status"], "submitted");
}
