//! `axis streams status`

use bus::StreamState;
use events::subject;
use serde_json::{Value, json};

use crate::answer::table;
use crate::{Answer, Place};

pub(crate) const STREAMS: [&str; 4] =
    [subject::INBOUND, subject::OUTBOUND, subject::ACTIVITY, subject::DEAD_LETTER];

/// Shows how much the streams hold and how far their consumers are.
pub async fn run(place: &Place) -> anyhow::Result<Answer> {
    let bus = place.bus().await?;
    let mut states = Vec::with_capacity(STREAMS.len());
    for name in STREAMS {
        states.push(bus.stream(name).await?);
    }
    let streams = table(
        ["stream", "messages", "MiB", "first", "last", "led by", "copied by"],
        &states.iter().map(stream).collect::<Vec<_>>(),
    );
    let consumers = table(
        ["consumer", "of", "behind", "in hand", "redelivered", "listening"],
        &states.iter().flat_map(consumers).collect::<Vec<_>>(),
    );
    let value: Vec<Value> = states.iter().map(value).collect();
    Answer::new(format!("{streams}\n{consumers}"), &value)
}

fn stream(state: &StreamState) -> [String; 7] {
    let tenths = state.bytes.saturating_mul(10) / (1024 * 1024);
    [
        state.name.clone(),
        state.messages.to_string(),
        format!("{}.{}", tenths / 10, tenths % 10),
        state.first_sequence.to_string(),
        state.last_sequence.to_string(),
        state.leader.clone().unwrap_or_else(|| "-".to_owned()),
        copies(state),
    ]
}

/// The followers in a cluster, and which of them are behind.
fn copies(state: &StreamState) -> String {
    let follower = |follower: &bus::Follower| {
        let behind = if follower.current { "" } else { " (behind)" };
        format!("{}{behind}", follower.name)
    };
    let all: Vec<String> = state.followers.iter().map(follower).collect();
    if all.is_empty() { "-".to_owned() } else { all.join(", ") }
}

fn consumers(state: &StreamState) -> Vec<[String; 6]> {
    let row = |consumer: &bus::ConsumerState| {
        [
            consumer.name.clone(),
            state.name.clone(),
            consumer.pending.to_string(),
            consumer.ack_pending.to_string(),
            consumer.redelivered.to_string(),
            if consumer.waiting > 0 { "yes" } else { "no" }.to_owned(),
        ]
    };
    state.consumers.iter().map(row).collect()
}

fn value(state: &StreamState) -> Value {
    let consumer = |consumer: &bus::ConsumerState| {
        json!({
            "name": consumer.name,
            "pending": consumer.pending,
            "ackPending": consumer.ack_pending,
            "redelivered": consumer.redelivered,
            "listening": consumer.waiting > 0,
        })
    };
    json!({
        "name": state.name,
        "messages": state.messages,
        "bytes": state.bytes,
        "firstSequence": state.first_sequence,
        "lastSequence": state.last_sequence,
        "created": state.created,
        "leader": state.leader,
        "followers": state.followers,
        "consumers": state.consumers.iter().map(consumer).collect::<Vec<_>>(),
    })
}
