//! Which messages of a conversation to ask for, so that none is missed.
//!
//! Ids grow in the order of writing, but Chatwoot lists by the clocks of its nodes. Where these differ, a list that was
//! cut off may lack a message with a lower id than some that it has, and a reader who went on after its highest id
//! would never see that message. So everything up to that id is read as a range, which Chatwoot cuts off only if it
//! holds a thousand; and then its lower half is.

/// Which messages of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageRange {
    /// The newest 20.
    Newest,
    /// The 20 before an id.
    Before(i64),
    /// The messages after an id: the 100 that were written first, by Chatwoot's clocks.
    After(i64),
    /// The messages after one id and up to another, at most 1,000 of them.
    Between {
        /// The id before the first of them.
        after: i64,
        /// The id of the last of them.
        last: i64,
    },
}

/// An id that no message has.
const END: i64 = i64::MAX;

impl MessageRange {
    /// The highest number that a message may have, so that one can be added to it.
    pub(super) const HIGHEST: i64 = END - 1;

    /// Whether a message with this number may be in the range.
    pub(super) fn has(self, number: i64) -> bool {
        match self {
            Self::Newest => (1..=Self::HIGHEST).contains(&number),
            Self::Before(before) => (1..before).contains(&number),
            Self::After(after) => after < number && number <= Self::HIGHEST,
            Self::Between { after, last } => after < number && number <= last,
        }
    }

    /// The most messages of one answer. An answer that has fewer has all of the range.
    pub fn most(self) -> usize {
        match self {
            Self::Newest | Self::Before(_) => 20,
            Self::After(_) => 100,
            Self::Between { .. } => 1_000,
        }
    }

    /// Whether an answer with this many entries, including unreadable ones, has left nothing of the range out.
    pub fn is_whole(self, entries: usize) -> bool {
        entries < self.most()
    }

    /// The range to ask for after an answer with these ids and this many entries, including unreadable ones. Asked for
    /// one after the other, these ranges cover everything after the first one's beginning. Returns `None` if nothing is
    /// left. A short answer alone does not end it, in case some version of Chatwoot lists fewer at once.
    #[must_use]
    pub fn following(self, mut ids: Vec<i64>, entries: usize) -> Option<Self> {
        let whole = self.is_whole(entries);
        match self {
            Self::Newest | Self::Before(_) => None,
            Self::After(after) => {
                let last = ids.into_iter().max().filter(|&last| last > after)?;
                Some(if whole { Self::After(last) } else { Self::Between { after, last } })
            }
            Self::Between { last, .. } if whole => Some(Self::After(last)),
            Self::Between { after, last } => {
                ids.sort_unstable();
                // Of a thousand ids the middle one is below the last.
                let middle = ids.get(ids.len() / 2).copied();
                let middle = middle.unwrap_or(after + last.saturating_sub(after) / 2);
                Some(Self::Between { after, last: middle.min(last - 1).max(after) })
            }
        }
    }

    /// As [`MessageRange::following`], going backwards from [`MessageRange::Newest`] to cover everything after `known`.
    /// Returns `None` if nothing is left, or if the answer is to another question, as a cache may give it.
    #[must_use]
    pub fn preceding(self, known: i64, mut ids: Vec<i64>, entries: usize) -> Option<Self> {
        let whole = self.is_whole(entries);
        match self {
            Self::Newest | Self::Before(_) if whole => None,
            Self::Newest => Self::from_lowest(&ids, END - 1),
            Self::Before(first) => Self::from_lowest(&ids, first - 1),
            Self::After(_) => None,
            Self::Between { after, last } => {
                ids.retain(|&id| id > after && id <= last);
                ids.sort_unstable();
                ids.dedup();
                match ids.get(ids.len().saturating_sub(1) / 2) {
                    // An answer leaves out what was written last.
                    Some(&middle) if !whole && middle < last => {
                        Some(Self::Between { after: middle, last })
                    }
                    _ => (after > known).then_some(Self::Before(after + 1)),
                }
            }
        }
    }

    /// The range in which a list of the twenty newest messages up to `last` may have gaps.
    fn from_lowest(ids: &[i64], last: i64) -> Option<Self> {
        let lowest = ids.iter().copied().min().filter(|&lowest| lowest <= last)?;
        Some(Self::Between { after: lowest - 1, last })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The ids that Chatwoot answers with, of messages with their times.
    fn answer(messages: &[(i64, u32)], range: MessageRange) -> Vec<i64> {
        let (newest, asked) = match range {
            MessageRange::After(after) => (false, after + 1..END),
            MessageRange::Between { after, last } => (false, after + 1..last + 1),
            MessageRange::Newest => (true, 0..END),
            MessageRange::Before(first) => (true, 0..first),
        };
        let mut found: Vec<_> = messages.iter().filter(|(id, _)| asked.contains(id)).collect();
        found.sort_by_key(|(id, time)| (*time, *id));
        let left_out = if newest { found.len().saturating_sub(range.most()) } else { 0 };
        found.into_iter().skip(left_out).take(range.most()).map(|(id, _)| *id).collect()
    }

    /// Every so manieth entry cannot be read.
    const UNREADABLE: i64 = 7;

    fn read(
        messages: &[(i64, u32)],
        from: MessageRange,
        next: impl Fn(MessageRange, Vec<i64>, usize) -> Option<MessageRange>,
    ) -> (Vec<i64>, usize) {
        let (mut seen, mut answers) = (Vec::new(), 0);
        let mut asked = Some(from);
        while let Some(range) = asked {
            assert!(answers < 2_000, "{range:?}");
            answers += 1;
            let mut ids = answer(messages, range);
            let entries = ids.len();
            ids.retain(|id| id % UNREADABLE != 0);
            seen.extend(&ids);
            asked = next(range, ids, entries);
        }
        seen.sort_unstable();
        seen.dedup();
        (seen, answers)
    }

    fn read_all(messages: &[(i64, u32)], after: i64) -> (Vec<i64>, usize) {
        read(messages, MessageRange::After(after), MessageRange::following)
    }

    fn read_back(messages: &[(i64, u32)], known: i64) -> (Vec<i64>, usize) {
        let next = |range: MessageRange, ids, entries| range.preceding(known, ids, entries);
        read(messages, MessageRange::Newest, next)
    }

    fn readable(messages: &[(i64, u32)], after: i64) -> Vec<i64> {
        let ids = messages.iter().map(|(id, _)| *id);
        ids.filter(|&id| id > after && id % UNREADABLE != 0).collect()
    }

    fn numbered(gaps_and_times: Vec<(i64, u32)>) -> Vec<(i64, u32)> {
        let mut id = 0;
        let number = |(gap, time)| {
            id += gap;
            (id, time)
        };
        gaps_and_times.into_iter().map(number).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn all_is_read_whatever_the_clocks_say(
            messages in proptest::collection::vec((1i64..9, 0u32..100_000), 0..3_000),
            after in 0i64..300,
        ) {
            let messages = numbered(messages);
            prop_assert_eq!(read_all(&messages, after).0, readable(&messages, after));
        }

        #[test]
        fn all_is_read_backwards_whatever_the_clocks_say(
            messages in proptest::collection::vec((1i64..9, 0u32..100_000), 0..3_000),
            known in 0i64..300,
        ) {
            let messages = numbered(messages);
            let (mut seen, _) = read_back(&messages, known);
            seen.retain(|&id| id > known);
            prop_assert_eq!(seen, readable(&messages, known));
        }
    }

    #[test]
    fn one_that_a_fast_clock_moved_behind_a_hundred_others_is_read() {
        let messages: Vec<_> = (1..=150).map(|id| (id, if id == 8 { 999 } else { 0 })).collect();
        let (seen, answers) = read_all(&messages, 0);
        assert_eq!(seen, readable(&messages, 0));
        // A hundred and the range, the rest, and that there is no more.
        assert_eq!(answers, 4);
    }

    #[test]
    fn one_that_a_slow_clock_moved_before_twenty_others_is_read_backwards() {
        let messages: Vec<_> = (1..=50).map(|id| (id, if id == 45 { 0 } else { 9 })).collect();
        let (seen, answers) = read_back(&messages, 0);
        assert_eq!(seen, readable(&messages, 0));
        // Twenty and the range, twenty and the range, and the rest.
        assert_eq!(answers, 5);
    }

    #[test]
    fn what_is_no_answer_to_the_question_is_not_asked_about_for_ever() {
        let mut range = MessageRange::Between { after: 5, last: 40 };
        for _ in 0..40 {
            range = range.following(vec![77; 1_000], 1_000).unwrap();
        }
        assert_eq!(range, MessageRange::Between { after: 5, last: 5 });
        assert_eq!(range.following(Vec::new(), 0), Some(MessageRange::After(5)));
        assert_eq!(MessageRange::After(9).following(vec![9; 100], 100), None);

        let (same, mut back) = (vec![77; 1_000], Some(MessageRange::Before(80)));
        let mut asked = 0;
        while let Some(range) = back {
            asked += 1;
            back = range.preceding(5, same.clone(), same.len());
        }
        assert!(asked < 10, "{asked}");
    }
}
