//! Which ranges of a conversation's messages to ask for, one after the other, if some answers are too large. Pure.

use std::collections::BTreeSet;

use super::{MessagePage, MessageRange, Verbatim};
use crate::model::Message;

/// After halving a range so often in a row without reading a message, the rest is left out. Fewer lead to any message of
/// a trillion.
const HALVINGS: u32 = 40;
/// No answer has more messages. What comes beyond them is requested again, as if it had been left out.
const MOST: usize = 1_000;

/// Up to where the messages of a conversation have been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// The messages up to this number have been.
    pub after: i64,
    /// The messages from this number on have been too, if it was read from the newest backwards.
    pub before: Option<i64>,
}

/// Pages through the messages of a conversation after a known one, a range at a time.
#[derive(Debug)]
pub struct Pages {
    range: MessageRange,
    way: Way,
    /// Whether a short response is followed by one more request.
    to_the_end: bool,
    /// The number of the newest message, if it is known.
    newest: Option<i64>,
    /// What was read of the messages that may be listed once more.
    read: BTreeSet<i64>,
    answers: usize,
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
        Self::from(Place { after: known, before: None }, newest)
    }

    /// Goes on where others had got to.
    pub fn from(Place { after, before }: Place, newest: Option<i64>) -> Self {
        let (range, way) = match before {
            Some(before) => (MessageRange::Before(before), Way::BackTo(after)),
            None => (MessageRange::After(after), Way::Forwards),
        };
        let newest = newest.map(|newest| newest.min(MessageRange::HIGHEST));
        Self { range, way, to_the_end: false, newest, read: BTreeSet::new(), answers: 0 }
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

    /// How many answers were taken.
    pub fn answers(&self) -> usize {
        self.answers
    }

    /// Up to where everything has been read. With each hundred answers it has moved.
    pub fn place(&self) -> Place {
        match (&self.way, self.range) {
            (Way::BackTo(known), MessageRange::Before(before)) => {
                Place { after: *known, before: Some(before) }
            }
            (Way::BackTo(known), MessageRange::Between { last, .. }) => {
                Place { after: *known, before: Some(last + 1) }
            }
            (Way::BackTo(known), _) => Place { after: *known, before: None },
            (_, MessageRange::After(after) | MessageRange::Between { after, .. }) => {
                Place { after, before: None }
            }
            _ => Place::default(),
        }
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
    /// overlap where Chatwoot may have left some out. Messages that are not in the range are left out.
    pub fn take(&mut self, mut page: MessagePage) -> (Vec<Verbatim<Message>>, bool) {
        self.answers += 1;
        let (entries, range) = (page.entries, self.range);
        page.messages.truncate(MOST);
        page.messages.retain(|message| range.has(message.value.id));
        let ids = page.ids();
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
        self.forget_what_is_done();
        (messages, next.is_some())
    }

    /// Forgets the numbers that no further range has, of which there may be any number.
    fn forget_what_is_done(&mut self) {
        let Place { after, before } = self.place();
        self.read = self.read.split_off(&after.saturating_add(1));
        if let Some(before) = before {
            self.read.split_off(&before);
        }
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

    /// Of a conversation that never ends, whatever is asked: more than is listed at once, and always higher numbers.
    fn endless(range: MessageRange) -> MessagePage {
        let (first, entries) = match range {
            MessageRange::Newest => (i64::MAX - 5_000, 5_000),
            MessageRange::Before(before) => (before.saturating_sub(5_000), 5_000),
            MessageRange::After(after) => (after, 5_000),
            MessageRange::Between { after, .. } => (after, 999),
        };
        let held = InHand::default().room(&Arc::from("acme")).hold();
        let read = |id| Verbatim::read(json!({ "id": id }), &held, Message::from_value).unwrap();
        let ids = (0..entries).map(|number| first.saturating_add(number));
        let messages: Vec<_> = ids.map(read).collect();
        MessagePage { entries: messages.len(), messages }
    }

    #[test]
    fn what_never_ends_takes_no_more_memory_and_is_left_at_a_place_from_which_it_goes_on() {
        for backwards in [false, true] {
            let mut pages = Pages::after(7, Some(i64::MAX));
            if backwards {
                assert!(pages.turn_back());
            }
            let mut places = vec![];
            for _ in 0..3 {
                for _ in 0..100 {
                    let range = pages.range();
                    let (listed, more) = pages.take(endless(range));
                    assert!(more && listed.iter().all(|one| range.has(one.value.id)));
                    assert!(pages.read.len() <= 2 * MOST, "{}", pages.read.len());
                }
                assert_eq!(pages.answers(), 100);
                places.push(pages.place());
                pages = Pages::from(pages.place(), Some(i64::MAX));
            }
            let moves = |two: &[Place]| match two {
                [one, next] if backwards => one.after == 7 && next.before < one.before,
                [one, next] => one.before.is_none() && next.after > one.after,
                _ => false,
            };
            assert!(places.windows(2).all(moves), "{places:?}");
        }
    }

    #[test]
    fn what_is_left_and_gone_on_with_is_read_whole() {
        let mails: Vec<Sized> = (1..=2_500).map(|id| (id, 0, 0)).collect();
        let (mut pages, mut seen, mut more) = (Pages::after(0, None), Vec::new(), true);
        while more {
            if pages.answers() == 3 {
                pages = Pages::from(pages.place(), None);
            }
            let (listed, goes_on) = pages.take(answer(&mails, pages.range()).unwrap());
            seen.extend(listed.iter().map(|message| message.value.id));
            more = goes_on;
        }
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen, (1..=2_500).collect::<Vec<_>>());
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
