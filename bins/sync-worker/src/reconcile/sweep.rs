//! A sweep compares what changed since the last one.
//!
//! `updated_within` misses conversations of which only the last activity changed, so the list by last activity is read
//! too, as far back as the last sweep.

use std::collections::{BTreeMap, HashSet};

use chatwoot::CallError;
use chatwoot::client::{ConversationPage, ConversationQuery};
use chrono::{DateTime, TimeDelta, Utc};
use store::messages;
use store::reconciliations::Progress;

use super::ReconcileError;
use super::conversation::Why;
use super::pages::Shown;
use super::session::{Depth, Lately, Session};

/// How far sweeps overlap, besides the time that webhooks are given: a transaction may have taken long, and clocks differ,
/// by as much as receivers tolerate ([`chatwoot::signature::TOLERANCE`]). What Chatwoot dates ahead is left to its
/// webhook until that time has come.
const OVERLAP: TimeDelta = TimeDelta::minutes(5);
/// The first sweep goes back this far. The walk finds the rest.
const FIRST: TimeDelta = TimeDelta::hours(1);
/// After an absence longer than this, or of unknown length, a walk begins at once, and the sweep goes back no further.
const LONGEST: TimeDelta = TimeDelta::days(1);
/// The most pages by last activity, and the most conversations, that a sweep reads. A walk finds the rest.
const PAGES: u32 = 200;
const CONVERSATIONS: usize = 20_000;
/// The time from one walk to the next where a page of what was active cannot be read.
const PAUSE: TimeDelta = TimeDelta::hours(1);
/// For this long after a message was handed to its channel again, it is compared whatever its age.
const REDELIVERED: TimeDelta = TimeDelta::minutes(30);
/// How many messages of unknown delivery status one sweep looks up. The next sweeps look up the others.
const UNHEARD: u32 = 200;

impl Session {
    /// Compares what changed since the last sweep, and the catalogue.
    pub(super) async fn sweep(&self, progress: &mut Progress) -> Result<(), ReconcileError> {
        match self.require_administrator().await {
            // This request alone may be what Chatwoot fails at. A walk makes it too, and cannot begin without an
            // answer.
            Err(ReconcileError::Chatwoot(error @ CallError::Unknown(_)))
                if progress.swept_to.is_some() =>
            {
                let account = self.owner.account;
                tracing::warn!(
                    account.key = %account, %error,
                    "cannot check whether the token is an administrator's; it was before, and the sweep goes on"
                );
            }
            known => known?,
        }
        let started = Utc::now();
        let last = match progress.swept_to {
            None => started - FIRST,
            // A clock was ahead, so it is not known what happened since.
            Some(last) if last > started + OVERLAP => DateTime::UNIX_EPOCH,
            Some(last) => last,
        };
        if started - last > LONGEST {
            // A walk that is under way would not come back to what it has compared already.
            progress.walk.begin(started);
        }
        let since = last.max(started - LONGEST) - OVERLAP - self.grace * 2;
        // What existed before the first sweep is history, however recent it is.
        let history = if progress.swept_to.is_none() { started } else { since };
        let lately = Lately { since, history };
        let mut seen = HashSet::new();
        // A walk comes back to what it could not decide about.
        self.unsettled.take();
        self.sweep_updated(lately, &mut seen, progress).await?;
        self.sweep_active(lately, &mut seen, progress).await?;
        self.sweep_redelivered(lately, started).await?;
        self.sweep_unheard(lately, started).await?;
        self.look_again(lately).await?;
        self.follow_what_was_left_off(progress, started);
        self.catalogue().await?;
        progress.swept_to = Some(started);
        Ok(())
    }

    async fn sweep_updated(
        &self,
        lately: Lately,
        seen: &mut HashSet<i64>,
        progress: &mut Progress,
    ) -> Result<(), ReconcileError> {
        let asked_at = Utc::now();
        let updated = match self.ask(|| self.updated_since(lately.since)).await {
            Ok(page) => page.conversations,
            Err(error) => {
                // This response has no pages, and can be too large to be made or accepted. Then everything is walked.
                if !self.lasts(&error).await {
                    return Err(error.into());
                }
                let since = lately.since;
                tracing::warn!(%since, %error, "what changed cannot be listed; a walk is due");
                progress.walk.follow(asked_at);
                return Ok(());
            }
        };
        seen.extend(updated.iter().map(|one| one.value.display_id));
        self.compare(updated, asked_at, Depth::Lately(lately)).await
    }

    /// Requests what changed since then. The request says how long ago that was, so it is built anew for each try.
    async fn updated_since(&self, since: DateTime<Utc>) -> Result<ConversationPage, CallError> {
        let seconds = (Utc::now() - since).num_seconds() + 1;
        let query = ConversationQuery {
            updated_within: Some(u64::try_from(seconds).unwrap_or_default()),
            ..ConversationQuery::default()
        };
        self.client.conversations_verbatim(&query).await
    }

    async fn sweep_active(
        &self,
        lately: Lately,
        seen: &mut HashSet<i64>,
        progress: &mut Progress,
    ) -> Result<(), ReconcileError> {
        let mut shown = Shown::default();
        let began = Utc::now();
        for page in 1.. {
            if page > PAGES || seen.len() > CONVERSATIONS {
                let (account, since) = (self.owner.account, lately.since);
                tracing::warn!(
                    account.key = %account, %since,
                    "too many conversations were active for a sweep; a walk is due"
                );
                progress.walk.follow(began);
                break;
            }
            let asked_at = Utc::now();
            let query = ConversationQuery {
                page: Some(page),
                sort_by: Some("last_activity_at_desc".to_owned()),
                ..ConversationQuery::default()
            };
            let listed = match self.ask(|| self.client.conversations_verbatim(&query)).await {
                Ok(listed) => listed.conversations,
                Err(error) if self.lasts(&error).await => {
                    let account = self.owner.account;
                    tracing::warn!(
                        account.key = %account, page, %error,
                        "which conversations were active cannot be listed; a walk is due"
                    );
                    // It may be so for days, and a walk reads much.
                    if progress.walked_at.is_none_or(|at| began - at > PAUSE) {
                        progress.walk.follow(began);
                    }
                    break;
                }
                Err(error) => return Err(error.into()),
            };
            let before = |at: Option<_>| at.is_none_or(|at| at < lately.since);
            let goes_on = shown.goes_on(listed.iter().map(|one| one.value.display_id));
            let last = !goes_on
                || listed.is_empty()
                || listed.iter().any(|one| before(one.value.last_activity_at));
            let active = listed.into_iter().filter(|one| {
                !before(one.value.last_activity_at) && seen.insert(one.value.display_id)
            });
            self.compare(active.collect(), asked_at, Depth::Lately(lately)).await?;
            if last {
                break;
            }
        }
        Ok(())
    }

    /// Compares messages that were handed to their channel again. The webhook for that has no time: if something newer
    /// was written in the conversation, a second failure is dated like the first one, and shows nowhere else.
    async fn sweep_redelivered(
        &self,
        lately: Lately,
        started: DateTime<Utc>,
    ) -> Result<(), ReconcileError> {
        let since = lately.since.min(started - REDELIVERED);
        let mut transaction = self.store.worker().await?;
        let account = self.owner.account;
        let redelivered = messages::redelivered_since(&mut transaction, account, since).await?;
        store::commit(transaction).await?;
        for (display_id, number) in redelivered {
            let depth = Depth::Lately(lately);
            self.compare_numbered(display_id, &[number], (depth, Why::Missed)).await?;
        }
        Ok(())
    }

    /// Compares messages whose webhooks did not give their delivery status, as happens for all but the newest message
    /// of a conversation.
    async fn sweep_unheard(
        &self,
        lately: Lately,
        started: DateTime<Utc>,
    ) -> Result<(), ReconcileError> {
        // More recent messages are not due yet.
        let (account, before) = (self.owner.account, started - self.grace);
        let mut transaction = self.store.worker().await?;
        let unheard = messages::unheard_before(&mut transaction, account, before, UNHEARD).await?;
        store::commit(transaction).await?;
        let mut places = BTreeMap::<i64, Vec<i64>>::new();
        for (display_id, number) in unheard {
            places.entry(display_id).or_default().push(number);
        }
        for (display_id, numbers) in places {
            let depth = Depth::Lately(lately);
            self.compare_numbered(display_id, &numbers, (depth, Why::Unheard)).await?;
            let unsettled = self.unsettled.take_numbered();
            let mut numbers = numbers;
            numbers.retain(|number| !unsettled.contains(number));
            let mut transaction = self.store.worker().await?;
            messages::heard(&mut transaction, account, &numbers, before).await?;
            store::commit(transaction).await?;
        }
        Ok(())
    }
}
