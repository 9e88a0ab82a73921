//! Bodies that take long to check.

use super::*;

fn large() -> Vec<u8> {
    let account = json!({ "id": 7 });
    let body =
        json!({ "event": "message_created", "account": account, "content": "x".repeat(2_000_000) });
    body.to_string().into_bytes()
}

#[tokio::test]
async fn a_large_body_is_checked_like_a_small_one() {
    let source = source(&key(), 7, &["s"]);
    let desk = Desk::with(&[&source]);
    let body = large();
    assert_eq!(desk.post(&path_of(&source), "wrong", &body).await.status(), 401);
    assert_eq!(desk.post(&path_of(&source), "s", &body).await.status(), 200);
    assert_eq!(desk.kept()[0].record.body, body);
}

#[tokio::test]
async fn large_bodies_wait_for_their_turn_to_be_checked_and_small_ones_do_not() {
    let source = source(&key(), 7, &["s"]);
    let desk = Arc::new(Desk::with(&[&source]));
    let path = path_of(&source);
    let others =
        desk.intake.examining.acquire_many(u32::try_from(EXAMINED).unwrap()).await.unwrap();
    let (at, to) = (Arc::clone(&desk), path.clone());
    let waiting = tokio::spawn(async move { at.post(&to, "s", &large()).await });
    assert_eq!(desk.post(&path, "s", &event(7)).await.status(), 200);
    assert!(!waiting.is_finished() && desk.kept().len() == 1);
    drop(others);
    assert_eq!(waiting.await.unwrap().status(), 200);
    assert_eq!(desk.kept().len(), 2);
}
