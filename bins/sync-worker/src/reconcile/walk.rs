//! A walk compares everything, page by page, in the only order that does not change meanwhile, then what is left of very
//! long conversations, and then the contacts that no conversation has. It finds what sweeps cannot: what is gone, and what
//! changed without changing any time.

use std::collections::HashSet;
use std::time::Duration;

use chatwoot::CallError;
use chatwoot::client::{Cause, ConversationPage, ConversationQuery};
use chrono::{DateTime, Utc};
use store::reconciliations::{Progress, Walk};
use store::{contacts, conversations};

use super::ReconcileError;
use super::body::{Body, Gone};
use super::session::{Depth, Session};

/// How many rows are looked up one by one in a step, besides those of a page.
const STEP: usize = 50;
/// How many rows are read at once.
const ROWS: u32 = 50;

/// How many conversations a page has, unless the installation has been set otherwise.
const PAGE: i64 = 25;
/// How many numbers that no conversation has a step looks up.
const ABSENT: i64 = 200;
/// After so many of them in a row, none is looked for any further.
const MOST_ABSENT: i64 = 5 * ABSENT;

/// The state of a walk after a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// There is more to compare.
    Goes,
    /// The walk has ended.
    Over,
}

/// The conversations of a page.
fn numbers(page: &ConversationPage) -> HashSet<i64> {
    page.conversations.iter().map(|one| one.value.display_id).collect()
}

/// Whether a page is empty, or not all numbers from `place` to its end are on it.
fn leaves_out_some(page: &ConversationPage, place: i64) -> bool {
    let mut behind = numbers(page);
    behind.retain(|number| *number > place);
    let highest = behind.iter().copied().max();
    highest.map_or(page.conversations.is_empty(), |highest| {
        i64::try_from(behind.len()).is_ok_and(|count| count < highest - place)
    })
}

impl Session {
    /// Goes on by one page, by a part of a conversation, or by some contacts. The next walk begins `next_in` after the end
    /// of this one.
    pub(super) async fn walk(
        &self,
        progress: &mut Progress,
        next_in: Duration,
    ) -> Result<Stage, ReconcileError> {
        if !progress.walk.under_way() {
            self.require_administrator().await?;
            self.forget_unread().await?;
            self.forget_parts().await?;
        }
        if !progress.walk.contacts {
            self.walk_page(progress).await?;
            return Ok(Stage::Goes);
        }
        if self.walk_long().await? == Stage::Goes {
            return Ok(Stage::Goes);
        }
        if self.walk_contacts(&mut progress.walk).await? == Stage::Goes {
            return Ok(Stage::Goes);
        }
        let now = Utc::now();
        progress.walked_at = Some(now);
        let walk = &mut progress.walk;
        let due_at = if walk.again { now } else { now + next_in };
        *walk =
            Walk { due_at, page: 0, place: 0, absent: 0, contacts: false, again: false, ..*walk };
        Ok(Stage::Over)
    }

    /// The walk asks again for what could not be read.
    async fn forget_unread(&self) -> Result<(), ReconcileError> {
        let mut transaction = self.store.worker().await?;
        store::reconciliations::forget_unread(&mut transaction, self.owner.account).await?;
        store::commit(transaction).await?;
        Ok(())
    }

    async fn walk_page(&self, progress: &mut Progress) -> Result<(), ReconcileError> {
        let (asked_at, walk) = (Utc::now(), &mut progress.walk);
        if !walk.under_way() {
            walk.done = 0;
        }
        let page = match self.page(walk.page + 1).await {
            Err(error) if self.lasts(&error).await => return self.walk_numbers(walk, error).await,
            answer => answer?,
        };
        if walk.page > 0 && self.is_first_page(&numbers(&page), walk.place).await? {
            return self.walk_numbers(walk, CallError::Unknown(Cause::FirstPage)).await;
        }
        let page = self.what_comes_next(walk, page).await?;
        let listed = numbers(&page);
        walk.absent = 0;
        let (place, last) = (walk.place, listed.is_empty());
        let highest = listed.iter().copied().max().map_or(place, |highest| highest.max(place));
        // There is nothing beyond the last page. Conversations that began since then still exist when looked up.
        let to = if last { i64::MAX } else { highest };
        let left_out = self.left_out(place, to, &listed, asked_at).await?;
        let more = left_out.get(STEP - 1).copied();
        if more.is_none() {
            self.compare(page.conversations, asked_at, Depth::Everything).await?;
        }
        for display_id in left_out {
            self.look_up(display_id).await?;
        }
        if let Some(place) = more {
            // An inbox may be gone with everything in it. The page is read again, and compared once the rest has been
            // looked up.
            walk.place = place;
            return Ok(());
        }
        if last {
            walk.reach_contacts();
            return Ok(());
        }
        walk.page += 1;
        walk.place = highest;
        walk.total = page.all_count.or(walk.total);
        walk.done += i64::try_from(listed.len()).unwrap_or_default();
        Ok(())
    }

    /// Compares the conversations of a page that cannot be read, as when it is too large or another one comes: those with the next numbers,
    /// until there are as many as a page has. If there are none, the next step looks further for some.
    async fn walk_numbers(&self, walk: &mut Walk, error: CallError) -> Result<(), ReconcileError> {
        let page = walk.page + 1;
        if walk.absent >= MOST_ABSENT {
            // It follows one of which nothing was found either, and there is nothing else to go by.
            self.left_unread(format!("conversations from page {page} on"), &error).await?;
            walk.reach_contacts();
            return Ok(());
        }
        let account = self.owner.account;
        tracing::info!(account.key = %account, page, %error, "a page cannot be read; its conversations are read one by one");
        let most = walk.done.checked_div(i64::from(walk.page)).unwrap_or(PAGE).max(PAGE);
        let (mut found, mut absent) = (0, 0);
        while found < most && absent < ABSENT {
            let number = walk.place + walk.absent + 1;
            if self.look_up(number).await? {
                (walk.place, walk.absent) = (number, 0);
                (found, absent) = (found + 1, 0);
            } else {
                walk.absent += 1;
                absent += 1;
            }
        }
        walk.done += found;
        if found > 0 {
            walk.page = page;
        } else if walk.absent >= MOST_ABSENT {
            self.pass_over_absent(walk, &error).await?;
        }
        Ok(())
    }

    /// Goes on behind many numbers that no conversation has: with the next one that is known here, or else with the next
    /// page.
    async fn pass_over_absent(
        &self,
        walk: &mut Walk,
        error: &CallError,
    ) -> Result<(), ReconcileError> {
        let (account, after) = (self.owner.account, walk.place + walk.absent);
        let mut transaction = self.store.worker().await?;
        let known =
            conversations::mirror::known_between(&mut transaction, account, after, i64::MAX, 1);
        let known = known.await?;
        store::commit(transaction).await?;
        if let Some((display_id, _)) = known.first() {
            (walk.place, walk.absent) = (display_id - 1, 0);
            return Ok(());
        }
        walk.page += 1;
        self.left_unread(format!("conversations on page {}", walk.page), error).await
    }

    /// Returns a page, or what comes before it: where conversations were deleted behind the walk, others have moved to
    /// pages that it has had. Then it goes back to where they begin.
    async fn what_comes_next(
        &self,
        walk: &mut Walk,
        mut page: ConversationPage,
    ) -> Result<ConversationPage, ReconcileError> {
        while walk.page > 0 && leaves_out_some(&page, walk.place) {
            let mut before = match self.page(walk.page).await {
                Err(error) if self.lasts(&error).await => break,
                answer => answer?,
            };
            before.conversations.retain(|one| one.value.display_id > walk.place);
            if before.conversations.is_empty() {
                break;
            }
            walk.page -= 1;
            page = before;
        }
        Ok(page)
    }

    /// Whether a later page has nothing behind `place` and is the first page once more: then all pages would be, and the
    /// walk would never end.
    async fn is_first_page(&self, listed: &HashSet<i64>, place: i64) -> Result<bool, CallError> {
        if listed.iter().max().is_none_or(|highest| *highest > place) {
            return Ok(false);
        }
        match self.page(1).await {
            Ok(first) => Ok(numbers(&first) == *listed),
            // It may never be read, whereas all others can.
            Err(error) if self.only_this(&error).await => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn page(&self, number: u32) -> Result<ConversationPage, CallError> {
        let query = ConversationQuery {
            page: Some(number),
            sort_by: Some("created_at_asc".to_owned()),
            ..ConversationQuery::default()
        };
        self.ask(|| self.client.conversations_verbatim(&query)).await
    }

    /// Returns conversations that are known here, existed before the request and were not listed: those with the lowest
    /// numbers.
    async fn left_out(
        &self,
        after: i64,
        to: i64,
        listed: &HashSet<i64>,
        asked_at: DateTime<Utc>,
    ) -> Result<Vec<i64>, ReconcileError> {
        let (mut after, account) = (after, self.owner.account);
        let mut left_out = Vec::new();
        while left_out.len() < STEP {
            let mut transaction = self.store.worker().await?;
            let known =
                conversations::mirror::known_between(&mut transaction, account, after, to, ROWS);
            let known = known.await?;
            store::commit(transaction).await?;
            let Some((highest, _)) = known.last() else { break };
            after = *highest;
            let unlisted = known.into_iter().filter(|(display_id, created_at)| {
                !listed.contains(display_id) && *created_at <= asked_at
            });
            left_out.extend(unlisted.map(|(display_id, _)| display_id));
        }
        left_out.truncate(STEP);
        Ok(left_out)
    }

    async fn walk_contacts(&self, walk: &mut Walk) -> Result<Stage, ReconcileError> {
        let account = self.owner.account;
        let mut transaction = self.store.worker().await?;
        let lonely =
            contacts::mirror::without_conversations(&mut transaction, account, walk.place, ROWS);
        let lonely = lonely.await?;
        let rows = contacts::mirror::mirrored(&mut transaction, account, &lonely).await?;
        store::commit(transaction).await?;
        if lonely.is_empty() {
            return Ok(Stage::Over);
        }
        for number in &lonely {
            let asked_at = Utc::now();
            match self.ask(|| self.client.contact_verbatim(*number)).await {
                Ok(read) => {
                    let row = rows.get(number);
                    self.compare_contact(&read.value, read.text, 0, row, (None, asked_at)).await?;
                }
                Err(CallError::NotFound) => {
                    let at = asked_at.timestamp_micros();
                    let contact = Some(*number);
                    let gone = Gone { conversation: None, created_at: None, contact, at };
                    self.publish(&Body::Gone(gone), 1).await?;
                }
                Err(error) if self.lasts(&error).await => {
                    self.left_unread(format!("contact {number}"), &error).await?;
                }
                Err(error) => return Err(error.into()),
            }
            walk.place = *number;
        }
        Ok(Stage::Goes)
    }
}
