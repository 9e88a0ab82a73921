//! How late does Chatwoot report what happens in it?
//!
//! Its webhooks go out from a queue of its own. The newest message of each account shows the lag of
//! one event; a sync worker's `axis_chatwoot_lag_seconds` has those of all.

use bus::Bus;
use chatwoot::Webhook;
use chrono::{DateTime, TimeDelta, Utc};
use events::{Headers, Inbound};
use store::accounts::Account;

use super::Report;
use super::accounts::{AGAIN, name};
use crate::commands::webhook::is_example;

const CHECK: &str = "lateness";
/// The event whose newest example is looked at.
const EVENT: &str = "message_created";
/// An event that comes this late has waited in a queue.
const LATE: TimeDelta = TimeDelta::minutes(1);
/// An event that came longer ago says nothing about now.
const LATELY: TimeDelta = TimeDelta::hours(1);
const WORKERS: &str =
    "check that Chatwoot's workers keep up (Sidekiq's queue `medium`), and the clocks";

/// Checks how late events come. If it cannot find out, the other checks go on.
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
        let what = "the newest message of none of the accounts came from Chatwoot, for the first time, \
                    and in the last hour, so nothing shows it";
        report.notice(CHECK, what.to_owned());
    }
}

/// Returns when a message came, and how long after it was written. Returns `None` for a copy, which
/// came a second time, and for an example of `axis webhook test`. The clocks may differ.
fn lag(headers: &Headers, body: &[u8]) -> Option<(DateTime<Utc>, TimeDelta)> {
    let Inbound { id, received_at, .. } = Inbound::read(headers).ok()?;
    if headers.read(events::MESSAGE_ID) != Ok(id) || is_example(body) {
        return None;
    }
    let Webhook::MessageCreated(event) = chatwoot::decode(body).ok()? else { return None };
    let lag = received_at - event.message.created_at?;
    Some((received_at, lag.max(TimeDelta::zero())))
}
