//! Which pages of a conversation's messages, and of a list of conversations, to ask for. Pure.

use std::collections::HashSet;

use chatwoot::Message;
use chatwoot::client::{MessagePage, MessageRange, Verbatim};

/// The messages of a conversation after one that is known, a range at a time.
#[derive(Debug)]
pub(super) struct Pages {
    range: MessageRange,
    /// Backwards, down to this one.
    back_to: Option<i64>,
    read: HashSet<i64>,
}

impl Pages {
    /// Those after this one.
    pub(super) fn after(known: i64) -> Self {
        Self { range: MessageRange::After(known), back_to: None, read: HashSet::new() }
    }

    /// What to ask for now.
    pub(super) fn range(&self) -> MessageRange {
        self.range
    }

    /// Reads fewer messages at once from now on, beginning at the other end, for answers that are too large. Returns false
    /// if that is being done already.
    pub(super) fn turn_back(&mut self) -> bool {
        let (None, MessageRange::After(known) | MessageRange::Between { after: known, .. }) =
            (self.back_to, self.range)
        else {
            return false;
        };
        (self.range, self.back_to) = (MessageRange::Newest, Some(known));
        true
    }

    /// Takes an answer: the messages that no answer had before, and whether there is more to ask for. Ranges overlap
    /// where Chatwoot may have left some out.
    pub(super) fn take(&mut self, page: MessagePage) -> (Vec<Verbatim<Message>>, bool) {
        let (ids, entries) = (page.ids(), page.entries);
        let next = match (self.back_to, self.range) {
            (Some(known), range) => range.preceding(known, ids, entries),
            // Most conversations are one answer.
            (None, range @ MessageRange::After(_)) if range.is_whole(entries) => None,
            (None, range) => range.following(ids, entries),
        };
        self.range = next.unwrap_or(self.range);
        let mut messages = page.messages;
        messages.retain(|message| self.read.insert(message.value.id));
        (messages, next.is_some())
    }
}

/// What the pages of a list of conversations, which moves while it is read, have shown so far.
#[derive(Debug, Default)]
pub(super) struct Shown {
    conversations: HashSet<i64>,
    pages: usize,
    again: usize,
}

impl Shown {
    /// Takes note of a page, and returns whether the next one is worth asking for: whatever moves up meanwhile can have
    /// each page come a second time before there is something new. Who gives the same page over and over, as a cache
    /// may do that does not look at its number, would do so for ever.
    pub(super) fn goes_on(&mut self, page: impl IntoIterator<Item = i64>) -> bool {
        let before = self.conversations.len();
        self.conversations.extend(page);
        if self.conversations.len() > before {
            (self.pages, self.again) = (self.pages + 1, 0);
        } else {
            self.again += 1;
        }
        self.again <= self.pages
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_on_however_far_it_moves_and_the_same_page_is_not_read_for_ever() {
        let mut shown = Shown::default();
        for page in [10..20, 20..30, 30..40] {
            assert!(shown.goes_on(page));
        }
        // Three pages' worth moved up, and all that was read comes once more, some of what moved before it.
        for page in [5..15, 10..20, 20..30, 30..40, 40..50] {
            assert!(shown.goes_on(page));
        }
        let mut same = Shown::default();
        assert!(same.goes_on(10..20) && same.goes_on(10..20));
        assert!(!same.goes_on(10..20));
    }
}
