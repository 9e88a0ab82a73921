//! `axis webhook test`

use std::time::Duration;

use anyhow::bail;
use chatwoot::Delivery;
use chrono::Utc;
use clap::Args;
use domain::{EventId, SecretKey};
use events::Source;
use serde::Serialize;
use serde_json::Value;
use store::Store;
use store::accounts::Account;
use tokio::time::Instant;
use uuid::Uuid;

use crate::answer::table;
use crate::{Answer, Place, up};

/// Where a receiver listens unless it is told otherwise.
const RECEIVER: &str = "http://127.0.0.1:8000";
/// How often the database is asked.
const PAUSE: Duration = Duration::from_millis(50);

/// Which account is tested, and where.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The account: its key, or its number in Chatwoot
    #[arg(long, value_name = "KEY or NUMBER")]
    account: String,

    /// The receiver to send to. If unset, that of the `axis up` that runs here, or else port 8000 of this
    /// machine
    #[arg(long, value_name = "URL")]
    receiver_url: Option<String>,

    /// Seconds to wait for the events to be applied, 1 to 600
    #[arg(
        long,
        default_value_t = 15,
        value_name = "SECONDS",
        value_parser = clap::value_parser!(u64).range(1..=600)
    )]
    wait: u64,

    /// Write the examples (a made-up conversation 42 with contact 7) although the account is not
    /// the stand-in of `axis up`. Existing rows with these numbers may be overwritten
    #[arg(long)]
    yes: bool,
}

/// The field that makes an example different each time. Chatwoot's events do not have it.
const TEST: &str = "axis_test";

/// Whether this is an event that [`run`] sent.
pub(crate) fn is_example(body: &[u8]) -> bool {
    serde_json::from_slice::<Value>(body).is_ok_and(|body| body.get(TEST).is_some())
}

/// What became of one example.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Tried {
    event: &'static str,
    /// What the receiver answered, or why it did not.
    answer: String,
    id: Option<EventId>,
    /// `applied`, `ignored`, `rejected`, `not received` or `not seen`.
    outcome: String,
    detail: Option<String>,
}

/// Sends the examples and sees what becomes of them.
pub async fn run(arguments: &Arguments, place: &Place) -> anyhow::Result<Answer> {
    let (key, store) = (place.secret_key()?, place.store().await?);
    let all = store::accounts::all(&store).await?;
    let account = accounts::find(all, &arguments.account)?;
    if !arguments.yes && !up::is_stand_in(&account) {
        bail!(
            "this writes a made-up conversation 42 and contact 7 into account {} of {}, of tenant {}: pass \
             --yes to confirm",
            account.chatwoot_account_id,
            account.base_url,
            account.tenant
        );
    }
    let receiver = match &arguments.receiver_url {
        Some(url) => url.clone(),
        None => place.address()?.unwrap_or_else(|| RECEIVER.to_owned()),
    };
    let sender = sender(&account, &key, &receiver)?;
    let mut tried = Vec::new();
    for (event, body) in chatwoot::examples() {
        let body = body_for(body, account.chatwoot_account_id)?;
        tried.push(send(&sender, &receiver, event, &body).await);
    }
    settle(&store, &mut tried, Duration::from_secs(arguments.wait)).await?;
    let success = tried.iter().all(|one| one.outcome == "applied");
    let rows: Vec<_> = tried.iter().map(row).collect();
    let text = table(["event", "answer", "outcome", "detail"], &rows);
    Ok(Answer::new(text, &tried)?.succeeding_if(success))
}

fn sender(account: &Account, key: &SecretKey, receiver: &str) -> anyhow::Result<Delivery> {
    let url = format!("{}{}", receiver.trim_end_matches('/'), accounts::path(account));
    let secret = match account.webhook_secrets.first() {
        Some(sealed) => Some(key.open(Source::SECRET_PURPOSE, sealed)?),
        None if account.allow_unsigned => None,
        None => bail!("the account has no webhook secret yet: run `axis webhook register` first"),
    };
    Ok(Delivery::to(&url, secret)?)
}

/// Makes the example one of this account, and different each time: if it had been applied before,
/// it would prove nothing.
fn body_for(example: &str, number: i64) -> anyhow::Result<String> {
    let mut body: Value = serde_json::from_str(example)?;
    rewrite(&mut body, number);
    body[TEST] = Uuid::new_v4().to_string().into();
    Ok(body.to_string())
}

fn rewrite(value: &mut Value, number: i64) {
    match value {
        Value::Object(fields) => {
            if let Some(id) = fields.get_mut("account").and_then(|account| account.get_mut("id")) {
                *id = number.into();
            }
            if let Some(id) = fields.get_mut("account_id").filter(|id| id.is_number()) {
                *id = number.into();
            }
            fields.values_mut().for_each(|value| rewrite(value, number));
        }
        Value::Array(items) => items.iter_mut().for_each(|value| rewrite(value, number)),
        _ => {}
    }
}

async fn send(sender: &Delivery, receiver: &str, event: &'static str, body: &str) -> Tried {
    let delivery = Uuid::new_v4().to_string();
    let sent = sender.send(body.to_owned(), &delivery, Utc::now().timestamp()).await;
    let (answer, id) = match sent {
        Ok(answer) => {
            let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
            let id = body["id"].as_str().and_then(|id| id.parse().ok());
            let said =
                ["detail", "title", "error", "message"].iter().find_map(|k| body[k].as_str());
            (format!("{} {}", answer.status, said.unwrap_or_default()).trim().to_owned(), id)
        }
        Err(error) => (format!("{receiver}: {error}"), None),
    };
    let outcome = if id.is_some() { "not seen" } else { "not received" }.to_owned();
    Tried { event, answer, id, outcome, detail: None }
}

/// Asks the database until every event has an outcome or the time is up.
async fn settle(store: &Store, tried: &mut [Tried], limit: Duration) -> anyhow::Result<()> {
    let deadline = Instant::now() + limit;
    loop {
        let mut transaction = store.worker().await?;
        for one in tried.iter_mut().filter(|one| one.outcome == "not seen") {
            let Some(id) = one.id else { continue };
            if let Some(fate) = store::inspect::event(&mut transaction, id).await? {
                one.outcome = fate.outcome;
                one.detail = fate.detail;
            }
        }
        drop(transaction);
        if tried.iter().all(|one| one.outcome != "not seen") {
            return Ok(());
        }
        if Instant::now() >= deadline {
            for one in tried.iter_mut().filter(|one| one.outcome == "not seen") {
                let seconds = limit.as_secs();
                one.detail = Some(format!("within {seconds} s: does the sync-worker run?"));
            }
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn row(tried: &Tried) -> [String; 4] {
    [
        tried.event.to_owned(),
        tried.answer.clone(),
        tried.outcome.clone(),
        tried.detail.clone().unwrap_or_default(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_becomes_one_of_the_account_and_differs_each_time() {
        for (event, example) in chatwoot::examples() {
            let body = body_for(example, 977).unwrap();
            let peek = chatwoot::peek(body.as_bytes()).unwrap();
            assert_eq!((&*peek.event, peek.account_id), (*event, Some(977)));
            assert_ne!(body, body_for(example, 977).unwrap());
        }
    }
}
