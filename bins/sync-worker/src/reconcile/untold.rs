//! Messages whose rows are there though nobody was told of them. The newest message comes in passing with whatever
//! happens to its conversation, as it is by then, so no row shows that the message's own webhook was lost. The
//! timeline does: one transaction writes what a webhook describes and the line that tells of it.

use std::collections::HashSet;

use chatwoot::Message;
use chrono::TimeDelta;
use domain::{AccountKey, ActivityId};
use store::Transaction;

use super::ReconcileError;
use super::body::Found;
use super::compare::Finding;
use super::session::{Depth, Lately};
use crate::activity;

/// A telling may have the time of a message in whole seconds.
const COARSE: TimeDelta = TimeDelta::seconds(1);

/// Lines that the timeline should have of some messages, and has not.
pub(super) struct Untold {
    account: AccountKey,
    lines: HashSet<ActivityId>,
}

impl Untold {
    /// Of these messages, which have rows. Older ones are history, and their lines may have been removed since.
    pub(super) async fn of(
        transaction: &mut Transaction,
        account: AccountKey,
        messages: &[&Message],
        depth: Depth,
    ) -> Result<Self, ReconcileError> {
        let mut untold = Self { account, lines: HashSet::new() };
        let Depth::Lately(Lately { history, .. }) = depth else { return Ok(untold) };
        for message in messages {
            if message.created_at.is_some_and(|at| at >= history) {
                let deletion = untold.deletion(message);
                untold.lines.insert(activity::creation(account, message.id));
                untold.lines.extend(deletion);
            }
        }
        if untold.lines.is_empty() {
            return Ok(untold);
        }
        let lines: Vec<ActivityId> = untold.lines.iter().copied().collect();
        let told = store::activities::told(transaction, &lines, history - COARSE).await?;
        untold.lines.retain(|line| !told.contains(line));
        Ok(untold)
    }

    /// What the comparison of a message found, and what nobody was told of it. It is told as if it had no row;
    /// if only its deletion was missed, that alone is.
    pub(super) fn join(
        &self,
        message: &Message,
        compared: Option<(Finding, i64)>,
    ) -> Option<(Finding, i64)> {
        let created = self.lines.contains(&activity::creation(self.account, message.id));
        let deleted = self.deletion(message).is_some_and(|line| self.lines.contains(&line));
        if !created && !deleted {
            return compared;
        }
        let shown = || (Finding { found: Found::default(), drift: true }, 0);
        let (mut finding, delivery_over) = compared.unwrap_or_else(shown);
        finding.found.missing |= created;
        Some((finding, delivery_over))
    }

    fn deletion(&self, message: &Message) -> Option<ActivityId> {
        message.deleted().then(|| activity::deletion(self.account, message.id))
    }
}
