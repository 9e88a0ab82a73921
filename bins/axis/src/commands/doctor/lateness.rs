//! How late does Chatwoot tell of what happens in it?
//!
//! Its webhooks go out from a queue of its own. What the newest message of each account says is one event's lag; a sync
//! worker's `axis_chatwoot_lag_seconds` has those of all.

use bus::Bus;
use chatwoot::Webhook;
use chrono::{DateTime, TimeDelta, Utc};
use events::{Headers, Inbound};
use store::accounts::Account;

use super::Report;
use super::accounts::{AGAIN, name};

const CHECK: &str = "lateness";
/// Of whose newest message there is to tell.
const EVENT: &str = "message_created";
/// What comes so late has waited in a queue.
const LATE: TimeDelta = TimeDelta::minutes(1);
/// What came longer ago says nothing of now.
const LATELY: TimeDelta = TimeDelta::hours(1);
const WORKERS: &str =
    "check that Chatwoot's workers keep up (Sidekiq's queue `medium`), and the clocks";

/// Looks. What it cannot find out keeps nobody from looking at the rest.
pub(super) async fn look(report: &mut Report, bus: &Bus, served: &[Account]) {
    let (mut late, mut prompt) = (false, Vec::new());
    for account in served {
        let newest = bus.newest(account.id, EVENT).await;
        let Some(newest) = report.heard(CHECK, newest, AGAIN) else { return };
        let told = newest.and_then(|(headers, body)| lag(&headers, &body));
        let lately = Utc::now() - LATELY;
        match told.filter(|(received_at, _)| *received_at >= lately) {
            Some((_, lag)) if lag >= LATE => {
                late = true;
                let (whose, seconds) = (name(account), lag.num_seconds());
                let what =
                    format!("{whose}: the newest message came {seconds} s after it was written");
                report.wrong(CHECK, what, WORKERS);
            }
            Some((_, lag)) => prompt.push(lag),
            None => {}
        }
    }
    if let Some(longest) = prompt.iter().max() {
        let (accounts, seconds) = (prompt.len(), longest.num_seconds() + 1);
        let what = format!(
            "where one came in the last hour ({accounts} accounts), the newest message came within \
             {seconds} s"
        );
        report.good(CHECK, what);
    } else if !late {
        report.notice(CHECK, "no message came in the last hour, so nothing shows it".to_owned());
    }
}

/// When a message came, and how long after it was written; none if this is a copy, which came a second time. The
/// clocks may be apart.
fn lag(headers: &Headers, body: &[u8]) -> Option<(DateTime<Utc>, TimeDelta)> {
    let Inbound { id, received_at, .. } = Inbound::read(headers).ok()?;
    if headers.read(events::MESSAGE_ID) != Ok(id) {
        return None;
    }
    let Webhook::MessageCreated(event) = chatwoot::decode(body).ok()? else { return None };
    let lag = received_at - event.message.created_at?;
    Some((received_at, lag.max(TimeDelta::zero())))
}
