//! Which messages of a conversation to ask for, so that none is passed over.
//!
//! Numbers grow in the order of writing, but Chatwoot lists by the clocks of its nodes. Where these differ, a
//! list that was cut off may lack a message with a lower number than some that it has, and whoever went on after
//! its highest number would never see it. So all up to that number is read as a range, which Chatwoot cuts off only
//! if it holds a thousand; and then its lower half is.

/// Which messages of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageRange {
    /// The newest 20.
    Newest,
    /// The 20 before an id.
    Before(i64),
    /// Those after an id: the 100 of them that were written first, by Chatwoot's clocks.
    After(i64),
    /// Those after an id and up to another one, or, of more, 1,000.
    Between {
        /// What comes before them.
        after: i64,
        /// The last of them.
        last: i64,
    },
}

impl MessageRange {
    /// Most messages of one answer: one that has fewer has all of the range.
    pub fn most(self) -> usize {
        match self {
            Self::Newest | Self::Before(_) => 20,
            Self::After(_) => 100,
            Self::Between { .. } => 1_000,
        }
    }

    /// What to ask for after an answer with these ids, to have read in the end all that come after the first range's
    /// beginning. None: nothing is left. It is not left to the length of an answer to say that it was the last
    /// one, since an entry that cannot be read is not in it.
    #[must_use]
    pub fn following(self, mut ids: Vec<i64>) -> Option<Self> {
        let cut_off = ids.len() >= self.most();
        match self {
            Self::Newest | Self::Before(_) => None,
            Self::After(after) => {
                let last = ids.into_iter().max().filter(|&last| last > after)?;
                Some(if cut_off { Self::Between { after, last } } else { Self::After(last) })
            }
            Self::Between { last, .. } if !cut_off => Some(Self::After(last)),
            Self::Between { after, last } => {
                ids.sort_unstable();
                // Of a thousand ids the middle one is below the last.
                let middle = ids.get(ids.len() / 2).copied().unwrap_or(last);
                Some(Self::Between { after, last: middle.min(last - 1).max(after) })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The ids that Chatwoot answers with, of messages with their times.
    fn answer(messages: &[(i64, u32)], range: MessageRange) -> Vec<i64> {
        let asked = |id| match range {
            MessageRange::After(after) => id > after,
            MessageRange::Between { after, last } => id > after && id <= last,
            MessageRange::Newest | MessageRange::Before(_) => false,
        };
        let mut found: Vec<_> = messages.iter().filter(|(id, _)| asked(*id)).collect();
        found.sort_by_key(|(id, time)| (*time, *id));
        found.into_iter().take(range.most()).map(|(id, _)| *id).collect()
    }

    fn read_all(messages: &[(i64, u32)], after: i64) -> (Vec<i64>, usize) {
        let (mut seen, mut answers) = (Vec::new(), 0);
        let mut next = Some(MessageRange::After(after));
        while let Some(range) = next {
            assert!(answers < 1_000, "{range:?}");
            answers += 1;
            let ids = answer(messages, range);
            seen.extend(&ids);
            next = range.following(ids);
        }
        seen.sort_unstable();
        seen.dedup();
        (seen, answers)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn all_is_read_whatever_the_clocks_say(
            messages in proptest::collection::vec((1i64..9, 0u32..100_000), 0..3_000),
            after in 0i64..300,
        ) {
            let mut id = 0;
            let messages: Vec<_> = messages
                .into_iter()
                .map(|(gap, time)| {
                    id += gap;
                    (id, time)
                })
                .collect();
            let ids = messages.iter().map(|(id, _)| *id).filter(|&id| id > after);
            prop_assert_eq!(read_all(&messages, after).0, ids.collect::<Vec<_>>());
        }
    }

    #[test]
    fn one_that_a_fast_clock_moved_behind_a_hundred_others_is_read() {
        let messages: Vec<_> = (1..=150).map(|id| (id, if id == 7 { 999 } else { 0 })).collect();
        let (seen, answers) = read_all(&messages, 0);
        assert_eq!(seen, (1..=150).collect::<Vec<_>>());
        // A hundred and the range, the rest, and that there is no more.
        assert_eq!(answers, 4);
    }

    #[test]
    fn what_is_no_answer_to_the_question_is_not_asked_about_for_ever() {
        let mut range = MessageRange::Between { after: 5, last: 40 };
        for _ in 0..40 {
            range = range.following(vec![77; 1_000]).unwrap();
        }
        assert_eq!(range, MessageRange::Between { after: 5, last: 5 });
        assert_eq!(range.following(Vec::new()), Some(MessageRange::After(5)));
        assert_eq!(MessageRange::After(9).following(vec![9; 100]), None);
    }
}
