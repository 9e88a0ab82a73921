//! Accounts that are not served any more.

use domain::AccountKey;

use crate::stage::Stage;

impl Stage {
    async fn disconnect(&self, account: AccountKey) {
        let mut transaction = self.world.store.worker().await.unwrap();
        store::accounts::end(&mut transaction, account).await.unwrap();
        store::commit(transaction).await.unwrap();
    }
}

/// A token that is refused because its account was disconnected: nothing is lost by waiting.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_refused_just_after_a_disconnection_waits_too() {
    let stage = Stage::start().await;
    let chatwoot = stage.chatwoot_with_token("acme", "no-longer-valid").await;
    let conversation = stage.conversation(&chatwoot).await;
    let first = stage.write(&chatwoot, &conversation, "one").await;
    stage.reaches(first, "failed").await;
    stage.disconnect(chatwoot.account.key).await;
    let second = stage.write(&chatwoot, &conversation, "two").await;
    stage.reaches(second, "retrying").await;
    assert_eq!(stage.attempts(second.0).await, [Some("retry".to_owned())]);
}
