//! Linking people to their own Chatwoot users, so that what they write goes out with their own tokens.

use domain::{AccountKey, TenantId};
use secrecy::SecretString;
use serde_json::json;
use store::links::{self, Link, OwnToken};

use crate::{AccountError, Accounts, Deed, Trouble};

impl Accounts {
    /// Asks Chatwoot whose token this is, and stores it, sealed, for what this person of the tenant writes in the
    /// account from now on. It replaces what they had linked before.
    pub async fn link(
        &self,
        tenant: &TenantId,
        id: AccountKey,
        member: &str,
        token: &SecretString,
        deed: Deed<'_>,
    ) -> Result<Link, AccountError> {
        self.require_key().await?;
        let account = store::accounts::get(&mut *self.store.worker().await?, id).await?;
        let account = account.filter(|account| account.tenant == *tenant);
        let account = account.ok_or_else(|| AccountError::NoAccount(id.to_string()))?;
        let number = account.chatwoot_account_id;
        let client = self.clients.with_token(&account, token)?;
        let profile = client.profile().await;
        let profile = profile.map_err(|error| match AccountError::of_question(error, &client) {
            // The token need not be an administrator's, so this refusal means a bot's, which has no profile.
            AccountError::Trouble(Trouble::NoAdministrator(_)) => Trouble::NoUser.into(),
            other => other,
        })?;
        if !profile.accounts.iter().any(|membership| membership.id == number) {
            return Err(Trouble::NoMember(number).into());
        }
        let token = self.key.seal(links::TOKEN_PURPOSE, token)?;
        let own = OwnToken { member: member.to_owned(), user: profile.id, token };
        let mut transaction = self.store.worker().await?;
        let link = links::put(&mut transaction, id, &own, profile.name.as_deref()).await?;
        let link = link.ok_or_else(|| AccountError::NoAccount(id.to_string()))?;
        if let Some(deed) = deed {
            let details = json!({ "member": member, "chatwootUser": link.user });
            store::audit::record(&mut transaction, &deed.entry(&account, details)).await?;
        }
        store::commit(transaction).await?;
        Ok(link)
    }
}
