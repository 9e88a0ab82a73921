//! Which page of a list to ask for next, if any. Pure.

use std::collections::HashSet;

use chatwoot::Message;
use chatwoot::client::{MessageRange, Verbatim};

/// A list of messages that is shorter was the last one.
const MESSAGES: usize = 100;

/// What to ask for after this answer: later messages, or, backwards, earlier ones down to what is
/// known. None: there is nothing more, or the answer is another question's, as a cache may give it.
pub(super) fn following(
    range: MessageRange,
    known: i64,
    listed: &[Verbatim<Message>],
) -> Option<MessageRange> {
    let numbers = || listed.iter().map(|one| one.value.id);
    let first = match range {
        MessageRange::After(last) => {
            let highest = numbers().max().filter(|&highest| highest > last);
            return highest.filter(|_| listed.len() >= MESSAGES).map(MessageRange::After);
        }
        MessageRange::Newest => i64::MAX,
        MessageRange::Before(first) => first,
        // Nobody asks for that here.
        MessageRange::Between { .. } => return None,
    };
    let lowest = numbers().min().filter(|&lowest| lowest > known && lowest < first);
    lowest.map(MessageRange::Before)
}

/// What the pages of a list of conversations, which moves while it is read, have shown so far.
#[derive(Debug, Default)]
pub(super) struct Shown {
    conversations: HashSet<i64>,
    pages: usize,
    again: usize,
}

impl Shown {
    /// Takes note of a page, and says whether the next one is worth asking for: whatever moves up meanwhile can have
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
