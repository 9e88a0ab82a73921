//! Which ranges of a conversation's messages to ask for, one after the other, if some answers are too large. Pure.

use std::collections::HashSet;

use super::{MessagePage, MessageRange, Verbatim};
use crate::model::Message;

/// After halving a range so often in a row without reading a message, the rest is left out. Fewer lead to any message of
/// a trillion.
const HALVINGS: u32 = 40;

/// Pages through the messages of a conversation after a known one, a range at a time.
#[derive(Debug)]
pub struct Pages {
    range: MessageRange,
    way: Way,
    /// Whether a short response is followed by one more request.
    to_the_end: bool,
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
    /// Begins after the message `known`. `newest` is the number of the newest one, if it is known.
    pub fn after(known: i64, newest: Option<i64>) -> Self {
        let (range, way) = (MessageRange::After(known), Way::Forwards);
        Self { range, way, to_the_end: false, newest, read: HashSet::new() }
    }

    /// The same for somebody who must not miss a message: goes on until a response brings nothing new, in case some
    /// version of Chatwoot lists fewer at once, or something was written after `newest`.
    pub fn to_the_end(known: i64, newest: Option<i64>) -> Self {
        Self { to_the_end: true, ..Self::after(known, newest) }
    }

    /// The range to request now.
    pub fn range(&self) -> MessageRange {
        self.range
    }

    /// Switches to reading fewer messages at once, from the newest backwards, since a response was too large. Returns
    /// `false` if that is being done already.
    pub fn turn_back(&mut self) -> bool {
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

    /// Goes on with the lower half of what is left, since a response was too large. Returns `false` if that does not
    /// help, as with a single message.
    pub fn halve(&mut self) -> bool {
        let end = match self.range {
            MessageRange::Newest | MessageRange::After(_) => self.newest,
            MessageRange::Before(first) => Some(first - 1),
            MessageRange::Between { last, .. } => Some(last),
        };
        let (Some(last), range) = (end, self.range) else { return false };
        let (after, mut rest, halved) = match (&mut self.way, range) {
            (Way::BackTo(known), _) => (*known, Vec::new(), 0),
            (Way::Forwards, MessageRange::After(after) | MessageRange::Between { after, .. }) => {
                (after, Vec::new(), 0)
            }
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
    pub fn take(&mut self, page: MessagePage) -> (Vec<Verbatim<Message>>, bool) {
        let (ids, entries, range) = (page.ids(), page.entries, self.range);
        if let Way::InParts { halved, .. } = &mut self.way
            && entries > 0
        {
            *halved = 0;
        }
        let cut_off = matches!(self.way, Way::InParts { .. }) && !range.is_whole(entries);
        let halved = cut_off && self.halve();
        let ends = self.ends_with(entries);
        let next = match &mut self.way {
            _ if halved => Some(self.range),
            Way::BackTo(known) => range.preceding(*known, ids, entries),
            // Most conversations fit into one response.
            Way::Forwards if ends => None,
            Way::Forwards => range.following(ids, entries),
            Way::InParts { rest, .. } => match (rest.pop(), range) {
                (Some((after, last)), _) => Some(MessageRange::Between { after, last }),
                (None, MessageRange::Between { last, .. }) if self.to_the_end => {
                    self.way = Way::Forwards;
                    Some(MessageRange::After(last))
                }
                (None, _) => None,
            },
        };
        self.range = next.unwrap_or(self.range);
        let mut messages = page.messages;
        messages.retain(|message| self.read.insert(message.value.id));
        (messages, next.is_some())
    }

    /// Whether a response with this many entries is taken for the last one. Most conversations fit into one response.
    fn ends_with(&self, entries: usize) -> bool {
        let open = matches!(self.range, MessageRange::After(_));
        open && !self.to_the_end && self.range.is_whole(entries)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;
    use serde_json::json;

    use super::super::InHand;
    use super::*;

    /// The most bytes of an answer.
    const ROOM: usize = 1_000;

    /// A message: its number, its time by Chatwoot's clocks, and its bytes.
    type Sized = (i64, u32, usize);

    /// What Chatwoot answers, unless it is too large.
    fn answer(messages: &[Sized], range: MessageRange) -> Option<MessagePage> {
        let asked = match range {
            MessageRange::After(after) => after + 1..i64::MAX,
            MessageRange::Between { after, last } => after + 1..last + 1,
            MessageRange::Newest | MessageRange::Before(_) => unreachable!("it goes forwards"),
        };
        let mut found: Vec<_> = messages.iter().filter(|(id, ..)| asked.contains(id)).collect();
        found.sort_by_key(|(id, time, _)| (*time, *id));
        found.truncate(range.most());
        if found.iter().map(|(.., bytes)| bytes).sum::<usize>() > ROOM {
            return None;
        }
        let held = InHand::default().room(&Arc::from("acme")).hold();
        let read = |&&(id, ..): &&Sized| {
            Verbatim::read(json!({ "id": id }), &held, Message::from_value).unwrap()
        };
        let messages: Vec<_> = found.iter().map(read).collect();
        Some(MessagePage { entries: messages.len(), messages })
    }

    /// The numbers that are read to the end, and how many answers that took. `None` if one message is too large.
    fn read(messages: &[Sized], known: i64, newest: i64) -> (Option<Vec<i64>>, usize) {
        let (mut seen, mut answers) = (Vec::new(), 0);
        let mut pages = Pages::to_the_end(known, Some(newest));
        loop {
            answers += 1;
            assert!(answers < 5_000, "{pages:?}");
            let Some(page) = answer(messages, pages.range()) else {
                if pages.halve() {
                    continue;
                }
                return (None, answers);
            };
            let (listed, more) = pages.take(page);
            seen.extend(listed.iter().map(|message| message.value.id));
            if !more {
                seen.sort_unstable();
                return (Some(seen), answers);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn all_is_read_to_the_end_however_large_it_is(
            gaps in proptest::collection::vec((1i64..900, 0u32..100_000, 0..=ROOM), 0..300),
            known in 0i64..3_000,
            unknown in 0usize..2,
        ) {
            let mut id = 0;
            let number = |(gap, time, bytes)| {
                id += gap;
                (id, time, bytes)
            };
            let messages: Vec<Sized> = gaps.into_iter().map(number).collect();
            let newest = messages.iter().rev().nth(unknown).map_or(0, |(id, ..)| *id);
            let (seen, _) = read(&messages, known, newest.max(known));
            let wanted = messages.iter().map(|(id, ..)| *id).filter(|&id| id > known).collect();
            prop_assert_eq!(seen, Some(wanted));
        }
    }

    #[test]
    fn what_is_too_large_takes_little_more_than_one_request_for_each_part() {
        let mails: Vec<Sized> = (1..=100).map(|id| (id, 0, ROOM / 7)).collect();
        let (seen, answers) = read(&mails, 0, 100);
        assert_eq!(seen.unwrap().len(), 100);
        assert!(answers < 40, "{answers}");
        let too_large = [(1, 0, 1), (2, 0, ROOM + 1), (3, 0, 1)];
        assert_eq!(read(&too_large, 0, 3).0, None);
    }
}
