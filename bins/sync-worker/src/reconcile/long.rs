//! Conversations with very many messages, which are compared in parts: a conversation that never ends keeps nobody from
//! being compared, not even the rest of its account.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use chatwoot::CallError;
use chatwoot::client::{Cause, Pages, Place};
use chrono::{DateTime, TimeDelta, Utc};
use store::reconciliations::{Long, Progress, forget_all_long, forget_long, next_long, note_long};

use super::ReconcileError;
use super::session::{Depth, Session};
use super::walk::Stage;

/// How many answers with messages of one conversation are read in a row: about 5,000 messages.
pub(super) const ANSWERS: usize = 100;
/// After so many parts, about five million messages, the rest of a conversation is left out.
const PARTS: i32 = 1_000;
/// The time from one walk to the next where sweeps find such conversations.
const PAUSE: TimeDelta = TimeDelta::hours(1);

/// Where to go on with conversations, and whether a sweep has left one off.
#[derive(Debug, Default)]
pub(super) struct Parts {
    begun: Mutex<HashMap<i64, Place>>,
    left_off: AtomicBool,
}

impl Parts {
    fn go_on_with(&self, long: Long) {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        begun.insert(long.display_id, Place { after: long.after, before: long.before });
    }

    /// The messages of a conversation that are to be compared: after the one that is known, or where the part before
    /// has ended.
    pub(super) fn pages(&self, display_id: i64, known: i64, newest: Option<i64>) -> Pages {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        match begun.remove(&display_id) {
            Some(place) => Pages::from(place, newest),
            None => Pages::after(known, newest),
        }
    }
}

impl Session {
    /// Ends a part of a conversation. The walk goes on with it later.
    pub(super) async fn end_part(
        &self,
        display_id: i64,
        Place { after, before }: Place,
        depth: Depth,
    ) -> Result<(), ReconcileError> {
        if let Depth::Lately(_) = depth {
            self.parts.left_off.store(true, Ordering::Relaxed);
            return Ok(());
        }
        let (mut transaction, account) = (self.store.worker().await?, self.owner.account);
        note_long(&mut transaction, account, display_id, (after, before)).await?;
        store::commit(transaction).await?;
        Ok(())
    }

    /// Has a walk follow if a sweep that began then has left a conversation off.
    pub(super) fn follow_what_was_left_off(&self, progress: &mut Progress, began: DateTime<Utc>) {
        let left_off = self.parts.left_off.swap(false, Ordering::Relaxed);
        // It may be so each time, and a walk reads much.
        if left_off && progress.walked_at.is_none_or(|at| began - at > PAUSE) {
            progress.walk.follow(began);
        }
    }

    /// Goes on with a conversation by one part, if the walk has left one.
    pub(super) async fn walk_long(&self) -> Result<Stage, ReconcileError> {
        let account = self.owner.account;
        let mut transaction = self.store.worker().await?;
        let next = next_long(&mut transaction, account).await?;
        store::commit(transaction).await?;
        let Some(long) = next else { return Ok(Stage::Over) };
        if long.parts < PARTS {
            self.parts.go_on_with(long);
            self.look_up(long.display_id).await?;
        } else {
            let what = match long.before {
                None => format!("after {}", long.after),
                Some(before) => format!("after {} and before {before}", long.after),
            };
            let what = format!("messages {what} of conversation {}", long.display_id);
            self.left_unread(what, &CallError::Unknown(Cause::Endless)).await?;
        }
        let mut transaction = self.store.worker().await?;
        forget_long(&mut transaction, account, long).await?;
        store::commit(transaction).await?;
        Ok(Stage::Goes)
    }

    /// A walk begins, and comes to each conversation from its beginning.
    pub(super) async fn forget_parts(&self) -> Result<(), ReconcileError> {
        let mut transaction = self.store.worker().await?;
        forget_all_long(&mut transaction, self.owner.account).await?;
        store::commit(transaction).await?;
        Ok(())
    }
}
