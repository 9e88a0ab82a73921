//! Customers who write, agents who answer.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};
use testkit::eventually_some;
use testkit::reqwest::Client;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::ending;
use crate::rig::{Rig, mishaps};

/// Conversations of each account that are answered.
const CONVERSATIONS: usize = 3;
/// Milliseconds between two things that customers and Chatwoot's own agents do.
const CUSTOMERS: std::ops::Range<u64> = 10..90;
/// Milliseconds between two replies in one conversation.
const AGENTS: std::ops::Range<u64> = 500..3_000;

/// A reply that the API has taken.
#[derive(Debug, Clone)]
pub struct Posted {
    pub account: i64,
    pub display_id: i64,
    pub client_id: String,
    /// When the API's answer came.
    pub accepted_at: DateTime<Utc>,
}

/// Everybody at work.
pub struct Load {
    end: CancellationToken,
    customers: JoinSet<()>,
    agents: JoinSet<Vec<Posted>>,
}

/// A conversation that is answered.
#[derive(Debug, Clone)]
struct Place {
    account: i64,
    display_id: i64,
    /// Its id in the API.
    id: String,
    /// Lets its agents in.
    token: String,
}

impl Load {
    /// Begins once the first conversations are where agents can answer them.
    pub async fn start(rig: &Arc<Rig>, seed: u64) -> Self {
        let mut places = Vec::new();
        for account in &rig.accounts {
            let number = account.number;
            for n in 0..CONVERSATIONS {
                let text = format!("first words {n}");
                let (display_id, _) = rig.sim.start_conversation(number, &text).unwrap();
                let token = &rig.tenant_of(account).token;
                let id = id_of(rig, token, account.key.to_string(), display_id).await;
                places.push(Place { account: number, display_id, id, token: token.clone() });
            }
        }
        rig.sim.set_faults(mishaps()).unwrap();
        let end = ending();
        let mut customers = JoinSet::new();
        customers.spawn(write(Arc::clone(rig), StdRng::seed_from_u64(seed), end.clone()));
        let mut agents = JoinSet::new();
        for (n, place) in (1..).zip(places) {
            let dice = StdRng::seed_from_u64(seed ^ (n << 32));
            agents.spawn(answer(Arc::clone(rig), place, dice, end.clone()));
        }
        Self { end, customers, agents }
    }

    /// Ends it; what agents have begun to post, they post until the API has it.
    pub async fn stop(mut self) -> Vec<Posted> {
        self.end.cancel();
        while let Some(ended) = self.customers.join_next().await {
            ended.unwrap();
        }
        self.agents.join_all().await.into_iter().flatten().collect()
    }
}

async fn id_of(rig: &Rig, token: &str, account: String, display_id: i64) -> String {
    let (http, api) = (testkit::http(), rig.named("api").next().unwrap());
    let url = format!("{}/api/v1/conversations?limit=100", api.url);
    eventually_some("the conversation is in the API", || async {
        let listed = http.get(&url).bearer_auth(token).send().await.ok()?;
        let listed: Value = listed.json().await.ok()?;
        let here = |row: &&Value| row["chatwootId"] == display_id && row["accountId"] == account;
        let found = listed["data"].as_array()?.iter().find(here)?;
        found["id"].as_str().map(str::to_owned)
    })
    .await
}

/// Customers, and agents in Chatwoot's own screen.
async fn write(rig: Arc<Rig>, mut dice: StdRng, end: CancellationToken) {
    let sim = &rig.sim;
    let mut open: Vec<Vec<i64>> = rig
        .accounts
        .iter()
        .map(|_| (1..=i64::try_from(CONVERSATIONS).unwrap()).collect())
        .collect();
    let mut number = 0;
    while !end.is_cancelled() {
        tokio::time::sleep(Duration::from_millis(dice.random_range(CUSTOMERS))).await;
        number += 1;
        let which = dice.random_range(0..open.len());
        let account = rig.accounts[which].number;
        let display_id = open[which][dice.random_range(0..open[which].len())];
        let text = format!("question {number}");
        match dice.random_range(0..100) {
            0..70 => drop(sim.customer_writes(account, display_id, &text).unwrap()),
            70..78 => drop(sim.agent_notes(account, display_id, &text).unwrap()),
            78..84 => {
                let status = ["open", "resolved", "pending"][dice.random_range(0..3)];
                sim.agent_sets_status(account, display_id, status).unwrap();
            }
            84..92 => {
                let labels = ["billing", "bug", "vip"];
                let labels = &labels[..dice.random_range(0..=labels.len())];
                sim.agent_sets_labels(account, display_id, labels).unwrap();
            }
            _ => open[which].push(sim.start_conversation(account, &text).unwrap().0),
        }
    }
}

/// One agent, who posts the next reply once the API has the one before.
async fn answer(
    rig: Arc<Rig>,
    place: Place,
    mut dice: StdRng,
    end: CancellationToken,
) -> Vec<Posted> {
    let http = testkit::http();
    let apis: Vec<String> = rig.named("api").map(|slot| slot.url.clone()).collect();
    let mut posted = Vec::new();
    while !end.is_cancelled() {
        tokio::time::sleep(Duration::from_millis(dice.random_range(AGENTS))).await;
        let client_id =
            format!("reply {} to {} of {}", posted.len(), place.display_id, place.account);
        post(&http, &apis, &place, &client_id, &mut dice).await;
        let accepted_at = Utc::now();
        let Place { account, display_id, .. } = place;
        posted.push(Posted { account, display_id, client_id, accepted_at });
    }
    posted
}

/// Posts a reply at any API until one has taken it, always as the same message.
async fn post(http: &Client, apis: &[String], place: &Place, client_id: &str, dice: &mut StdRng) {
    let body = json!({ "content": client_id, "private": false, "clientId": client_id });
    loop {
        let api = &apis[dice.random_range(0..apis.len())];
        let request = http.post(format!("{api}/api/v1/conversations/{}/messages", place.id));
        let request = request.bearer_auth(&place.token).timeout(Duration::from_secs(3));
        if let Ok(answer) = request.json(&body).send().await {
            let status = answer.status();
            assert!(!status.is_client_error(), "{status}: {:?}", answer.text().await);
            if status.is_success() {
                return;
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
