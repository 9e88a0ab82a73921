//! The books: what Chatwoot says it sent and was answered, and what agents and screens say, against
//! what is in the database and in Chatwoot.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use chatwoot_sim::{Delivery, Outcome};
use chrono::{DateTime, Utc};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use testkit::eventually_some;
use testkit::sqlx::{self, Connection as _, PgConnection};
use tokio::time::{Instant, sleep};

use crate::ledger::Ledger;
use crate::rig::Rig;
use crate::screens::{Screens, Told};

/// How many of each kind came to what.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Deliveries that Chatwoot tried, and those that were answered with 2xx.
    pub sent: usize,
    pub acknowledged: usize,
    /// Different bodies among the latter.
    pub events: usize,
    pub applied_once: usize,
    pub applied_twice: Vec<String>,
    pub lost: Vec<String>,
    pub replies: usize,
    pub replies_once: usize,
    pub replies_twice: Vec<String>,
    pub replies_missing: Vec<String>,
    pub replies_disordered: Vec<String>,
    /// Activities of all tenants.
    pub activities: usize,
    pub gaps: Vec<String>,
    /// What a screen went past without a reset.
    pub passed_over: Vec<String>,
    pub repeats: Vec<String>,
    pub screens_disordered: Vec<String>,
    pub foreign: Vec<String>,
    pub connections: usize,
    pub resets: usize,
    pub new_epochs: usize,
    pub told_again: usize,
    pub dead_letters: u64,
    /// What has not come to an end.
    pub under_way: Vec<String>,
    /// From the sending of a webhook to the first screen, from the API's answer to Chatwoot.
    pub to_screen: Vec<Span>,
    pub to_chatwoot: Vec<Span>,
}

/// When something began and ended.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
}

impl Verdict {
    /// Nothing is missing that may still come.
    fn is_complete(&self) -> bool {
        self.lost.is_empty() && self.replies_missing.is_empty() && self.gaps.is_empty()
    }

    pub fn is_clean(&self) -> bool {
        let wrong = [
            &self.applied_twice,
            &self.replies_twice,
            &self.replies_disordered,
            &self.passed_over,
            &self.repeats,
            &self.screens_disordered,
            &self.foreign,
            &self.under_way,
        ];
        let something = self.events > 0 && self.replies > 0 && self.activities > 0;
        something
            && self.is_complete()
            && self.dead_letters == 0
            && wrong.iter().all(|list| list.is_empty())
    }
}

/// Judges again and again until nothing is missing and nothing is under way, or for so long: what comes again may be done
/// a second time.
pub async fn reach(rig: &Rig, ledger: &Ledger, screens: &Screens, patience: Duration) -> Verdict {
    let deadline = Instant::now() + patience;
    loop {
        rig.sim.settled().await;
        let told = rig.sim.deliveries().len();
        let under_way = under_way(rig).await;
        let verdict = Verdict { under_way, ..judge(rig, ledger, screens).await };
        let is_over = verdict.under_way.is_empty() && rig.sim.deliveries().len() == told;
        if is_over && verdict.is_complete() || Instant::now() > deadline {
            return verdict;
        }
        sleep(Duration::from_secs(1)).await;
    }
}

/// What may still have effects, in words.
async fn under_way(rig: &Rig) -> Vec<String> {
    let mut under_way = Vec::new();
    for name in ["INBOUND", "OUTBOUND"] {
        let Ok(stream) = rig.bus.stream(name).await else {
            under_way.push(format!("NATS does not tell of {name}"));
            continue;
        };
        let left: u64 = stream.consumers.iter().map(|one| one.pending + one.ack_pending).sum();
        if left > 0 {
            under_way.push(format!("{left} messages of {name}"));
        }
    }
    let url = rig.store_config.database_url.expose_secret();
    let mut connection = PgConnection::connect(url).await.unwrap();
    let left = sqlx::query_scalar("select count(*) from outbox").fetch_one(&mut connection).await;
    let left: i64 = left.unwrap();
    if left > 0 {
        under_way.push(format!("{left} commands in the outbox"));
    }
    under_way
}

async fn judge(rig: &Rig, ledger: &Ledger, screens: &Screens) -> Verdict {
    let mut verdict = Verdict::default();
    let rows = Rows::read(&rig.store_config).await;
    let deliveries = rig.sim.deliveries();
    let letters = async || rig.bus.dead_letters().count().await.ok();
    verdict.dead_letters = eventually_some("NATS tells of dead letters", letters).await;
    events(&mut verdict, rig, &deliveries, &rows);
    replies(&mut verdict, rig, ledger, &rows);
    follow(&mut verdict, rig, screens, &rows);
    spans(&mut verdict, rig, ledger, screens, &deliveries);
    verdict
}

/// The database, as far as it is counted.
struct Rows {
    /// Bodies that were applied or held nothing to apply: account, SHA-256, the events' ids.
    events: HashMap<(String, String), HashSet<String>>,
    /// How often an event is in the audit.
    receipts: HashMap<String, usize>,
    /// How many rows a message of Chatwoot has.
    messages: HashMap<(String, i64), usize>,
    /// How many rows a reply has, and how many of those are sent.
    replies: HashMap<String, (usize, usize)>,
    /// How many lines say that a message came.
    told: HashMap<(String, i64), usize>,
    /// Each tenant's activities, and what they are.
    activities: HashMap<String, HashMap<String, String>>,
    /// Activities that are there twice.
    doubled: Vec<String>,
}

/// Account, number, text and state.
type Message = (String, Option<i64>, Option<String>, Option<String>);
/// Id, tenant, account, kind, source and data of an activity.
type Line = (String, String, Option<String>, String, String, Value);

impl Rows {
    async fn read(config: &store::Config) -> Self {
        let url = config.database_url.expose_secret();
        let mut connection = PgConnection::connect(url).await.unwrap();
        let mut events: HashMap<_, HashSet<String>> = HashMap::new();
        let mut receipts = HashMap::new();
        let found: Vec<(String, String, String)> = sqlx::query_as(
            "select account_id::text, encode(digest, 'hex'), event_id::text from webhook_events
             where outcome <> 'rejected'",
        )
        .fetch_all(&mut connection)
        .await
        .unwrap();
        for (account, digest, id) in found {
            *receipts.entry(id.clone()).or_insert(0) += 1;
            events.entry((account, digest)).or_default().insert(id);
        }
        let mut messages = HashMap::new();
        let mut replies: HashMap<String, (usize, usize)> = HashMap::new();
        let found: Vec<Message> = sqlx::query_as(
            "select account_id::text, chatwoot_id, content, outbound_state from messages",
        )
        .fetch_all(&mut connection)
        .await
        .unwrap();
        for (account, number, content, state) in found {
            if let Some(number) = number {
                *messages.entry((account, number)).or_insert(0) += 1;
            }
            if let Some(content) = content.filter(|content| content.starts_with("reply ")) {
                let counts = replies.entry(content).or_default();
                counts.0 += 1;
                counts.1 += usize::from(state.as_deref() == Some("sent"));
            }
        }
        let (mut told, mut all) = (HashMap::new(), HashSet::new());
        let mut activities: HashMap<_, HashMap<_, _>> = HashMap::new();
        let mut doubled = Vec::new();
        let found: Vec<Line> = sqlx::query_as(
            "select id::text, tenant_id, account_id::text, kind, source, data from activities",
        )
        .fetch_all(&mut connection)
        .await
        .unwrap();
        for (id, tenant, account, kind, source, data) in found {
            if kind == "message_created"
                && let (Some(account), Some(number)) = (account, data["chatwootMessageId"].as_i64())
            {
                *told.entry((account, number)).or_insert(0) += 1;
            }
            let what = format!("{kind} of {source}");
            activities.entry(tenant).or_default().insert(id.clone(), what);
            if !all.insert(id.clone()) {
                doubled.push(format!("activity {id} ({kind})"));
            }
        }
        connection.close().await.unwrap();
        Self { events, receipts, messages, replies, told, activities, doubled }
    }
}

fn is_acknowledged(delivery: &Delivery) -> bool {
    matches!(delivery.outcome, Outcome::Answered { status } if (200..300).contains(&status))
}

fn keys(rig: &Rig) -> HashMap<i64, String> {
    rig.accounts.iter().map(|account| (account.number, account.key.to_string())).collect()
}

fn events(verdict: &mut Verdict, rig: &Rig, deliveries: &[Delivery], rows: &Rows) {
    let keys = keys(rig);
    verdict.sent = deliveries.len();
    let mut bodies = BTreeMap::new();
    for delivery in deliveries.iter().filter(|delivery| is_acknowledged(delivery)) {
        verdict.acknowledged += 1;
        let account = keys[&delivery.account_id].clone();
        bodies.entry((account, delivery.body_sha256.clone())).or_insert(delivery);
    }
    verdict.events = bodies.len();
    for ((account, digest), delivery) in bodies {
        let what = format!("{} {} of {account}", delivery.event, delivery.subject_id);
        let message = (account.clone(), delivery.subject_id);
        let ids = rows.events.get(&(account, digest));
        let receipts = ids.into_iter().flatten().map(|id| rows.receipts[id]).sum::<usize>();
        let effects = match delivery.event.as_str() {
            "message_created" => {
                let count = |rows: &HashMap<_, usize>| rows.get(&message).copied().unwrap_or(0);
                [receipts, count(&rows.messages), count(&rows.told)]
            }
            _ => [receipts; 3],
        };
        if effects.contains(&0) {
            verdict.lost.push(what);
        } else if effects.iter().any(|&count| count > 1) {
            verdict.applied_twice.push(format!("{what}: {effects:?}"));
        } else {
            verdict.applied_once += 1;
        }
    }
    verdict.applied_twice.extend(rows.doubled.iter().cloned());
}

fn replies(verdict: &mut Verdict, rig: &Rig, ledger: &Ledger, rows: &Rows) {
    let mut conversations: BTreeMap<(i64, i64), Vec<&str>> = BTreeMap::new();
    for posted in &ledger.posted {
        let place = (posted.account, posted.display_id);
        conversations.entry(place).or_default().push(&posted.client_id);
    }
    for ((account, display_id), written) in conversations {
        let there = rig.sim.messages(account, display_id).unwrap();
        let mut order = Vec::new();
        for reply in written {
            verdict.replies += 1;
            let places: Vec<usize> =
                (0..there.len()).filter(|&index| there[index]["content"] == reply).collect();
            let (here, sent) = rows.replies.get(reply).copied().unwrap_or_default();
            if places.is_empty() || (here, sent) == (1, 0) || here == 0 {
                verdict.replies_missing.push(format!("{reply}: {places:?}, {here} rows"));
            } else if places.len() > 1 || here > 1 {
                verdict.replies_twice.push(format!("{reply}: {places:?}, {here} rows"));
            } else {
                verdict.replies_once += 1;
            }
            if let Some(&first) = places.first() {
                if order.last().is_some_and(|&last| last > first) {
                    verdict.replies_disordered.push(reply.to_owned());
                }
                order.push(first);
            }
        }
    }
}

fn follow(verdict: &mut Verdict, rig: &Rig, screens: &Screens, rows: &Rows) {
    verdict.activities = rows.activities.values().map(HashMap::len).sum();
    let told = told(screens);
    for (number, screen) in (1..).zip(&screens.all) {
        let screen = screen.lock().unwrap();
        verdict.connections += screen.connections;
        verdict.resets += screen.resets;
        verdict.new_epochs += screen.new_epochs;
        verdict.told_again += screen.told_again;
        let with_number = |what: String| format!("screen {number}: {what}");
        verdict.repeats.extend(screen.repeated.iter().cloned().map(with_number));
        verdict.screens_disordered.extend(screen.disordered.iter().cloned().map(with_number));
        let its = rig.accounts.iter().filter(|account| account.tenant.as_str() == screen.tenant);
        let its: HashSet<String> = its.map(|account| account.key.to_string()).collect();
        verdict.foreign.extend(screen.accounts.difference(&its).cloned().map(with_number));
        let seen = |id: &String| screen.heard.contains(id) || screen.read.contains_key(id);
        let there = rows.activities.get(&screen.tenant).into_iter().flatten();
        let missed = there.filter(|(id, _)| !seen(id));
        verdict.gaps.extend(missed.map(|(id, what)| format!("screen {number}: {id}, {what}")));
        let passed_over = screen.passed_over(&told[&screen.tenant]);
        verdict.passed_over.extend(passed_over.into_iter().map(with_number));
    }
}

/// What any screen of each tenant has heard, and at which places.
fn told(screens: &Screens) -> HashMap<String, Told> {
    let mut told: HashMap<String, Told> = HashMap::new();
    for screen in &screens.all {
        let screen = screen.lock().unwrap();
        let all = told.entry(screen.tenant.clone()).or_default();
        for (place, id) in &screen.heard_at {
            all.entry(place.clone()).or_default().insert(id.clone());
        }
    }
    told
}

fn spans(
    verdict: &mut Verdict,
    rig: &Rig,
    ledger: &Ledger,
    screens: &Screens,
    deliveries: &[Delivery],
) {
    let keys = keys(rig);
    let mut sent: HashMap<(String, i64), DateTime<Utc>> = HashMap::new();
    let created = deliveries.iter().filter(|delivery| delivery.event == "message_created");
    for delivery in created.clone().filter(|delivery| is_acknowledged(delivery)) {
        let message = (keys[&delivery.account_id].clone(), delivery.subject_id);
        let first = sent.entry(message).or_insert(delivery.sent_at);
        *first = delivery.sent_at.min(*first);
    }
    let mut shown: HashMap<(String, i64), DateTime<Utc>> = HashMap::new();
    for screen in &screens.all {
        for (message, at) in &screen.lock().unwrap().messages {
            let first = shown.entry(message.clone()).or_insert(*at);
            *first = (*at).min(*first);
        }
    }
    verdict.to_screen = sent
        .iter()
        .filter_map(|(message, from)| Some(Span { from: *from, to: *shown.get(message)? }))
        .collect();
    // A reply is in Chatwoot when the webhook about it leaves.
    let mut left: HashMap<i64, DateTime<Utc>> = HashMap::new();
    for delivery in created {
        let first = left.entry(delivery.subject_id).or_insert(delivery.sent_at);
        *first = delivery.sent_at.min(*first);
    }
    for posted in &ledger.posted {
        let there = rig.sim.messages(posted.account, posted.display_id).unwrap();
        let number = there.iter().find(|message| message["content"] == posted.client_id.as_str());
        let to = number.and_then(|message| left.get(&message["id"].as_i64()?));
        verdict.to_chatwoot.extend(to.map(|to| Span { from: posted.accepted_at, to: *to }));
    }
}
