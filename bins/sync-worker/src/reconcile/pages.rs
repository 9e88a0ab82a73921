//! Decides which pages of a conversation's messages, and of a list of conversations, to request. Pure.

use std::collections::HashSet;

use chatwoot::Message;
use chatwoot::client::{MessagePage, MessageRange, Verbatim};

/// After halving a range so often in a row without reading a message, the rest is left out. Fewer lead to any message of
/// a trillion.
const HALVINGS: u32 = 40;

/// Pages through the messages of a conversation after a known one, a range at a time.
#[derive(Debug)]
pub(super) struct Pages {
    range: MessageRange,
    way: Way,
    /// The number of the newest message, if it is known.
    newest: Option<i64>,
    read: HashSet<i64>,
}

/// In which order the ranges are requested.
#[derive(Debug)]
enum Way {
    /// Forwards, as many messages as possible at once.
    Forwards,
    /// Twenty at once, from the newest backwards to this message.
    BackTo(i64),
    /// Parts of what was too large, each after one message and up to another.
    InParts {
        /// The parts that come after the present one.
        rest: Vec<(i64, i64)>,
        /// How often in a row a part was halved.
        halved: u32,
    },
}

impl Pages {
    /// Begins after the message `known`.
    pub(super) fn after(known: i64, newest: Option<i64>) -> Self {
        Self { range: MessageRange::After(known), way: Way::Forwards, newest, read: HashSet::new() }
    }

    /// The range to request now.
    pub(super) fn range(&self) -> MessageRange {
        self.range
    }

    /// Switches to reading fewer messages at once, from the newest backwards, since a response was too large. Returns
    /// `false` if that is being done already.
    pub(super) fn turn_back(&mut self) -> bool {
        let (
            Way::Forwards,
            MessageRange::After(known) | MessageRange::Between { after: known, .. },
        ) = (&self.way, self.range)
        else {
            return false;
        };
        (self.range, self.way) = (MessageRange::Newest, Way::BackTo(known));
        true
    }

    /// Goes on with the lower half of what is left, since even twenty messages were too large. Returns `false` if that
    /// does not help, as with a single message.
    pub(super) fn halve(&mut self) -> bool {
        let end = match self.range {
            MessageRange::Newest | MessageRange::After(_) => self.newest,
            MessageRange::Before(first) => Some(first - 1),
            MessageRange::Between { last, .. } => Some(last),
        };
        let (Some(last), range) = (end, self.range) else { return false };
        let (after, mut rest, halved) = match (&mut self.way, range) {
            (Way::BackTo(known), _) => (*known, Vec::new(), 0),
            (Way::InParts { rest, halved }, MessageRange::Between { after, .. }) => {
                (after, std::mem::take(rest), *halved)
            }
            _ => return false,
        };
        let numbers = last.saturating_sub(after);
        let goes = numbers > 1 && halved < HALVINGS;
        if goes {
            let middle = after + numbers / 2;
            rest.push((middle, last));
            self.range = MessageRange::Between { after, last: middle };
        } else if halved >= HALVINGS {
            rest.clear();
        }
        self.way = Way::InParts { rest, halved: halved + 1 };
        goes
    }

    /// Takes a response. Returns the messages that were not read before, and whether there is more to request. Ranges
    /// overlap where Chatwoot may have left some out.
    pub(super) fn take(&mut self, page: MessagePage) -> (Vec<Verbatim<Message>>, bool) {
        let (ids, entries, range) = (page.ids(), page.entries, self.range);
        if let Way::InParts { halved, .. } = &mut self.way
            && entries > 0
        {
            *halved = 0;
        }
        let cut_off = matches!(self.way, Way::InParts { .. }) && !range.is_whole(entries);
        let halved = cut_off && self.halve();
        let next = match &mut self.way {
            _ if halved => Some(self.range),
            Way::BackTo(known) => range.preceding(*known, ids, entries),
            // Most conversations fit into one response.
            Way::Forwards if matches!(range, MessageRange::After(_)) && range.is_whole(entries) => {
                None
            }
            Way::Forwards => range.following(ids, entries),
            Way::InParts { rest, .. } => {
                rest.pop().map(|(after, last)| MessageRange::Between { after, last })
            }
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
