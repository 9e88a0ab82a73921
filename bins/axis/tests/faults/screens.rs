//! Screens: clients that follow what happens, lose their connection at random and go on where they
//! were, at whichever API process takes them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Bound::{Excluded, Included};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::Value;
use testkit::eventually;
use testkit::reqwest::{Client, Response};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::ending;
use crate::rig::Rig;

/// For each tenant.
const SCREENS: u64 = 3;
/// Milliseconds until a connection is cut from this side.
const CUT: std::ops::Range<u64> = 200..8_000;
/// The API gives a sign of life every two seconds.
const SILENCE: Duration = Duration::from_secs(7);

/// A place in the stream: its epoch, and the sequence within that.
type Place = (String, u64);
/// What was told at each place.
pub type Told = BTreeMap<Place, HashSet<String>>;

/// What one screen has seen.
#[derive(Debug, Default)]
pub struct Screen {
    /// Whose screen it is.
    pub tenant: String,
    /// The id of the last event.
    position: Option<String>,
    /// Activities that came live.
    pub heard: HashSet<String>,
    /// The live ones since the last reset, none of which may come again, and at which position.
    since_reset: HashMap<String, String>,
    /// Those that came before a reset and after it: a stream that lost its end is told again what it lost.
    pub told_again: usize,
    /// Activities that were read after a reset, and after how many resets the first time.
    pub read: HashMap<String, usize>,
    /// What came live, and where.
    pub heard_at: Vec<(Place, String)>,
    /// Where it stood, one after the other, and after how many resets.
    stood: Vec<(Place, usize)>,
    /// Told messages, by account and number, and when.
    pub messages: HashMap<(String, i64), DateTime<Utc>>,
    /// Accounts that something was told of.
    pub accounts: HashSet<String>,
    pub connections: usize,
    pub resets: usize,
    /// The resets that came because the stream had begun anew; the others, because too much had been missed, or it
    /// could not be known what.
    pub new_epochs: usize,
    pub repeated: Vec<String>,
    pub disordered: Vec<String>,
}

pub struct Screens {
    pub all: Vec<Arc<Mutex<Screen>>>,
    calm: CancellationToken,
    end: CancellationToken,
    clients: JoinSet<()>,
}

impl Screens {
    /// Opens them all, and returns once each has been told where it stands.
    pub async fn open(rig: &Rig, seed: u64) -> Self {
        let (calm, end) = (ending(), ending());
        let apis: Vec<String> = rig.named("api").map(|slot| slot.url.clone()).collect();
        let mut clients = JoinSet::new();
        let mut all = Vec::new();
        let whose = rig.tenants.iter().flat_map(|tenant| (0..SCREENS).map(move |_| tenant));
        for (number, tenant) in (0..).zip(whose) {
            let screen = Screen { tenant: tenant.name.clone(), ..Screen::default() };
            let screen = Arc::new(Mutex::new(screen));
            let client = Following {
                http: testkit::http(),
                apis: apis.clone(),
                token: tenant.token.clone(),
                dice: StdRng::seed_from_u64(seed.rotate_left(32) ^ number),
                screen: Arc::clone(&screen),
                calm: calm.clone(),
            };
            let end = end.clone();
            clients.spawn(async move {
                end.run_until_cancelled(client.follow()).await;
            });
            eventually("a screen knows where it stands", || async {
                screen.lock().unwrap().position.is_some()
            })
            .await;
            all.push(screen);
        }
        Self { all, calm, end, clients }
    }

    /// From now on no screen cuts its own connection.
    pub fn calm(&self) {
        self.calm.cancel();
    }

    pub async fn close(self) {
        self.end.cancel();
        self.clients.join_all().await;
    }
}

struct Following {
    http: Client,
    apis: Vec<String>,
    token: String,
    dice: StdRng,
    screen: Arc<Mutex<Screen>>,
    calm: CancellationToken,
}

impl Following {
    async fn follow(mut self) {
        loop {
            if let Some(stream) = self.connect().await {
                self.screen.lock().unwrap().connections += 1;
                self.listen(stream).await;
            }
            sleep(Duration::from_millis(self.dice.random_range(10..300))).await;
        }
    }

    fn api(&mut self) -> String {
        let which = self.dice.random_range(0..self.apis.len());
        format!("{}/api/v1/activity", self.apis[which])
    }

    async fn connect(&mut self) -> Option<Response> {
        let api = self.api();
        let request = self.http.get(api).bearer_auth(&self.token);
        let mut request = request.header("accept", "text/event-stream");
        if let Some(position) = &self.screen.lock().unwrap().position {
            request = request.header("last-event-id", position);
        }
        let answer = timeout(SILENCE, request.send()).await.ok()?.ok()?;
        answer.status().is_success().then_some(answer)
    }

    /// Until the connection is lost, silent, or cut; what was not read to its end is not seen.
    async fn listen(&mut self, mut stream: Response) {
        let life = Duration::from_millis(self.dice.random_range(CUT));
        let (calm, cut) = (self.calm.clone(), Instant::now() + life);
        let mut text = Vec::new();
        loop {
            let deadline = Instant::now() + SILENCE;
            let deadline = if calm.is_cancelled() { deadline } else { deadline.min(cut) };
            let Ok(Ok(Some(chunk))) = timeout_at(deadline, stream.chunk()).await else { return };
            text.extend_from_slice(&chunk);
            while let Some(end) = text.windows(2).position(|pair| pair == b"\n\n") {
                let frame: Vec<u8> = text.drain(..end + 2).collect();
                let reset = self.screen.lock().unwrap().take(&String::from_utf8(frame).unwrap());
                if reset {
                    self.read_again().await;
                }
            }
        }
    }

    /// Reads the whole timeline, as a screen must that was told that it missed something.
    async fn read_again(&mut self) {
        'again: loop {
            let mut read = HashSet::new();
            let mut cursor = None;
            loop {
                let api = self.api();
                let request = self.http.get(api).bearer_auth(&self.token);
                let mut request = request.query(&[("limit", "100")]).timeout(SILENCE);
                if let Some(cursor) = &cursor {
                    request = request.query(&[("cursor", cursor)]);
                }
                let page: Option<Value> = match request.send().await {
                    Ok(answer) if answer.status().is_success() => answer.json().await.ok(),
                    _ => None,
                };
                let Some(page) = page else {
                    sleep(Duration::from_millis(100)).await;
                    continue 'again;
                };
                let rows = page["data"].as_array().unwrap();
                read.extend(rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()));
                match page["page"]["nextCursor"].as_str() {
                    Some(next) => cursor = Some(next.to_owned()),
                    None => break,
                }
            }
            let mut screen = self.screen.lock().unwrap();
            let resets = screen.resets;
            for id in read {
                screen.read.entry(id).or_insert(resets);
            }
            return;
        }
    }
}

impl Screen {
    /// What was told between two places at which it stood one after the other, of one epoch and without a reset between
    /// them, and what it neither heard nor had read by then. A reset afterwards would show it all the same.
    pub fn passed_over(&self, told: &Told) -> Vec<String> {
        let mut passed_over = Vec::new();
        for step in self.stood.windows(2) {
            let [(from, resets), (to, as_many)] = step else { continue };
            if resets != as_many || from.0 != to.0 || from.1 >= to.1 {
                continue;
            }
            let between = told.range((Excluded(from.clone()), Included(to.clone())));
            for id in between.flat_map(|(_, ids)| ids) {
                let was_read = self.read.get(id).is_some_and(|at| at <= resets);
                if !was_read && !self.heard.contains(id) {
                    passed_over.push(format!("{id} between {} and {}", from.1, to.1));
                }
            }
        }
        passed_over
    }

    /// Takes a frame; whether it says that the state must be read again.
    fn take(&mut self, frame: &str) -> bool {
        let field = |name: &str| {
            let line = frame.lines().find_map(|line| line.strip_prefix(name));
            line.map(|value| value.trim_start().to_owned())
        };
        let Some(position) = field("id:") else { return false };
        let before = self.position.replace(position.clone());
        let kind = field("event:");
        match kind.as_deref() {
            Some("reset") => {
                self.resets += 1;
                let is_new = before.is_none_or(|before| place(&before).0 != place(&position).0);
                self.new_epochs += usize::from(is_new);
                self.since_reset.clear();
                self.stood.push((place(&position), self.resets));
                return true;
            }
            _ => self.stood.push((place(&position), self.resets)),
        }
        if matches!(kind.as_deref(), None | Some("ready")) {
            return false;
        }
        let data: Value = serde_json::from_str(&field("data:").unwrap()).unwrap();
        let (now, id) = (Utc::now(), data["id"].as_str().unwrap().to_owned());
        if before.is_some_and(|before| sequence(&before) >= sequence(&position)) {
            self.disordered.push(format!("{id} at {position}"));
        }
        let account = data["accountId"].as_str().unwrap_or_default().to_owned();
        if data["type"] == "message_created"
            && let Some(number) = data["message"]["chatwootId"].as_i64()
        {
            self.messages.entry((account.clone(), number)).or_insert(now);
        }
        self.accounts.insert(account);
        self.heard_at.push((place(&position), id.clone()));
        let known = !self.heard.insert(id.clone());
        if let Some(first) = self.since_reset.insert(id.clone(), position.clone()) {
            self.repeated.push(format!("{id} at {first} and at {position}"));
        } else if known {
            self.told_again += 1;
        }
        false
    }
}

/// The place in the stream that a position names.
fn place(position: &str) -> Place {
    let (epoch, sequence) = position.split_once(':').unwrap();
    (epoch.to_owned(), sequence.parse().unwrap())
}

fn sequence(position: &str) -> u64 {
    place(position).1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn screen(frames: &[(&str, &str)]) -> Screen {
        let mut screen = Screen::default();
        for (position, what) in frames {
            let event = match *what {
                "ready" | "reset" => format!("event: {what}\n"),
                id => format!("event: message_created\ndata: {{\"id\": \"{id}\"}}\n"),
            };
            if screen.take(&format!("id: {position}\n{event}\n")) {
                let resets = screen.resets;
                for id in ["a", "b", "c"] {
                    screen.read.entry(id.to_owned()).or_insert(resets);
                }
            }
        }
        screen
    }

    #[test]
    fn what_a_screen_passed_over_is_noticed_though_a_reset_follows() {
        let all = screen(&[("e:0", "ready"), ("e:1", "a"), ("e:2", "b"), ("e:3", "c")]);
        let mut told = Told::default();
        for (place, id) in &all.heard_at {
            told.entry(place.clone()).or_default().insert(id.clone());
        }
        let passed = |frames| screen(frames).passed_over(&told);
        let gap = [("e:0", "ready"), ("e:1", "a"), ("e:3", "c"), ("f:1", "reset")];
        assert_eq!(passed(&gap), ["b between 1 and 3"]);
        let idle = [("e:0", "ready"), ("e:1", "a"), ("e:2", "ready"), ("e:3", "c")];
        assert_eq!(passed(&idle), ["b between 1 and 2"]);
        let reset = [("e:0", "ready"), ("e:1", "a"), ("e:2", "reset"), ("e:3", "c")];
        assert_eq!(passed(&reset), [""; 0]);
        assert_eq!(all.passed_over(&told), [""; 0]);
        assert_eq!((screen(&gap).new_epochs, screen(&reset).new_epochs), (1, 0));
    }
}
