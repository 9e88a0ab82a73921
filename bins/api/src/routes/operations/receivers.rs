//! What only the receivers know: what waits in their journals, and what they refused.

use std::collections::{BTreeMap, HashMap};

use domain::AccountKey;
use events::{Refused, Report, ReportRequest, Waiting, subject};
use futures_util::{StreamExt as _, stream};

use super::accounts::Queue;
use crate::App;

/// How many questions are asked at a time. Each is about many accounts.
const AT_ONCE: usize = 8;

/// What the receivers that answered know of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    /// How many they are.
    pub(super) receivers: u64,
    /// What waits in their journals. `None` if one of them does not know that yet.
    pub(super) waiting: Option<Queue>,
    /// The webhooks that they refused lately, by reason.
    pub(super) refused: BTreeMap<String, u64>,
}

/// Returns what the receivers know of each of these accounts, or `None` if none answers.
pub(super) async fn ask(app: &App, accounts: &[AccountKey]) -> Vec<Option<Known>> {
    let some = accounts.chunks(ReportRequest::MOST).map(<[_]>::to_vec);
    let asked = stream::iter(some).map(|accounts| known(app, ReportRequest { accounts }));
    asked.buffered(AT_ONCE).flat_map(stream::iter).collect().await
}

async fn known(app: &App, request: ReportRequest) -> Vec<Option<Known>> {
    let reports = reports(app, &request).await.unwrap_or_else(|error| {
        tracing::debug!(%error, "it is not known what receivers hold");
        Vec::new()
    });
    merge(&request.accounts, reports)
}

/// Returns what each receiver answers. If one of the answers cannot be read, that is an error: what the others say is
/// not all.
async fn reports(app: &App, request: &ReportRequest) -> anyhow::Result<Vec<Report>> {
    let answers = app.bus.ask_all(subject::REPORT, serde_json::to_vec(request)?.into()).await?;
    let read = answers.iter().map(|answer| serde_json::from_slice(answer));
    Ok(read.collect::<Result<_, _>>()?)
}

/// Adds up what the receivers report of each of these accounts: `None` if there is no report.
fn merge(accounts: &[AccountKey], reports: Vec<Report>) -> Vec<Option<Known>> {
    let counted = reports.iter().all(|report| report.waiting.is_some());
    let nothing = Known {
        receivers: reports.len() as u64,
        waiting: counted.then(Queue::default),
        refused: BTreeMap::new(),
    };
    let told = accounts.iter().filter(|_| !reports.is_empty());
    let mut known: HashMap<_, _> = told.map(|account| (*account, nothing.clone())).collect();
    // Whatever a receiver says of accounts that it was not asked about is nobody's concern here.
    for report in reports {
        for Waiting { account, events, since } in report.waiting.into_iter().flatten() {
            let waiting = known.get_mut(&account).and_then(|known| known.waiting.as_mut());
            if let Some(queue) = waiting {
                *queue = queue.and(Queue { pending: events, oldest_at: Some(since) });
            }
        }
        for Refused { account, webhooks } in report.refused {
            let Some(known) = known.get_mut(&account) else { continue };
            for (reason, count) in webhooks {
                let sum = known.refused.entry(reason).or_default();
                *sum = sum.saturating_add(count);
            }
        }
    }
    accounts.iter().map(|account| known.remove(account)).collect()
}
