//! `axis accounts add`

use accounts::Wanted;
use clap::Args;
use domain::TenantId;
use secrecy::SecretString;
use serde_json::json;

use crate::audit::Operator;
use crate::{Answer, Place};

/// Which account.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Tenant that the account belongs to
    #[arg(long)]
    tenant: TenantId,

    /// Address of the Chatwoot installation, `https://chat.example.com`
    #[arg(long = "chatwoot-url", env = "CHATWOOT_API_URL", value_name = "URL")]
    url: String,

    /// Scheme and host under which people open it, if that is another address
    #[arg(
        long = "screen-url",
        env = "CHATWOOT_SCREEN_URL",
        value_name = "URL",
        value_parser = accounts::Config::address
    )]
    screen: Option<String>,

    /// Number of the account in that installation
    #[arg(
        long = "chatwoot-account-id",
        env = "CHATWOOT_ACCOUNT_ID",
        value_name = "NUMBER",
        value_parser = clap::value_parser!(i64).range(1..)
    )]
    number: i64,

    /// Access token of an administrator of the account. Better given in the environment than on the
    /// command line, where others on this machine see it
    #[arg(
        long = "chatwoot-token",
        env = "CHATWOOT_API_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN"
    )]
    token: SecretString,

    /// Accept webhooks without a signature, for Chatwoot before 4.11.2. Whoever learns the address
    /// can then make up events. `=false` takes it back; if not given, it stays as it was
    #[arg(
        long,
        value_name = "YES",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    allow_unsigned: Option<bool>,

    /// Call it only at public addresses, and by https, like one that a tenant connected itself.
    /// `=false` takes it back; if not given, it stays as it was
    #[arg(
        long,
        value_name = "YES",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    public_only: Option<bool>,

    /// The key that the accounts are sealed under is lost: seal under the present one all the same
    #[arg(long)]
    another_key: bool,

    #[command(flatten)]
    operator: Operator,
}

/// Checks the token, stores the account, tells the receivers.
pub async fn run(arguments: Arguments, place: &Place) -> anyhow::Result<Answer> {
    let accounts = place.accounts().await?.another_key(arguments.another_key);
    let wanted = Wanted {
        tenant: arguments.tenant,
        base_url: arguments.url,
        screen_url: arguments.screen,
        number: arguments.number,
        token: arguments.token,
        allow_unsigned: arguments.allow_unsigned,
        public_only: arguments.public_only,
        name: None,
    };
    let deed = arguments.operator.deed("accounts add");
    let account = accounts.connect(&wanted, Some(&deed)).await?;
    let text = format!(
        "account {} of {} is served for tenant {}, under the key {}",
        account.chatwoot_account_id, account.base_url, account.tenant, account.id
    );
    let next = if account.webhook_id.is_none() {
        let key = account.id;
        format!("\nnext: axis webhook register --account {key} --public-url https://…")
    } else {
        String::new()
    };
    let value = json!({
        "key": account.id,
        "tenant": account.tenant,
        "chatwootUrl": account.base_url,
        "screenUrl": account.screen_url,
        "chatwootAccountId": account.chatwoot_account_id,
    });
    Answer::new(text + &next, &value)
}
