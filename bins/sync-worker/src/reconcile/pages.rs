//! Decides which pages of a conversation's messages, and of a list of conversations, to request. Pure.

use std::collections::HashSet;

use chatwoot::Message;
use chatwoot::client::{MessagePage, MessageRange, Verbatim};

/// Pages through the messages of a conversation after a known one, a range at a time.
#[derive(Debug)]
pub(super) struct Pages {
    range: MessageRange,
    /// If set, pages go backwards, down to this message.
    back_to: Option<i64>,
    read: HashSet<i64>,
}

impl Pages {
    /// Begins after this message.
    pub(super) fn after(known: i64) -> Self {
        Self { range: MessageRange::After(known), back_to: None, read: HashSet::new() }
    }

    /// The range to request now.
    pub(super) fn range(&self) -> MessageRange {
        self.range
    }

    /// Switches to reading fewer messages at once, from the newest backwards, since a response was too large. Returns
    /// `false` if that is being done already.
    pub(super) fn turn_back(&mut self) -> bool {
        let (None, MessageRange::After(known) | MessageRange::Between { after: known, .. }) =
            (self.back_to, self.range)
        else {
            return false;
        };
        (self.range, self.back_to) = (MessageRange::Newest, Some(known));
        true
    }

    /// Takes a response. Returns the messages that were not read before, and whether there is more to request. Ranges
    /// overlap where Chatwoot may have left some out.
    pub(super) fn take(&mut self, page: MessagePage) -> (Vec<Verbatim<Message>>, bool) {
        let (ids, entries) = (page.ids(), page.entries);
        let next = match (self.back_to, self.range) {
            (Some(known), range) => range.preceding(known, ids, entries),
            // Most conversations fit into one response.
            (None, range @ MessageRange::After(_)) if range.is_whole(entries) => None,
            (None, range) => range.following(ids, entries),
        };
        self.range = next.unwrap_or(self.range);
        let mut messages = page.messages;
        messages.retain(|message| self.read.insert(message.value.id));
        (messages, next.is_some())
    }
}

/// What the pages of a list of conversations have shown so far. The list moves while it is read.
#[derive(Debug, Default)]
pub(super) struct Shown {
    conversations: HashSet<i64>,
    pages: usize,
    again: usize,
}

impl Shown {
    /// Notes a page. Returns whether the next one is worth requesting. Conversations that move up meanwhile can make
    /// every page repeat once before there is something new. A server that returns the same page over and over, like a
    /// cache that ignores the page number, would do so for ever.
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
