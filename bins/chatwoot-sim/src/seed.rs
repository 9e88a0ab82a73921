//! What every account begins with, and its tokens.

use crate::config::Options;
use crate::model::{Denied, Role, SUBSCRIPTIONS, WebhookChange, World};

/// Token of account 1's administrator.
pub const ADMIN_TOKEN: &str = "sim-admin-token";
/// Token of account 1's agent bot.
pub const BOT_TOKEN: &str = "sim-bot-token";

/// Token of an account's administrator: [`ADMIN_TOKEN`] for account 1, and otherwise that with the
/// account's number at the end.
pub fn admin_token(account: i64) -> String {
    of_account(ADMIN_TOKEN, account)
}

/// Token of an account's agent bot.
pub fn bot_token(account: i64) -> String {
    of_account(BOT_TOKEN, account)
}

/// Token of the account's `number`-th agent, 1 to 4: `sim-agent-1-token` and so on.
pub fn agent_token(account: i64, number: usize) -> String {
    of_account(&format!("sim-agent-{number}-token"), account)
}

fn of_account(token: &str, account: i64) -> String {
    if account == 1 { token.to_owned() } else { format!("{token}-{account}") }
}

const AGENTS: [&str; 4] = ["Maya Lindqvist", "Marco Ferreira", "Aiko Brandt", "Jonah Okafor"];

const INBOXES: [(&str, &str); 4] = [
    ("Website", "Channel::WebWidget"),
    ("Support mail", "Channel::Email"),
    ("WhatsApp", "Channel::Whatsapp"),
    ("App", "Channel::Api"),
];

const LABELS: [(&str, &str, &str); 6] = [
    ("billing", "Invoices, payments, refunds", "#1F93FF"),
    ("shipping", "Parcels on their way", "#26B37C"),
    ("bug", "Something is broken", "#E5484D"),
    ("vip", "Handle with care", "#A35BD6"),
    ("returns", "Goods that come back", "#F5A524"),
    ("feedback", "What people think of us", "#6E7781"),
];

const CANNED: [(&str, &str); 4] = [
    ("hello", "Hello {{contact.name}}, thanks for writing! How can I help?"),
    ("order", "Could you give me your order number, please? It starts with AX-."),
    ("refund", "Your refund is on its way. It takes three to five working days."),
    ("bye", "Glad that I could help. Have a good day!"),
];

/// Adds an account with its people, inboxes and lists.
pub(crate) fn account(world: &mut World, id: Option<i64>, name: &str) -> Result<i64, Denied> {
    let account = world.add_account(id, name)?;
    world.add_user(account, "Robin Castellan", Role::Administrator, admin_token(account));
    for (position, agent) in AGENTS.into_iter().enumerate() {
        world.add_user(account, agent, Role::Agent, agent_token(account, position + 1));
    }
    world.add_bot(account, "Helper bot", bot_token(account));
    for (name, channel) in INBOXES {
        world.add_inbox(account, name, channel);
    }
    world.add_team(account, "support", "First line")?;
    world.add_team(account, "billing", "Money matters")?;
    for (title, description, color) in LABELS {
        world.add_label(account, title, Some(description.to_owned()), color, true)?;
    }
    for (short_code, content) in CANNED {
        world.add_canned_response(account, short_code, content)?;
    }
    Ok(account)
}

/// All events but those of inboxes, which the original cannot send.
pub(crate) fn useful_subscriptions() -> Vec<String> {
    let useful = SUBSCRIPTIONS.into_iter().filter(|name| !name.starts_with("inbox_"));
    useful.map(str::to_owned).collect()
}

/// Makes the installation that the options ask for.
pub(crate) fn world(options: &Options, base_url: &str) -> Result<World, Denied> {
    let mut world = World::empty(options.seed, base_url, options.messages_per_minute);
    for id in &options.accounts {
        account(&mut world, Some(*id), &format!("Acme Outdoor {id}"))?;
    }
    if let Some(first) = options.accounts.first() {
        for url in &options.webhook_urls {
            let webhook = WebhookChange {
                url: Some(url.clone()),
                subscriptions: Some(useful_subscriptions()),
                ..WebhookChange::default()
            };
            world.add_webhook(*first, webhook)?;
        }
    }
    for id in &options.accounts {
        crate::trickle::history(&mut world, *id, options.history)?;
    }
    // The past sends no webhooks.
    world.take_events();
    Ok(world)
}
