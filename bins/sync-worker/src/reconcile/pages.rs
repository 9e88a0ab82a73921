//! Decides which pages of a list of conversations to request. Pure.

use std::collections::HashSet;

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
