//! `axis webhook check`

use std::fmt::Write as _;

use accounts::{AccountError, Accounts, Checked, ClientError, Config, Trouble};
use clap::Args;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use serde::Serialize;
use store::accounts::Account;

use crate::answer::in_line;
use crate::{Answer, Place};

/// What to do if the key opens nothing.
pub(crate) const KEY: &str = "set AXIS_SECRET_KEY to what the programs use";

/// How many accounts are checked at a time; each holds a connection to the database for a moment.
const AT_ONCE: usize = 8;

/// Whose webhooks, and where they should lead.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Only this account: its key, or its number in Chatwoot. If unset, all that are served
    #[arg(long, value_name = "KEY or NUMBER")]
    account: Option<String>,

    /// Scheme and host under which Chatwoot reaches the receiver, `https://axis.example.com`. If
    /// unset, any host counts as right
    #[arg(long, env = "AXIS_PUBLIC_URL", value_name = "URL", value_parser = Config::receiver)]
    public_url: Option<String>,
}

/// The state of an account's webhook.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Found {
    account: String,
    pub(crate) chatwoot_url: String,
    pub(crate) chatwoot_account_id: i64,
    /// As Chatwoot has it. `None` if Chatwoot does not say.
    webhook: Option<Checked>,
    /// Whether nothing keeps events away.
    pub(crate) good: bool,
    pub(crate) wrong: Vec<Wrong>,
}

/// What is wrong, and how to mend it.
#[derive(Debug, Serialize)]
pub(crate) struct Wrong {
    pub(crate) what: String,
    pub(crate) mend: String,
}

/// Asks Chatwoot for the state of the webhooks.
pub async fn run(arguments: &Arguments, place: &Place) -> anyhow::Result<Answer> {
    let accounts = place.accounts().await?;
    let public_url = arguments.public_url.as_deref();
    let served = match &arguments.account {
        Some(wanted) => vec![accounts::find(accounts.list().await?, wanted)?],
        None => accounts.list().await?,
    };
    let all = look(&accounts, &served, public_url).await?;
    let good = all.iter().all(|found| found.good);
    let mut text = String::new();
    for found in &all {
        found.describe(&mut text)?;
    }
    if all.is_empty() {
        text.push_str("no account is served\n");
    }
    Ok(Answer::new(text, &all)?.succeeding_if(good))
}

/// Checks these accounts, a few at a time: one whose Chatwoot hangs is waited for.
pub(crate) async fn look(
    accounts: &Accounts,
    served: &[Account],
    public_url: Option<&str>,
) -> anyhow::Result<Vec<Found>> {
    let fits = accounts.fits().await?;
    let asked = served.iter().map(|account| async move {
        let checked = accounts.check(account.id, public_url).await;
        let wrong_key = !fits && matches!(checked, Err(AccountError::Seal(_)));
        Found::of(account, checked, wrong_key, public_url)
    });
    stream::iter(asked).buffered(AT_ONCE).try_collect().await
}

impl Found {
    fn of(
        account: &Account,
        checked: Result<Checked, AccountError>,
        wrong_key: bool,
        public_url: Option<&str>,
    ) -> anyhow::Result<Self> {
        let (webhook, wrong) = match checked {
            Ok(checked) => (Some(checked.clone()), wrong(account, &checked, public_url)),
            // Without the database or NATS, no other account can be checked either.
            Err(error @ (AccountError::Store(_) | AccountError::Bus(_))) => {
                return Err(error.into());
            }
            Err(error) if wrong_key => {
                (None, vec![Wrong { what: error.to_string(), mend: KEY.to_owned() }])
            }
            Err(error) => (None, vec![unknown(account, &error)]),
        };
        Ok(Self {
            account: account.id.to_string(),
            chatwoot_url: account.base_url.clone(),
            chatwoot_account_id: account.chatwoot_account_id,
            good: webhook.as_ref().is_some_and(Checked::is_good),
            webhook,
            wrong,
        })
    }

    fn describe(&self, text: &mut String) -> std::fmt::Result {
        let state = if self.good { "well" } else { "not well" };
        let (number, url) = (self.chatwoot_account_id, &self.chatwoot_url);
        writeln!(text, "account {number} of {url}: {state}")?;
        for Wrong { what, mend } in &self.wrong {
            writeln!(text, "  {}\n    {mend}", in_line(what))?;
        }
        Ok(())
    }
}

/// Lists what is wrong with a webhook as Chatwoot has it.
fn wrong(account: &Account, checked: &Checked, public_url: Option<&str>) -> Vec<Wrong> {
    let public_url = public_url.unwrap_or("https://…");
    let register =
        format!("axis webhook register --account {} --public-url {public_url}", account.id);
    let mut wrong = Vec::new();
    let mut found =
        |what: &str| wrong.push(Wrong { what: what.to_owned(), mend: register.clone() });
    if !checked.registered {
        found("it has no webhook that calls us");
        return wrong;
    }
    if !checked.placed {
        let url = checked.url.as_deref().unwrap_or_default();
        found(&format!("its webhook posts to {url}, where our receiver is not"));
    }
    if !checked.complete {
        found("its webhook does not subscribe to all events, or also to others");
    }
    if !checked.signed {
        found("its webhook is signed with a secret that is not known here, or not at all");
    }
    for url in &checked.duplicates {
        wrong.push(Wrong {
            what: format!("every event comes twice: another webhook posts to {url}"),
            mend: "remove it in Chatwoot, under Settings, Integrations, Webhooks".to_owned(),
        });
    }
    wrong
}

/// Says why Chatwoot did not tell, and how to mend that.
fn unknown(account: &Account, error: &AccountError) -> Wrong {
    let (id, url) = (account.id, &account.base_url);
    let again = |when: &str| format!("axis webhook check --account {id}   # again, {when}");
    let mend = match error {
        AccountError::Trouble(
            Trouble::Token(_)
            | Trouble::NoAdministrator(_)
            | Trouble::NoMember(_)
            | Trouble::NoUser,
        )
        | AccountError::Client(ClientError::Token)
        | AccountError::Seal(_) => {
            // On the command line, others on this machine would see the token.
            format!(
                "axis accounts rotate --account {id}   # with CHATWOOT_API_TOKEN set to a good one"
            )
        }
        AccountError::Client(ClientError::Address | ClientError::Private) => format!(
            "axis accounts add --tenant {} --chatwoot-url {url} --chatwoot-account-id {}   # with \
             CHATWOOT_API_TOKEN set",
            account.tenant, account.chatwoot_account_id
        ),
        // Something else may answer there for a while, and disconnecting cannot be undone.
        AccountError::Trouble(Trouble::NoSuch(_)) => again(&format!(
            "once {url} is that Chatwoot; if the account is gone for good: axis accounts disconnect \
             --account {id}"
        )),
        AccountError::Trouble(Trouble::Unsigned | Trouble::NoPublicUrl | Trouble::LongSecret) => {
            again("once that is mended")
        }
        AccountError::NoAccount(_)
        | AccountError::NoTenant(_)
        | AccountError::Several(_)
        | AccountError::TooMany(_)
        | AccountError::TooManyNew(_)
        | AccountError::Taken { .. } => "axis accounts list".to_owned(),
        AccountError::AnotherKey => KEY.to_owned(),
        AccountError::Nowhere { .. } => again(&format!("once {url} is that Chatwoot")),
        AccountError::Chatwoot(_)
        | AccountError::Client(ClientError::Http(_))
        | AccountError::Busy
        | AccountError::Bus(_)
        | AccountError::Untold(_)
        | AccountError::Store(_) => again("once it answers"),
    };
    Wrong { what: error.to_string(), mend }
}
