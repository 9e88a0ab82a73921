//! Keeps a consumer's settings on the server while it is made anew.
//!
//! The server cannot change where a consumer begins, so a worker that rewinds one removes it and makes it again. If
//! the worker died in between, nobody would know where it was to begin, and everything that the stream holds would
//! be delivered again. So its new settings are stored first, in the metadata of a consumer that nobody reads: its
//! stand-in. Whoever finds a consumer missing makes it as its stand-in says.
//!
//! A stand-in that is left behind does no harm. What is made as it says is as if it had been made in time and nobody
//! had read it since. The server forgets it after a day.

use std::time::Duration;

use serde_json::{Map, Value};

use super::Durable;
use super::pull::nanos;
use crate::api::{self, Action};
use crate::{Bus, BusError};

/// What its name begins with. No lane's name does.
const PREFIX: &str = "stand-in-";
/// The name of the metadata entry.
const KEY: &str = "axis.settings";
/// How long the server keeps one.
const KEPT: Duration = Duration::from_hours(24);

/// Whether this is the name of a stand-in.
pub(crate) fn is_one(name: &str) -> bool {
    name.starts_with(PREFIX)
}

fn name_for(durable: &Durable) -> String {
    format!("{PREFIX}{}", durable.name())
}

/// Stores what the consumer is to be. Replaces what was stored before.
pub(super) async fn put(
    bus: &Bus,
    durable: &Durable,
    settings: &Map<String, Value>,
) -> Result<(), BusError> {
    remove(bus, durable).await?;
    let name = name_for(durable);
    let mut metadata = Map::new();
    metadata.insert(KEY.to_owned(), Value::Object(settings.clone()).to_string().into());
    let mut config = Map::new();
    config.insert("durable_name".to_owned(), name.clone().into());
    config.insert(
        "description".to_owned(),
        "Holds the settings of a consumer that is made anew".into(),
    );
    config.insert("deliver_policy".to_owned(), "new".into());
    config.insert("ack_policy".to_owned(), "explicit".into());
    config.insert("inactive_threshold".to_owned(), nanos(KEPT).into());
    config.insert("metadata".to_owned(), metadata.into());
    api::write_consumer(bus, durable.stream(), &name, &config, Action::Create).await?;
    Ok(())
}

/// Returns what the consumer is to be, if that is stored.
pub(super) async fn find(
    bus: &Bus,
    durable: &Durable,
) -> Result<Option<Map<String, Value>>, BusError> {
    let info = match api::consumer_info(bus, durable.stream(), &name_for(durable)).await {
        Err(BusError::NotFound { .. }) => return Ok(None),
        info => info?,
    };
    let settings = info.config.get("metadata").and_then(|all| all.get(KEY)?.as_str());
    Ok(settings.and_then(|text| serde_json::from_str(text).ok()))
}

/// Removes what is stored.
pub(super) async fn remove(bus: &Bus, durable: &Durable) -> Result<(), BusError> {
    api::delete_consumer(bus, durable.stream(), &name_for(durable)).await
}
