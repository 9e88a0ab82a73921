//! How much of `DEAD_LETTER` one tenant may take.
//!
//! Nobody may fill `DEAD_LETTER` alone: once it is half full, a tenant that holds more than a quarter of the free
//! space gets no further letter, however many accounts it has. That quarter is an eighth of the stream at first, and
//! shrinks as more tenants fill it: each leaves the next one four fifths of the free space that it found.
//!
//! When the stream is full it refuses letters. A message whose letter finds no room gets none: redelivered for ever,
//! it would block the removal of everything after it in its own stream, and so fill that one too.
//!
//! Who holds how much is counted from the letters' headers, seldom, and only while it matters.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use bytes::Bytes;
use domain::in_words;
use events::{DeadLetter, Envelope, Headers, Inbound, subject};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use tokio_util::task::AbortOnDropHandle;

use crate::streams::max_bytes;
use crate::{Bus, BusError, DeadLetters, api};

/// How long the last known size of the stream is relied on.
const LOOK: Duration = Duration::from_secs(5);
/// How long the last count of who holds how much is relied on.
const COUNT: Duration = Duration::from_mins(1);
/// How long letters wait for a count. It goes on in the background if it takes longer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many messages of which nothing is kept are named in the log in this time, so that a flood does not fill it.
const NAMES: (u32, Duration) = (100, Duration::from_mins(1));
/// What the subjects of commands begin with.
const OUTBOUND: &str = "outbound.";
/// The header in which the server gives the payload's size when it sends headers only.
const SIZE: &str = "Nats-Msg-Size";

/// Whether a message may become a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grant {
    Letter,
    /// It may not: its owner's share is used up, or there is no room. `news` is whether this has not been logged yet.
    Nothing {
        news: bool,
    },
}

/// What is known about who fills the stream.
#[derive(Default)]
pub(crate) struct Shares(Mutex<Known>);

#[derive(Default)]
struct Known {
    fill: Fill,
    looked: Option<Instant>,
    /// How many bytes each owner holds, if that is known.
    held: Option<HashMap<String, u64>>,
    counted: Option<Instant>,
    counting: Option<AbortOnDropHandle<Result<HashMap<String, u64>, BusError>>>,
    /// The owners that were logged since the last count as getting no letters.
    told: HashSet<String>,
    /// How many messages were named in the log since then.
    named: (u32, Option<Instant>),
}

/// How full the stream is, in bytes.
#[derive(Debug, Clone, Copy, Default)]
struct Fill {
    used: u64,
    /// The stream's limit; 0 if it has none.
    most: u64,
}

impl Shares {
    /// Decides which of these letters, given by owner and bytes, there is room for. If usage is not known, all are
    /// granted.
    pub(crate) async fn grant(&self, bus: &Bus, letters: &[(String, u64)]) -> Vec<Grant> {
        let mut known = self.0.lock().await;
        known.look(bus).await;
        let all = letters.iter().map(|(_, bytes)| bytes).sum();
        if known.fill.with(all).is_crowded() {
            known.count(bus).await;
        } else {
            (known.held, known.counted) = (None, None);
        }
        letters.iter().map(|(owner, bytes)| known.grant(owner, *bytes)).collect()
    }

    /// Takes back the grant of a letter that did not get into the stream after all.
    pub(crate) async fn take_back(&self, owner: &str, bytes: u64) {
        self.0.lock().await.take_back(owner, bytes);
    }

    /// Takes back the grant of a letter that the stream is too full for, although it seemed to have room.
    /// Returns whether it has not been logged yet that its owner gets none.
    pub(crate) async fn refuse(&self, owner: &str, bytes: u64) -> bool {
        let mut known = self.0.lock().await;
        known.take_back(owner, bytes);
        known.told.insert(owner.to_owned())
    }

    /// Whether one more message of which nothing is kept may be named in the log.
    pub(crate) async fn may_name(&self) -> bool {
        self.0.lock().await.may_name()
    }
}

impl Known {
    async fn look(&mut self, bus: &Bus) {
        if self.looked.is_some_and(|at| at.elapsed() < LOOK) || !bus.connected() {
            return;
        }
        self.looked = Some(Instant::now());
        match fill(bus).await {
            Ok(fill) => self.fill = fill,
            Err(error) => tracing::debug!(%error, "how full DEAD_LETTER is is not known"),
        }
    }

    async fn count(&mut self, bus: &Bus) {
        if self.counted.is_some_and(|at| at.elapsed() < COUNT) {
            return;
        }
        let patience = if self.counting.is_none() { PATIENCE } else { Duration::ZERO };
        let begin = || AbortOnDropHandle::new(tokio::spawn(held(bus.clone())));
        let counting = self.counting.get_or_insert_with(begin);
        let Ok(counted) = timeout(patience, counting).await else { return };
        self.counting = None;
        self.counted = Some(Instant::now());
        self.told.clear();
        self.held = match counted {
            Ok(Ok(held)) => Some(held),
            Ok(Err(error)) => {
                tracing::debug!(%error, "who fills DEAD_LETTER is not known");
                None
            }
            Err(error) => {
                tracing::error!(error = in_words(&error), "counting who fills DEAD_LETTER crashed");
                None
            }
        };
    }

    fn grant(&mut self, owner: &str, bytes: u64) -> Grant {
        if !self.fill.has_room_for(bytes) {
            return self.nothing(owner);
        }
        if let Some(all) = &mut self.held {
            let held = all.entry(owner.to_owned()).or_default();
            if self.fill.is_too_much(*held) {
                return self.nothing(owner);
            }
            *held += bytes;
        }
        self.fill = self.fill.with(bytes);
        Grant::Letter
    }

    fn nothing(&mut self, owner: &str) -> Grant {
        Grant::Nothing { news: self.told.insert(owner.to_owned()) }
    }

    fn may_name(&mut self) -> bool {
        let (most, time) = NAMES;
        if self.named.1.is_none_or(|since| since.elapsed() >= time) {
            self.named = (0, Some(Instant::now()));
        }
        let may = self.named.0 < most;
        self.named.0 += u32::from(may);
        may
    }

    fn take_back(&mut self, owner: &str, bytes: u64) {
        self.fill.used = self.fill.used.saturating_sub(bytes);
        if let Some(held) = self.held.as_mut().and_then(|held| held.get_mut(owner)) {
            *held = held.saturating_sub(bytes);
        }
    }
}

impl Fill {
    fn with(self, bytes: u64) -> Self {
        Self { used: self.used.saturating_add(bytes), ..self }
    }

    fn has_room_for(self, bytes: u64) -> bool {
        self.most == 0 || self.with(bytes).used <= self.most
    }

    fn is_crowded(self) -> bool {
        self.most > 0 && self.used > self.most / 2
    }

    /// Whether an owner that holds `held` bytes gets no more.
    fn is_too_much(self, held: u64) -> bool {
        self.is_crowded() && held > self.most.saturating_sub(self.used) / 4
    }
}

impl DeadLetters {
    /// Lists the owners that get no further letters because their share of the stream is used up, as `tenant <tenant>`,
    /// or as a subject without its last token if it was not said whose messages those were.
    pub async fn without_room(&self) -> Result<Vec<String>, BusError> {
        let fill = fill(&self.bus).await?;
        if !fill.is_crowded() {
            return Ok(Vec::new());
        }
        let held = held(self.bus.clone()).await?.into_iter();
        let mut without: Vec<String> =
            held.filter(|(_, bytes)| fill.is_too_much(*bytes)).map(|(owner, _)| owner).collect();
        without.sort_unstable();
        Ok(without)
    }
}

/// Who has to share: the tenant of a message with this subject and these headers, or of the letter made of it. Of what
/// names no tenant, each account or sender for itself.
pub(crate) fn owner(of: &str, headers: &Headers) -> String {
    let tenant =
        if of.starts_with(OUTBOUND) { subject::tenant(of) } else { Inbound::tenant_of(headers) };
    tenant.map_or_else(|| subject::owner(of).to_owned(), |tenant| format!("tenant {tenant}"))
}

/// Estimates how many bytes a letter takes.
pub(crate) fn size(letter: &Envelope<Bytes>) -> u64 {
    let own = letter.subject.len() + letter.message_id.len() + letter.payload.len();
    own as u64 + size_of_headers(&letter.headers)
}

fn size_of_headers(headers: &Headers) -> u64 {
    headers.iter().map(|(name, value)| (name.len() + value.len() + 4) as u64).sum()
}

async fn fill(bus: &Bus) -> Result<Fill, BusError> {
    let info = api::stream_info(bus, subject::DEAD_LETTER).await?;
    Ok(Fill { used: info.state.bytes, most: max_bytes(&info) })
}

/// How many bytes each owner holds.
async fn held(bus: Bus) -> Result<HashMap<String, u64>, BusError> {
    let all = "dead-letter.>".to_owned();
    let mut letters = bus.history_of_headers(subject::DEAD_LETTER, all, None).await?;
    let mut held = HashMap::new();
    while let Some(past) = letters.next().await? {
        let Ok(letter) = DeadLetter::read(&past.headers) else { continue };
        let payload = past.headers.read(SIZE).unwrap_or(0);
        let bytes = payload + size_of_headers(&past.headers) + past.subject.len() as u64;
        *held.entry(owner(&letter.subject, &past.headers)).or_default() += bytes;
    }
    Ok(held)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use domain::{AccountKey, EventId};
    use events::TraceParent;

    use super::*;

    fn known(used: u64) -> Known {
        let held = Some(HashMap::new());
        Known { fill: Fill { used, most: 1_000 }, held, ..Known::default() }
    }

    /// How many letters of one byte it gets.
    fn granted(known: &mut Known, owner: &str) -> u64 {
        (0..1_000).take_while(|_| known.grant(owner, 1) == Grant::Letter).count() as u64
    }

    #[test]
    fn one_alone_fills_no_more_than_half_of_it_and_is_told_of_once() {
        let mut known = known(0);
        assert_eq!(granted(&mut known, "a"), 501);
        assert_eq!(known.grant("a", 1), Grant::Nothing { news: false });
        assert_eq!(granted(&mut known, "b"), 100, "a quarter of what is left then");
        assert_eq!(known.grant("c", 8), Grant::Letter);
    }

    #[test]
    fn many_may_fill_it_and_something_is_left_for_the_next() {
        let mut known = known(500);
        for owner in 0..15 {
            granted(&mut known, &owner.to_string());
        }
        assert!(known.fill.used < 990, "{:?}", known.fill);
        assert_eq!(known.grant("next", 1), Grant::Letter);
    }

    #[test]
    fn the_accounts_of_a_tenant_share_and_leave_room_for_a_large_letter_of_another() {
        let mebi = 1 << 20;
        let fill = Fill { used: 0, most: 1 << 30 };
        let mut known = Known { fill, held: Some(HashMap::new()), ..Known::default() };
        let owner_of = |tenant: &str| {
            let inbound = Inbound {
                id: EventId::generate(),
                account: AccountKey::generate(),
                tenant: tenant.parse().unwrap(),
                event: "message_created".into(),
                received_at: DateTime::UNIX_EPOCH,
                delivery: None,
                origin: "webhook".into(),
                trace: TraceParent::generate(),
            };
            let envelope = inbound.envelope(());
            owner(&envelope.subject, &envelope.headers)
        };
        for _ in 0..20 {
            let account = owner_of("acme");
            while known.grant(&account, mebi) == Grant::Letter {}
        }
        assert!(known.fill.used < (1 << 29) + 2 * mebi, "{:?}", known.fill);
        assert_eq!(known.grant(&owner_of("other"), 8 * mebi), Grant::Letter);
        // The tenant's commands count too.
        assert_eq!(owner("outbound.acme.send", &Headers::default()), owner_of("acme"));
        assert_eq!(owner("inbound.a.odd", &Headers::default()), "inbound.a", "nobody says whose");
    }

    #[test]
    fn what_does_not_fit_gets_nothing_whoever_sent_it() {
        for held in [None, Some(HashMap::new())] {
            let mut known = Known { held, ..known(990) };
            assert_eq!(known.grant("a", 11), Grant::Nothing { news: true });
            assert_eq!(known.grant("a", 11), Grant::Nothing { news: false });
            assert_eq!(known.grant("a", 10), Grant::Letter);
        }
    }

    #[test]
    fn what_did_not_come_into_the_stream_is_not_held() {
        let mut known = known(990);
        for _ in 0..5 {
            assert_eq!(known.grant("a", 8), Grant::Letter);
            known.take_back("a", 8);
        }
    }

    #[test]
    fn while_nobody_knows_who_holds_what_everybody_gets_what_fits() {
        let mut known = Known { held: None, ..known(900) };
        assert_eq!(granted(&mut known, "a"), 100);
    }

    #[test]
    fn a_stream_without_a_bound_has_room_for_all() {
        let mut known = Known::default();
        assert_eq!(granted(&mut known, "a"), 1_000);
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_of_what_is_kept_nowhere_does_not_fill_the_log() {
        let shares = Shares::default();
        for _ in 0..2 {
            for _ in 0..100 {
                assert!(shares.may_name().await);
            }
            assert!(!shares.may_name().await);
            tokio::time::advance(Duration::from_mins(1)).await;
        }
    }
}
