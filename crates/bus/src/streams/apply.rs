//! Brings the server's streams and consumers in line with their declarations.

use std::fmt;

use serde_json::{Map, Value};

use super::declaration::{self, Declaration};
use super::server;
use crate::api::{self, Action};
use crate::{Bus, BusError};

const MAX_BYTES: &str = "max_bytes";
const MAX_AGE: &str = "max_age";
const DELIVER_POLICY: &str = "deliver_policy";
const REPLICAS: &str = "num_replicas";
/// Settings that only explain something to people.
const PROSE: [&str; 2] = ["description", "metadata"];

/// How many servers of a cluster keep a copy of each stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Replicas {
    /// Leaves existing streams as they are. New ones get one copy.
    #[default]
    Keep,
    /// This many copies: 1, 3 or 5.
    Of(u8),
}

/// What [`apply`] did to a stream or consumer.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Applied {
    /// `stream INBOUND`, `consumer outbound-worker of OUTBOUND`
    pub what: String,
    /// What was done.
    pub change: Change,
    /// The differences that were found beforehand.
    pub drift: Vec<Drift>,
}

/// What had to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// It was missing.
    Created,
    /// It was different.
    Updated,
    /// It was as declared.
    Unchanged,
}

/// A difference between a declaration and what the server has.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Drift {
    /// `stream INBOUND`, `consumer outbound-worker of OUTBOUND`, `the NATS server`
    pub what: String,
    /// The setting, by its name in the JetStream API or the server's configuration. `None` if the whole stream or
    /// consumer is missing.
    pub field: Option<String>,
    /// What is declared, in JSON.
    pub wanted: String,
    /// What the server has, in JSON.
    pub found: String,
}

impl Drift {
    /// Tells an operator how to remove this difference. No command of ours changes the server's own settings.
    pub fn mend(&self) -> &'static str {
        if self.what == server::WHAT { server::MEND } else { "run `axis streams apply`" }
    }

    /// Tells an operator how to remove all these differences, without repetitions.
    pub fn mends(drift: &[Self]) -> Vec<&'static str> {
        let mut mends: Vec<_> = drift.iter().map(Self::mend).collect();
        mends.sort_unstable();
        mends.dedup();
        mends
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.field {
            None => write!(f, "{} is missing", self.what),
            Some(field) => {
                let Self { what, wanted, found, .. } = self;
                write!(f, "{what} has {field} {found} and should have {wanted}")
            }
        }
    }
}

/// Creates what is missing and updates what differs. Nothing is ever deleted.
pub async fn apply(bus: &Bus, replicas: Replicas) -> Result<Vec<Applied>, BusError> {
    let mut applied = Vec::new();
    for mut declaration in declaration::all(bus).await? {
        if declaration.consumer.is_none()
            && let Replicas::Of(count) = replicas
        {
            declaration.config.insert(REPLICAS.to_owned(), count.into());
        }
        let found = find(bus, &declaration).await?;
        let drift = differences(&declaration, found.as_ref(), replicas);
        let change = match found {
            Some(_) if drift.is_empty() => Change::Unchanged,
            Some(found) => {
                // Settings that are not declared stay as the operator set them.
                let mut config = found.clone();
                for (field, value) in changeable(&declaration, replicas)
                    .filter(|(field, value)| !agrees(field, value, found.get(field.as_str())))
                {
                    overlay(&mut config, field, value);
                }
                write(bus, &declaration, config, Action::Update).await?;
                Change::Updated
            }
            None => {
                write(bus, &declaration, declaration.config.clone(), Action::Create).await?;
                Change::Created
            }
        };
        applied.push(Applied { what: declaration.what(), change, drift });
    }
    Ok(applied)
}

/// Lists the streams and buckets that the server keeps more copies of than this.
pub async fn with_more_replicas(bus: &Bus, count: u8) -> Result<Vec<String>, BusError> {
    let mut more = Vec::new();
    for declaration in declaration::streams()? {
        let found = find(bus, &declaration).await?.unwrap_or_default();
        if found.get(REPLICAS).and_then(Value::as_u64).is_some_and(|has| has > count.into()) {
            more.push(declaration.what());
        }
    }
    Ok(more)
}

/// Lists what differs from the declarations. The number of replicas is the operator's choice and never counts
/// as a difference.
pub async fn check(bus: &Bus) -> Result<Vec<Drift>, BusError> {
    look(bus, declaration::all(bus).await?, |_| true).await
}

/// Lists what differs. A missing stream or consumer counts only if it is `required`.
async fn look(
    bus: &Bus,
    declared: Vec<Declaration>,
    required: impl Fn(&Declaration) -> bool,
) -> Result<Vec<Drift>, BusError> {
    let mut drift = Vec::new();
    for declaration in declared {
        let found = find(bus, &declaration).await?;
        if found.is_none() && !required(&declaration) {
            continue;
        }
        drift.extend(differences(&declaration, found.as_ref(), Replicas::Keep));
    }
    // Last, since the server describes itself once it is connected.
    drift.extend(server::difference(bus));
    Ok(drift)
}

impl Bus {
    /// Fails with [`BusError::Drift`], naming every difference, unless all streams are as declared and the server
    /// accepts messages of [`MAX_MESSAGE_BYTES`](crate::MAX_MESSAGE_BYTES). A consumer may be missing, since a
    /// worker that removed it to recreate it may have died in between; the next worker makes it. Descriptions may
    /// differ, as they do while one version takes the place of another.
    pub async fn require_streams(&self) -> Result<(), BusError> {
        let declared = declaration::all(self).await?;
        let required = |declaration: &Declaration| declaration.consumer.is_none();
        serious(look(self, declared, required).await?)
    }

    /// Checks the streams and buckets like [`Bus::require_streams`], but no consumers: for programs that use none.
    pub async fn require_streams_alone(&self) -> Result<(), BusError> {
        serious(look(self, declaration::streams()?, |_| true).await?)
    }
}

fn serious(mut drift: Vec<Drift>) -> Result<(), BusError> {
    drift.retain(|one| !one.field.as_deref().is_some_and(|field| PROSE.contains(&field)));
    if drift.is_empty() { Ok(()) } else { Err(BusError::Drift(drift)) }
}

async fn find(bus: &Bus, of: &Declaration) -> Result<Option<Map<String, Value>>, BusError> {
    let config = match &of.consumer {
        None => api::stream_info(bus, &of.stream).await.map(|info| info.config),
        Some(name) => api::consumer_info(bus, &of.stream, name).await.map(|info| info.config),
    };
    match config {
        Ok(config) => Ok(Some(config)),
        Err(BusError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn write(
    bus: &Bus,
    of: &Declaration,
    mut config: Map<String, Value>,
    action: Action,
) -> Result<(), BusError> {
    match &of.consumer {
        None => api::write_stream(bus, &of.stream, &config, action).await.map(drop),
        Some(name) => {
            config.insert("name".to_owned(), name.as_str().into());
            api::write_consumer(bus, &of.stream, name, &config, action).await.map(drop)
        }
    }
}

fn changeable(
    declaration: &Declaration,
    replicas: Replicas,
) -> impl Iterator<Item = (&String, &Value)> {
    let keep = replicas == Replicas::Keep;
    declaration.config.iter().filter(move |(field, _)| !(keep && field.as_str() == REPLICAS))
}

/// Sets a field. Of an object such as the metadata, to which the server adds entries, only ours are changed.
fn overlay(config: &mut Map<String, Value>, field: &str, wanted: &Value) {
    match (config.get_mut(field), wanted) {
        (Some(Value::Object(found)), Value::Object(wanted)) => {
            found.extend(wanted.iter().map(|(key, value)| (key.clone(), value.clone())));
        }
        _ => {
            config.insert(field.to_owned(), wanted.clone());
        }
    }
}

fn differences(
    declaration: &Declaration,
    found: Option<&Map<String, Value>>,
    replicas: Replicas,
) -> Vec<Drift> {
    let what = declaration.what();
    let Some(found) = found else {
        let (wanted, found) = ("present".to_owned(), "missing".to_owned());
        return vec![Drift { what, field: None, wanted, found }];
    };
    changeable(declaration, replicas)
        .filter(|(field, wanted)| !agrees(field, wanted, found.get(field.as_str())))
        .map(|(field, wanted)| Drift {
            what: what.clone(),
            field: Some(field.clone()),
            wanted: wanted.to_string(),
            found: found.get(field.as_str()).map_or_else(|| "unset".to_owned(), Value::to_string),
        })
        .collect()
}

/// Whether the server's value agrees with the declared one. The server leaves out what is false, zero or empty.
///
/// The declared `max_bytes` is a minimum: a server reserves it, so what is declared has to fit a small machine,
/// and an operator gives streams what a larger one can spare. The declared `max_age` is a minimum too:
/// otherwise an operator who keeps events for longer would lose them.
///
/// Where a consumer began does not count, since a worker that rewinds it after the stream lost its end has to
/// say where.
fn agrees(field: &str, wanted: &Value, found: Option<&Value>) -> bool {
    match (wanted, found) {
        (wanted, Some(found)) if field == MAX_BYTES => {
            found.as_i64() == Some(-1) || found.as_i64() >= wanted.as_i64()
        }
        (wanted, found) if field == MAX_AGE => {
            // Both 0 and no value mean for ever.
            let age = |value: Option<&Value>| match value.and_then(Value::as_i64) {
                None | Some(0) => i64::MAX,
                Some(nanoseconds) => nanoseconds,
            };
            age(found) >= age(Some(wanted))
        }
        (wanted, Some(found)) if field == DELIVER_POLICY => {
            wanted == found || found == "by_start_sequence"
        }
        (Value::Object(wanted), Some(Value::Object(found))) => {
            wanted.iter().all(|(key, value)| found.get(key) == Some(value))
        }
        (wanted, Some(found)) => wanted == found,
        (wanted, None) => {
            matches!(wanted, Value::Null | Value::Bool(false)) || wanted.as_i64() == Some(0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inbound() -> Declaration {
        declaration::streams().unwrap().swap_remove(0)
    }

    #[test]
    fn a_difference_is_told_in_words() {
        let mut found = inbound().config;
        found.insert("discard".into(), "old".into());
        let drift = differences(&inbound(), Some(&found), Replicas::Keep);
        let words: Vec<String> = drift.iter().map(ToString::to_string).collect();
        assert_eq!(words, [r#"stream INBOUND has discard "old" and should have "new""#]);
    }

    #[test]
    fn what_the_server_adds_or_leaves_out_is_no_difference() {
        let mut found = inbound().config;
        found.remove("deny_delete");
        found.insert("compression".into(), "none".into());
        found["metadata"].as_object_mut().unwrap().insert("_nats.level".into(), "2".into());
        assert_eq!(differences(&inbound(), Some(&found), Replicas::Keep), []);
    }

    #[test]
    fn an_operator_may_give_more_room_but_not_less() {
        let with = |bytes: i64| {
            let mut found = inbound().config;
            found.insert(MAX_BYTES.into(), bytes.into());
            differences(&inbound(), Some(&found), Replicas::Keep).len()
        };
        assert_eq!((with(1 << 40), with(-1), with(1 << 20)), (0, 0, 1));
    }

    #[test]
    fn an_operator_may_keep_events_for_longer_but_not_for_less() {
        let with = |age: Option<i64>| {
            let mut found = inbound().config;
            found.remove(MAX_AGE);
            found.extend(age.map(|age| (MAX_AGE.to_owned(), age.into())));
            differences(&inbound(), Some(&found), Replicas::Keep).len()
        };
        let (day, year) = (86_400_000_000_000, 31_536_000_000_000_000);
        assert_eq!((with(Some(year)), with(Some(0)), with(None), with(Some(day))), (0, 0, 0, 1));
    }

    #[test]
    fn replicas_count_only_where_asked_for() {
        let mut found = inbound().config;
        found.insert(REPLICAS.into(), 3.into());
        assert_eq!(differences(&inbound(), Some(&found), Replicas::Keep), []);
        assert_eq!(differences(&inbound(), Some(&found), Replicas::Of(1)).len(), 1);
    }
}
