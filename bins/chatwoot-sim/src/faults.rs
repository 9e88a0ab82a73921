//! What goes wrong on purpose. All off by default; seeded, so that a run can be repeated.

mod switchboard;

use std::time::Duration;

use rand::{RngExt as _, rngs::StdRng};
use serde::{Deserialize, Serialize};

pub(crate) use self::switchboard::{
    After, Before, DeliveryFate, FileFate, RequestKind, Switchboard,
};

/// Everything that can go wrong. `PUT /_sim/faults` replaces all of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// Faults on the way from here to the webhooks.
    pub webhooks: WebhookFaults,
    /// Faults in answers to REST requests.
    pub rest: RestFaults,
    /// Faults of attachments' addresses.
    pub files: FileFaults,
}

/// Faults of attachments' addresses.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FileFaults {
    /// Whether they answer 503.
    pub unavailable: bool,
    /// Where they redirect to instead of to the file.
    pub redirect_to: Option<String>,
}

/// When a fault strikes: surely at each of the next `next` chances, and after that with `probability`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rule {
    /// From 0 (never) to 1 (always).
    pub probability: f64,
    /// How many of the coming chances are surely struck; counts down.
    pub next: u32,
}

impl Rule {
    /// Strikes every time.
    pub const ALWAYS: Self = Self { probability: 1.0, next: 0 };

    /// Strikes at the next `count` chances and then rests.
    pub const fn next(count: u32) -> Self {
        Self { probability: 0.0, next: count }
    }

    /// Strikes at random, with a `probability` from 0 to 1.
    pub const fn chance(probability: f64) -> Self {
        Self { probability, next: 0 }
    }

    fn strikes(&mut self, rng: &mut StdRng) -> bool {
        if self.next > 0 {
            self.next -= 1;
            return true;
        }
        self.probability > 0.0 && rng.random_bool(self.probability.min(1.0))
    }
}

/// A time between two bounds, in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Millis {
    /// The shortest.
    pub min: u64,
    /// The longest. If it is below `min`, it counts as `min`.
    pub max: u64,
}

impl Millis {
    /// From `min` to `max` milliseconds.
    pub const fn between(min: u64, max: u64) -> Self {
        Self { min, max }
    }

    pub(crate) fn draw(self, rng: &mut StdRng) -> Duration {
        Duration::from_millis(rng.random_range(self.min..=self.max.max(self.min)))
    }
}

/// Faults of webhook deliveries.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebhookFaults {
    /// Only events of these names are struck; all if empty. `stall` applies to all events.
    pub events: Vec<String>,
    /// Time between building the body and sending it.
    pub delay_ms: Millis,
    /// The delivery never happens.
    pub drop: Rule,
    /// The same job runs twice: same delivery id, fresh timestamp and signature.
    pub duplicate: Rule,
    /// The dispatcher runs twice: a moment later there is a second delivery under another id, built
    /// from the state of then.
    pub redispatch: Rule,
    /// `changed_attributes` is null.
    pub null_changes: Rule,
    /// The signature is made with another key.
    pub bad_signature: Rule,
    /// Deliveries are held back and let go in random order.
    pub shuffle: Shuffle,
    /// Nothing is sent while this is true. When it ends, all that waits goes out in a burst.
    pub stall: bool,
}

/// Holding back and reordering.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Shuffle {
    /// How many deliveries are collected before they go out shuffled. Below 2 this is off.
    pub window: usize,
    /// Time after which an incomplete collection goes out as well, in milliseconds. 0 means 100.
    pub hold_ms: u64,
}

/// Which requests REST faults strike.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// All of the application API.
    #[default]
    Any,
    /// Only `GET`.
    Reads,
    /// All but `GET`.
    Writes,
    /// Only `POST …/messages`.
    MessageCreate,
    /// Only `POST …/webhooks`.
    WebhookCreate,
    /// Only `DELETE`.
    Deletes,
}

/// Faults of REST answers. `stored_*` strikes only writes that succeeded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RestFaults {
    /// Which requests are struck by all of the below.
    pub scope: Scope,
    /// Nothing is done while this is true. When it ends, all requests that wait go on.
    pub stall: bool,
    /// Time before anything is done.
    pub latency_ms: Millis,
    /// 429 with the text `Retry later` and nothing stored.
    pub rate_limited: Rule,
    /// 503 with a page and nothing stored.
    pub unavailable: Rule,
    /// 403 with a page, like that of a firewall in front of Chatwoot, and nothing stored.
    pub turned_away: Rule,
    /// The connection is cut and nothing stored.
    pub cut: Rule,
    /// Stored, then silence for `timeout_ms`, then the connection is cut.
    pub stored_then_timeout: Rule,
    /// Stored, then 500.
    pub stored_then_5xx: Rule,
    /// Stored, then 403 with a page: a firewall kept the answer back.
    pub stored_then_403: Rule,
    /// Stored, then 422 with `{"error"}`. Message create only.
    pub stored_then_422: Rule,
    /// Stored, then the connection is cut at once.
    pub stored_then_cut: Rule,
    /// Begun only `stored_late_ms` after the request came, and finished even if the caller has
    /// given up by then.
    pub stored_late: Rule,
    /// How much later, in milliseconds.
    pub stored_late_ms: Millis,
    /// How long the silence of `stored_then_timeout` lasts, in milliseconds.
    pub timeout_ms: u64,
    /// The webhooks of this write come late.
    pub slow_echo: Rule,
    /// How late, in milliseconds.
    pub slow_echo_ms: Millis,
    /// A message is sent again whatever its state, and its content attributes are emptied, as in older versions.
    pub old_retry: bool,
}

impl Default for RestFaults {
    fn default() -> Self {
        Self {
            scope: Scope::Any,
            stall: false,
            latency_ms: Millis::default(),
            rate_limited: Rule::default(),
            unavailable: Rule::default(),
            turned_away: Rule::default(),
            cut: Rule::default(),
            stored_then_timeout: Rule::default(),
            stored_then_5xx: Rule::default(),
            stored_then_403: Rule::default(),
            stored_then_422: Rule::default(),
            stored_then_cut: Rule::default(),
            stored_late: Rule::default(),
            stored_late_ms: Millis::between(1_000, 15_000),
            timeout_ms: 20_000,
            slow_echo: Rule::default(),
            slow_echo_ms: Millis::between(1_000, 5_000),
            old_retry: false,
        }
    }
}

/// Faults that make no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a probability must lie between 0 and 1")]
pub struct BadProbability;

impl Faults {
    /// Refuses probabilities outside 0 to 1.
    pub fn check(&self) -> Result<(), BadProbability> {
        let Self { webhooks: w, rest: r, files: _ } = self;
        let rules = [
            &w.drop,
            &w.duplicate,
            &w.redispatch,
            &w.null_changes,
            &w.bad_signature,
            &r.rate_limited,
            &r.unavailable,
            &r.turned_away,
            &r.cut,
            &r.stored_then_timeout,
            &r.stored_then_5xx,
            &r.stored_then_403,
            &r.stored_then_422,
            &r.stored_then_cut,
            &r.stored_late,
            &r.slow_echo,
        ];
        let sane = rules.into_iter().all(|rule| (0.0..=1.0).contains(&rule.probability));
        if sane { Ok(()) } else { Err(BadProbability) }
    }
}
