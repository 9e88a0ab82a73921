//! `axis doctor`
//!
//! Asks the other commands' questions, and goes on if one gets no answer.

mod accounts;
mod database;
mod lateness;
mod restored;
mod streams;
mod tls;

use ::accounts::Config;
use clap::Args;
use serde::Serialize;

use crate::answer::in_line;
use crate::{Answer, Place};

/// What else is known about the deployment.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Scheme and host under which Chatwoot reaches the receiver, `https://axis.example.com`. If
    /// unset, any host counts as right
    #[arg(long, env = "AXIS_PUBLIC_URL", value_name = "URL", value_parser = Config::receiver)]
    public_url: Option<String>,
}

/// Checks everything.
pub async fn run(arguments: &Arguments, place: &Place) -> anyhow::Result<Answer> {
    let (mut report, mut of_bus) = (Report::default(), Report::default());
    // At the same time, since each is waited for if it is away.
    let (store, bus) = tokio::join!(
        Box::pin(database::look(&mut report, place)),
        Box::pin(streams::look(&mut of_bus, place))
    );
    report.0.append(&mut of_bus.0);
    if let (Some(store), Some(bus)) = (store, bus) {
        restored::look(&mut report, &store, &bus).await;
        let public_url = arguments.public_url.as_deref();
        accounts::look(&mut report, place, (store, bus), public_url).await;
    } else {
        report.notice("accounts", "not looked at without database and NATS".to_owned());
    }
    report.answer()
}

/// Whether something is as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    /// As it should be.
    Good,
    /// Worth knowing; nobody has to do anything.
    Notice,
    /// Somebody has to do something.
    Wrong,
}

/// What was found.
#[derive(Debug, Serialize)]
struct Finding {
    /// Which check found it.
    check: &'static str,
    state: State,
    what: String,
    /// What to do about it.
    mend: Option<String>,
}

/// What was found so far.
#[derive(Debug, Default)]
struct Report(Vec<Finding>);

impl Report {
    fn good(&mut self, check: &'static str, what: impl Into<String>) {
        self.0.push(Finding { check, state: State::Good, what: what.into(), mend: None });
    }

    fn notice(&mut self, check: &'static str, what: String) {
        self.0.push(Finding { check, state: State::Notice, what, mend: None });
    }

    fn wrong(&mut self, check: &'static str, what: String, mend: &str) {
        let mend = Some(mend.to_owned());
        self.0.push(Finding { check, state: State::Wrong, what, mend });
    }

    /// Returns the answer to a check's question. A failure becomes a finding.
    fn heard<T, E: Into<anyhow::Error>>(
        &mut self,
        check: &'static str,
        answer: Result<T, E>,
        mend: &str,
    ) -> Option<T> {
        let failed = |error: E| {
            let error: anyhow::Error = error.into();
            self.wrong(check, format!("{error:#}"), mend);
        };
        answer.map_err(failed).ok()
    }

    fn answer(&self) -> anyhow::Result<Answer> {
        let line = |finding: &Finding| {
            let state = match finding.state {
                State::Good => "good  ",
                State::Notice => "notice",
                State::Wrong => "WRONG ",
            };
            let mend = finding.mend.as_ref().map(|mend| format!("  →  {mend}"));
            let what = in_line(&finding.what);
            format!("{state}  {}: {what}{}\n", finding.check, mend.unwrap_or_default())
        };
        let text: String = self.0.iter().map(line).collect();
        let good = self.0.iter().all(|finding| finding.state != State::Wrong);
        Ok(Answer::new(text, &self.0)?.succeeding_if(good))
    }
}
