//! What a comparison could not decide, since its row had just been written, which says nothing of when Chatwoot's was. If
//! that was some time ago, no later sweep lists it, so the same one looks again.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chatwoot::CallError;
use chrono::Utc;

use super::ReconcileError;
use super::compare::SKEW;
use super::session::{Depth, Lately, Session};

/// How often a sweep looks again at most. What is written that often is compared with what webhooks bring.
const LOOKS: usize = 3;
/// The most conversations that it looks at again each time.
const MOST: usize = 200;

/// Conversations that differ, or of which a contact or a message does, and messages that were asked for by their numbers.
#[derive(Debug, Default)]
pub(super) struct Unsettled(Mutex<Noted>);

#[derive(Debug, Default)]
struct Noted {
    conversations: BTreeSet<i64>,
    numbered: BTreeSet<i64>,
}

impl Unsettled {
    pub(super) fn note(&self, display_id: i64) {
        let mut noted = self.noted();
        if noted.conversations.len() < MOST {
            noted.conversations.insert(display_id);
        }
    }

    pub(super) fn note_numbered(&self, message: i64) {
        self.noted().numbered.insert(message);
    }

    /// Forgets conversations, and returns them.
    pub(super) fn take(&self) -> BTreeSet<i64> {
        std::mem::take(&mut self.noted().conversations)
    }

    /// Forgets messages, and returns them.
    pub(super) fn take_numbered(&self) -> BTreeSet<i64> {
        std::mem::take(&mut self.noted().numbered)
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    /// Compares the conversations that a sweep could not decide about, as soon as their rows are old enough.
    pub(super) async fn look_again(&self, lately: Lately) -> Result<(), ReconcileError> {
        for _ in 0..LOOKS {
            let unsettled = self.unsettled.take();
            if unsettled.is_empty() {
                break;
            }
            tokio::time::sleep(SKEW.to_std().unwrap_or_default()).await;
            for display_id in unsettled {
                let asked_at = Utc::now();
                match self.ask(|| self.client.conversation_verbatim(display_id)).await {
                    Ok(read) => self.compare(vec![read], asked_at, Depth::Lately(lately)).await?,
                    // The walk finds out whether it is gone for good.
                    Err(CallError::NotFound) => {}
                    Err(error) if self.lasts(&error).await => {
                        self.left_unread(format!("conversation {display_id}"), &error).await?;
                    }
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(())
    }
}
