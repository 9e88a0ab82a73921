//! A life of its own: a history to begin with, and things that happen by themselves.

use std::time::Duration;

use chrono::TimeDelta;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::actors::types;
use crate::dialogues::{DIALOGUES, Dialogue, Line};
use crate::model::{
    Denied, Json, MessageType, NewContact, NewConversation, NewMessage, Person, World,
};
use crate::sim::Sim;

/// How many dialogues run at a time.
const ON_STAGE: usize = 5;

/// A dialogue in progress.
struct Play {
    account: i64,
    conversation: i64,
    dialogue: &'static Dialogue,
    agent: Person,
    next: usize,
    typing: bool,
}

/// What a step led to.
#[derive(PartialEq, Eq)]
enum Progress {
    Goes,
    Over,
}

impl Play {
    fn begin(world: &mut World, account: i64) -> Result<Self, Denied> {
        let dialogue = &DIALOGUES[world.rng.random_range(0..DIALOGUES.len())];
        let number: u32 = world.rng.random_range(10_000_000..99_999_999);
        let first = dialogue.customer.split(' ').next().unwrap_or_default().to_lowercase();
        let ascii: String = first.chars().filter(char::is_ascii_alphabetic).collect();
        let by_phone = dialogue.channel == "Channel::Whatsapp";
        let contact = NewContact {
            name: Some(dialogue.customer.to_owned()),
            email: (!by_phone).then(|| format!("{ascii}.{number}@customer.example")),
            phone_number: by_phone.then(|| format!("+1555{number}")),
            ..NewContact::default()
        };
        let contact_id = world.add_contact(account, contact)?;
        let mut inboxes = world.inboxes.values().filter(|row| row.account_id == account);
        let inbox = inboxes.find(|row| row.channel == dialogue.channel).ok_or(Denied::NotFound)?;
        let wanted = NewConversation {
            inbox_id: inbox.id,
            contact_id,
            additional_attributes: origin(dialogue),
            ..NewConversation::default()
        };
        let conversation = world.add_conversation(account, wanted)?;
        let agents = Vec::from_iter(world.agents_of(account));
        if agents.is_empty() {
            return Err(Denied::NotFound);
        }
        let agent = Person::User(agents[world.rng.random_range(0..agents.len())]);
        let mut play = Self { account, conversation, dialogue, agent, next: 0, typing: false };
        play.step(world)?;
        Ok(play)
    }

    /// Goes one step on: somebody types or says their line, or the conversation is resolved.
    fn step(&mut self, world: &mut World) -> Result<Progress, Denied> {
        let (account, conversation) = (self.account, self.conversation);
        let contact = Person::Contact(world.conversation(account, conversation)?.contact_id);
        let Some(line) = self.dialogue.lines.get(self.next) else {
            world.set_status(account, conversation, Some(self.agent), Some("resolved"), None)?;
            return Ok(Progress::Over);
        };
        let by = if matches!(line, Line::Customer(_)) { contact } else { self.agent };
        if self.next > 0 && !self.typing {
            self.typing = true;
            types(world, account, conversation, by, true, json!(false))?;
            return Ok(Progress::Goes);
        }
        if self.typing {
            self.typing = false;
            types(world, account, conversation, by, false, json!(false))?;
        }
        let (message_type, text, private) = match line {
            Line::Customer(text) => (MessageType::Incoming, text, false),
            Line::Agent(text) => (MessageType::Outgoing, text, false),
            Line::Note(text) => (MessageType::Outgoing, text, true),
        };
        let message = NewMessage {
            content: Some((*text).to_owned()),
            sender: Some(by),
            private,
            ..NewMessage::of(message_type)
        };
        world.add_message(account, conversation, message)?;
        self.next += 1;
        if self.next == 2 {
            self.sort_in(world)?;
        }
        Ok(Progress::Goes)
    }

    /// Has somebody look at it, and give it an agent, a label and a priority.
    fn sort_in(&self, world: &mut World) -> Result<(), Denied> {
        let (account, conversation, by) = (self.account, self.conversation, Some(self.agent));
        if let Person::User(agent) = self.agent {
            world.assign(account, conversation, by, Some(agent))?;
        }
        if let Some(label) = self.dialogue.label {
            world.set_labels(account, conversation, by, vec![label.to_owned()])?;
        }
        if self.dialogue.priority.is_some() {
            world.set_priority(account, conversation, by, self.dialogue.priority)?;
        }
        Ok(())
    }

    /// Whether the next line is an agent's.
    fn agents_turn(&self) -> bool {
        matches!(self.dialogue.lines.get(self.next), Some(Line::Agent(_)))
    }
}

fn origin(dialogue: &Dialogue) -> Json {
    let origin = match dialogue.channel {
        "Channel::WebWidget" => json!({
            "browser": { "browser_name": "Firefox", "platform_name": "Linux" },
            "referer": "https://shop.example/",
            "browser_language": "en",
        }),
        "Channel::Email" => json!({ "source": "email", "mail_subject": "A question" }),
        _ => json!({}),
    };
    origin.as_object().cloned().unwrap_or_default()
}

/// Adds conversations of the past days. The last of them wait for an answer.
pub(crate) fn history(world: &mut World, account: i64, count: usize) -> Result<(), Denied> {
    for back in (1..=count).rev() {
        let minutes = i64::try_from(back).unwrap_or(i64::MAX).saturating_mul(47);
        world.shift = -TimeDelta::minutes(minutes.min(60 * 24 * 365));
        let mut play = Play::begin(world, account)?;
        let unanswered = back <= count.div_ceil(3);
        while !(unanswered && play.agents_turn()) {
            let pause = world.rng.random_range(20..90);
            world.shift = (world.shift + TimeDelta::seconds(pause)).min(TimeDelta::zero());
            if play.step(world)? == Progress::Over {
                break;
            }
        }
    }
    world.shift = TimeDelta::zero();
    Ok(())
}

/// Makes something happen every now and then, if the options ask for that.
pub(crate) async fn run(sim: Sim, shutdown: CancellationToken) {
    let options = &sim.shared.options;
    let (Some(pause), Some(account)) = (options.trickle, options.accounts.first().copied()) else {
        return;
    };
    let kept = options.conversations_kept;
    let mut rng = StdRng::seed_from_u64(options.seed ^ 0x0074_7269_636b_6c65);
    let mut plays: Vec<Play> = Vec::new();
    loop {
        let pause = pause.mul_f64(rng.random_range(0.5..1.5)).max(Duration::from_millis(1));
        if shutdown.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
            return;
        }
        let happened = sim.act(|world| {
            happen(world, account, &mut plays, &mut rng)?;
            keep(world, account, kept)
        });
        if let Err(error) = happened {
            tracing::debug!(%error, "nothing happened this time");
        }
    }
}

fn happen(
    world: &mut World,
    account: i64,
    plays: &mut Vec<Play>,
    rng: &mut StdRng,
) -> Result<(), Denied> {
    if plays.is_empty() || (plays.len() < ON_STAGE && rng.random_bool(0.3)) {
        plays.push(Play::begin(world, account)?);
        return Ok(());
    }
    let chosen = rng.random_range(0..plays.len());
    let play = &mut plays[chosen];
    // Half of the questions are left to whoever sits in front of the screen.
    let left = play.agents_turn() && !play.typing && rng.random_bool(0.5);
    if left || !matches!(play.step(world), Ok(Progress::Goes)) {
        plays.swap_remove(chosen);
    }
    Ok(())
}

/// Bounds the memory: old conversations are resolved, then removed with their customer.
fn keep(world: &mut World, account: i64, kept: usize) -> Result<(), Denied> {
    let rows = &world.account(account)?.conversations;
    if rows.len() <= kept.max(1) {
        return Ok(());
    }
    let old = rows.values().find(|row| row.status == "resolved");
    let Some((id, contact)) = old.map(|row| (row.display_id, row.contact_id)) else {
        let oldest = rows.keys().next().copied().ok_or(Denied::NotFound)?;
        return world.set_status(account, oldest, None, Some("resolved"), None);
    };
    let rows = &mut world.account_mut(account)?.conversations;
    rows.remove(&id);
    if !rows.values().any(|row| row.contact_id == contact) {
        world.contacts.remove(&contact);
        world.contact_inboxes.retain(|_, row| row.contact_id != contact);
    }
    Ok(())
}
