//! Reads an account's agents, teams, inboxes, labels and canned responses. No event reports changes of these, so the
//! lists are read as a whole and written straight to the database.

use chatwoot::CallError;
use chatwoot::client::catalogue as listed;
use chrono::{DateTime, Utc};
use domain::AccountKey;
use domain::catalogue::{Agent, CannedResponse, Inbox, Label, Team};
use store::catalogue;

use super::ReconcileError;
use super::session::Session;

impl Session {
    /// Reads and writes every list.
    pub(super) async fn catalogue(&self) -> Result<(), ReconcileError> {
        let (client, account) = (&self.client, self.owner.account);
        let asked_at = Utc::now();
        let agents = self.offered("agents", || client.list_agents()).await?;
        let teams = self.offered("teams", || client.list_teams()).await?;
        let inboxes = self.offered("inboxes", || client.list_inboxes()).await?;
        let labels = self.offered("labels", || client.list_labels()).await?;
        let responses = self.offered("canned_responses", || client.list_canned_responses()).await?;

        let owner = &self.owner;
        let mut transaction = self.store.worker().await?;
        if let Some(agents) = agents {
            let rows: Vec<_> =
                agents.into_iter().map(|read| agent(account, read, asked_at)).collect();
            catalogue::replace_agents(&mut transaction, owner, &rows).await?;
        }
        if let Some(teams) = teams {
            let rows: Vec<_> =
                teams.into_iter().map(|read| team(account, read, asked_at)).collect();
            catalogue::replace_teams(&mut transaction, owner, &rows).await?;
        }
        if let Some(inboxes) = inboxes {
            let rows: Vec<_> =
                inboxes.into_iter().map(|read| inbox(account, read, asked_at)).collect();
            catalogue::replace_inboxes(&mut transaction, owner, &rows).await?;
        }
        if let Some(labels) = labels {
            let rows: Vec<_> =
                labels.into_iter().map(|read| label(account, read, asked_at)).collect();
            catalogue::replace_labels(&mut transaction, owner, &rows, asked_at).await?;
        }
        if let Some(responses) = responses {
            let rows: Vec<_> = responses
                .into_iter()
                .map(|read| canned_response(account, read, asked_at))
                .collect();
            catalogue::replace_canned_responses(&mut transaction, owner, &rows, asked_at).await?;
        }
        store::commit(transaction).await?;
        Ok(())
    }

    /// Reads a list. Returns `None` if the installation or the account's plan does not have it, or Chatwoot fails at
    /// it.
    async fn offered<T: Sync, Q>(
        &self,
        name: &str,
        question: impl Fn() -> Q,
    ) -> Result<Option<Vec<T>>, ReconcileError>
    where
        Q: Future<Output = Result<Vec<T>, CallError>>,
    {
        match self.ask(question).await {
            Ok(list) => Ok(Some(list)),
            Err(CallError::NotFound | CallError::Forbidden { .. }) => Ok(None),
            Err(error) if self.only_this(&error).await => {
                self.left_unread(format!("list of {name}"), &error).await?;
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }
}

fn agent(account_id: AccountKey, agent: listed::Agent, updated_at: DateTime<Utc>) -> Agent {
    Agent {
        account_id,
        chatwoot_id: agent.id,
        name: agent.name,
        available_name: agent.available_name,
        email: agent.email,
        role: agent.role,
        availability: agent.availability,
        confirmed: agent.confirmed,
        thumbnail: agent.thumbnail,
        updated_at,
    }
}

fn team(account_id: AccountKey, team: listed::Team, updated_at: DateTime<Utc>) -> Team {
    Team {
        account_id,
        chatwoot_id: team.id,
        name: team.name,
        description: team.description,
        updated_at,
    }
}

fn inbox(account_id: AccountKey, inbox: listed::Inbox, updated_at: DateTime<Utc>) -> Inbox {
    Inbox {
        account_id,
        chatwoot_id: inbox.id,
        name: inbox.name,
        channel: inbox.channel_type,
        updated_at,
    }
}

fn label(account_id: AccountKey, label: listed::Label, updated_at: DateTime<Utc>) -> Label {
    Label {
        account_id,
        chatwoot_id: label.id,
        title: label.title,
        description: label.description,
        color: label.color,
        show_on_sidebar: label.show_on_sidebar,
        updated_at,
    }
}

fn canned_response(
    account_id: AccountKey,
    response: listed::CannedResponse,
    updated_at: DateTime<Utc>,
) -> CannedResponse {
    CannedResponse {
        account_id,
        chatwoot_id: response.id,
        short_code: response.short_code,
        content: response.content,
        updated_at,
    }
}
