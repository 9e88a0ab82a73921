//! No input makes the readers panic, and both readers say the same about it.
//!
//! `CHATWOOT_FUZZ_CASES` sets how many bodies are tried (20,000 unless set).

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use std::sync::LazyLock;
use std::{env, fs};

use chatwoot::signature::TOLERANCE;
use chatwoot::{DecodeError, PeekError, Webhook, decode, peek, sign, verify};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::Config;
use serde_json::{Value, json};

struct Fixture {
    bytes: Vec<u8>,
    tree: Value,
    /// JSON pointers of every value in the tree.
    pointers: Vec<String>,
}

static FIXTURES: LazyLock<Vec<Fixture>> = LazyLock::new(|| {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/webhooks");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    let fixtures = paths.into_iter().map(|path| {
        let bytes = fs::read(path).unwrap();
        let tree = serde_json::from_slice(&bytes).unwrap_or_else(|_| json!({"event": "odd"}));
        let mut pointers = Vec::new();
        collect(&tree, String::new(), &mut pointers);
        Fixture { bytes, tree, pointers }
    });
    fixtures.collect()
});

fn collect(value: &Value, at: String, pointers: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            map.iter().for_each(|(key, value)| collect(value, format!("{at}/{key}"), pointers));
        }
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(index, value)| collect(value, format!("{at}/{index}"), pointers)),
        _ => {}
    }
    pointers.push(at);
}

#[derive(Debug, Clone)]
enum Mutation {
    Flip { at: Index, bit: u8 },
    Set { at: Index, byte: u8 },
    Truncate { at: Index },
    Remove { from: Index, length: usize },
    Repeat { from: Index, length: usize },
    Splice { fixture: Index, from: Index, length: usize, at: Index },
    Insert { at: Index, text: &'static str },
    Nest { at: Index, depth: usize, open: &'static str },
}

fn position(at: Index, bytes: &[u8]) -> usize {
    at.index(bytes.len() + 1)
}

fn part(bytes: &[u8], from: Index, length: usize) -> (usize, usize) {
    let from = position(from, bytes);
    (from, (from + length).min(bytes.len()))
}

impl Mutation {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Flip { at, bit } => {
                let at = position(*at, bytes);
                bytes.get_mut(at).into_iter().for_each(|byte| *byte ^= 1 << bit);
            }
            Self::Set { at, byte } => {
                let at = position(*at, bytes);
                bytes.get_mut(at).into_iter().for_each(|old| *old = *byte);
            }
            Self::Truncate { at } => bytes.truncate(position(*at, bytes)),
            Self::Remove { from, length } => {
                let (from, to) = part(bytes, *from, *length);
                bytes.drain(from..to);
            }
            Self::Repeat { from, length } => {
                let (from, to) = part(bytes, *from, *length);
                let copy = bytes[from..to].to_vec();
                bytes.splice(to..to, copy);
            }
            Self::Splice { fixture, from, length, at } => {
                let other = &fixture.get(&FIXTURES).bytes;
                let (from, to) = part(other, *from, *length);
                let at = position(*at, bytes);
                bytes.splice(at..at, other[from..to].iter().copied());
            }
            Self::Insert { at, text } => {
                let at = position(*at, bytes);
                bytes.splice(at..at, text.bytes());
            }
            Self::Nest { at, depth, open } => {
                // Before a comma, so that the body may stay well formed.
                let commas: Vec<_> = (0..bytes.len()).filter(|i| bytes[*i] == b',').collect();
                let at = if commas.is_empty() { 0 } else { *at.get(&commas) };
                let close = if *open == "[" { "]" } else { "}" };
                let text = format!(",\"deep\":{}1{}", open.repeat(*depth), close.repeat(*depth));
                bytes.splice(at..at, text.bytes());
            }
        }
    }
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let index = any::<Index>;
    let odd = prop::sample::select(vec![
        r"\ud800",
        r"\u0000",
        r"\udc00\ud800",
        "\0",
        "\"",
        "\\",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "1e999",
        "-",
        "null",
        "é",
        "0.1",
        r#""event":"#,
        r#","id":"#,
        r#","account":{"id":3}"#,
        r#","event":"message_created""#,
        "99999999999999999999",
        r#","conversation":{"id":8}"#,
    ]);
    prop_oneof![
        (index(), 0_u8..8).prop_map(|(at, bit)| Mutation::Flip { at, bit }),
        (index(), any::<u8>()).prop_map(|(at, byte)| Mutation::Set { at, byte }),
        index().prop_map(|at| Mutation::Truncate { at }),
        (index(), 0_usize..200).prop_map(|(from, length)| Mutation::Remove { from, length }),
        (index(), 0_usize..200).prop_map(|(from, length)| Mutation::Repeat { from, length }),
        (index(), index(), 0_usize..400, index())
            .prop_map(|(fixture, from, length, at)| Mutation::Splice { fixture, from, length, at }),
        (index(), odd).prop_map(|(at, text)| Mutation::Insert { at, text }),
        (index(), 1_usize..400, prop::sample::select(vec!["[", "{\"a\":"]))
            .prop_map(|(at, depth, open)| Mutation::Nest { at, depth, open }),
    ]
}

/// A value of any type to stand where another stood.
fn stranger() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (-5_i64..5).prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        any::<i64>().prop_map(|number| Value::from(number.to_string())),
        Just(json!([])),
        Just(json!({})),
        Just(json!([[1], "a", null, {"id": 1}])),
        Just(json!({"id": 7, "account": {"id": "1"}, "type": 5, "messages": [{"id": 1}]})),
        Just(json!("0000-01-01T00:00:00Z")),
        Just(json!("+262142-12-31T23:59:59Z")),
        Just(json!("2026-02-30 25:61:61 UTC")),
    ]
}

/// A fixture with some values swapped for values of other types, then with some bytes damaged.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let swaps = vec((any::<Index>(), stranger()), 0..4);
    (any::<Index>(), swaps, vec(mutation(), 0..4)).prop_map(|(fixture, swaps, mutations)| {
        let fixture = fixture.get(&FIXTURES);
        let mut bytes = if swaps.is_empty() {
            fixture.bytes.clone()
        } else {
            let mut tree = fixture.tree.clone();
            for (at, value) in swaps {
                // An earlier swap may have taken the place away.
                let pointer: &String = at.get(&fixture.pointers);
                if let Some(place) = tree.pointer_mut(pointer) {
                    *place = value;
                }
            }
            serde_json::to_vec(&tree).unwrap()
        };
        for mutation in mutations {
            mutation.apply(&mut bytes);
        }
        bytes
    })
}

fn cases() -> u32 {
    let set = env::var("CHATWOOT_FUZZ_CASES").ok();
    set.map_or(20_000, |cases| cases.parse().expect("CHATWOOT_FUZZ_CASES must be a number"))
}

proptest! {
    #![proptest_config(Config { cases: cases(), max_shrink_iters: 2_000, ..Config::default() })]

    #[test]
    fn any_bytes_are_read_or_refused(body in body(), header in vec(any::<u8>(), 0..80)) {
        match (peek(&body), decode(&body)) {
            (Ok(peek), Ok(webhook)) => {
                prop_assert_eq!(&*peek.event, webhook.event());
                prop_assert_eq!(peek.conversation_id, webhook.conversation_display_id());
                if !matches!(webhook, Webhook::Unknown { .. }) {
                    prop_assert_eq!(peek.account_id, webhook.account_id());
                }
            }
            (Ok(peek), Err(DecodeError::Missing { event, field })) => {
                prop_assert_eq!(&*peek.event, event);
                let id = if field == "id" { peek.object_id } else { peek.conversation_id };
                prop_assert_eq!(id, None);
            }
            // Only `decode` builds a tree, and a tree has a greatest depth.
            (_, Err(DecodeError::NotJson(_)))
            | (Err(PeekError::NotAnObject), Err(DecodeError::NotAnObject))
            | (Err(PeekError::NoEvent), Err(DecodeError::NoEvent)) => {}
            (peek, decoded) => prop_assert!(false, "{peek:?} but {decoded:?}"),
        }

        let now = 1_791_274_542;
        let secret = b"secret".as_slice();
        let refused = verify([secret], Some(&header), Some(&header), &body, now, TOLERANCE);
        prop_assert!(refused.is_err());
        let signature = sign(secret, "1791274542", &body);
        let timestamp = Some(b"1791274542".as_slice());
        let accepted = verify([secret], timestamp, Some(signature.as_bytes()), &body, now, TOLERANCE);
        prop_assert_eq!(accepted, Ok(()));
    }
}
