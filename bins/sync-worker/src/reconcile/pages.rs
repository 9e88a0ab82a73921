//! Which messages of a conversation to ask for next. Pure.

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
    };
    let lowest = numbers().min().filter(|&lowest| lowest > known && lowest < first);
    lowest.map(MessageRange::Before)
}
