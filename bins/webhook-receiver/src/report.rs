//! Answers who asks what waits in the journal, and what was refused lately: nobody else knows.

use std::sync::Arc;

use bus::{Bus, BusError, Question};
use domain::in_words;
use events::{Report, ReportRequest, subject};
use futures_util::StreamExt as _;
use service::retry::Policy;

use crate::journal::Shared;
use crate::routes::Intake;

/// Answers for ever.
pub(crate) async fn run(journal: Arc<Shared>, intake: Arc<Intake>, bus: Bus) {
    tokio::join!(journal.count_left(), listen(&journal, &intake, &bus));
}

async fn listen(journal: &Shared, intake: &Intake, bus: &Bus) {
    for failures in 1.. {
        if let Err(error) = answer_all(journal, intake, bus).await {
            tracing::warn!(error = in_words(&error), "cannot be asked what waits; trying again");
        }
        tokio::time::sleep(Policy::NEAR.delay(failures)).await;
    }
}

/// Answers until the connection is closed for good.
async fn answer_all(journal: &Shared, intake: &Intake, bus: &Bus) -> Result<(), BusError> {
    let mut questions = bus.questions(subject::REPORT).await?;
    while let Some(question) = questions.next().await {
        if let Err(error) = answer(journal, intake, question).await {
            tracing::debug!(error = in_words(&*error), "cannot say what waits");
        }
    }
    Ok(())
}

async fn answer(journal: &Shared, intake: &Intake, question: Question) -> anyhow::Result<()> {
    let ReportRequest { accounts } = serde_json::from_slice(&question.payload)?;
    anyhow::ensure!(accounts.len() <= ReportRequest::MOST, "of too many accounts");
    let waiting = journal.waiting(&accounts);
    let report = Report { waiting, refused: intake.refused.lately(&accounts) };
    question.answer(serde_json::to_vec(&report)?.into()).await?;
    Ok(())
}
