//! What is printed once everything runs.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;

use serde_json::json;

use super::chatwoot::{Chatwoot, reachable};
use crate::{Answer, Place};

/// What is printed once everything runs.
pub(super) struct Greeting<'a> {
    url: String,
    shell: Option<&'a Path>,
    chatwoot: &'a Chatwoot,
    place: &'a Place,
    /// Where the database is, if not in the data folder.
    database_dir: Option<&'a Path>,
}

/// Where the servers are that were given, without user and password.
struct Given {
    database: Option<String>,
    nats: Option<String>,
}

impl Given {
    fn of(place: &Place) -> anyhow::Result<Self> {
        let database = place.database_url.as_ref().map(|_| place.store_config());
        let nats = place.nats_url.as_ref().map(|_| place.bus_config());
        Ok(Self {
            database: database.transpose()?.map(|config| config.shown()).transpose()?,
            nats: nats.transpose()?.map(|config| config.shown()).transpose()?,
        })
    }

    fn lines(&self) -> String {
        let line = |what, given: &Option<String>, variable| {
            let place = given.as_ref()?;
            Some(format!("  {what:<8}  {place} ({variable})\n"))
        };
        let database = line("Database", &self.database, "DATABASE_URL");
        database.into_iter().chain(line("NATS", &self.nats, "NATS_URL")).collect()
    }
}

impl<'a> Greeting<'a> {
    pub(super) fn new(
        address: SocketAddr,
        shell: Option<&'a Path>,
        chatwoot: &'a Chatwoot,
        place: &'a Place,
        database_dir: Option<&'a Path>,
    ) -> Self {
        let url = format!("http://{}", reachable(address));
        Self { url, shell, chatwoot, place, database_dir }
    }

    /// In words, and as one line of JSON with `ready`.
    pub(super) fn answer(&self) -> anyhow::Result<Answer> {
        let Self { url, chatwoot, database_dir, .. } = self;
        let api = format!("{url}/api/v1");
        let docs = format!("{api}/docs");
        let shell = self.shell.map(|_| format!("{url}/app/"));
        let data = std::path::absolute(&self.place.data_dir)?;
        let given = Given::of(self.place)?;
        let database = database_dir.map(|at| format!(", the database {}", at.display()));
        let kind = if chatwoot.is_stand_in() { "a stand-in, " } else { "" };
        let not_built = || "not built (`make shell`)".to_owned();
        let mut text = format!(
            "\nAXIS-AFENDA is up.\n\n  \
             API       {api}\n  \
             Shell     {}\n  \
             Docs      {docs}\n  \
             Chatwoot  {} ({kind}account {})\n  \
             Data      {}{}\n{}\n  \
             Try       curl -H 'Authorization: Bearer mock-token' {api}/conversations\n  \
             Stop      Ctrl-C\n",
            shell.clone().unwrap_or_else(not_built),
            chatwoot.url,
            chatwoot.number,
            data.display(),
            database.unwrap_or_default(),
            given.lines(),
        );
        if let Some(notice) = &chatwoot.notice {
            write!(text, "\n  Note      {notice}\n")?;
        }
        let value = json!({
            "ready": true,
            "url": url,
            "apiUrl": api,
            "shellUrl": shell,
            "docsUrl": docs,
            "chatwootUrl": chatwoot.url,
            "chatwootAccountId": chatwoot.number,
            "standIn": chatwoot.is_stand_in(),
            "dataDir": data,
            "databaseDir": database_dir,
            "database": given.database,
            "nats": given.nats,
            "notice": chatwoot.notice,
        });
        Answer::new(text, &value)
    }
}
