//! A Chatwoot that is slow to say where its files are now.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::extract::Request;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use domain::{Attachment, AttachmentId, Role};
use futures_util::future::join_all;
use serde_json::json;
use testkit::Account;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::support::{Seed, Served, TENANT, problem};

/// How many ask it for a message, how many did at most, and how many it answers.
#[derive(Debug)]
struct Slow {
    now: AtomicUsize,
    most: AtomicUsize,
    open: Semaphore,
}

impl Slow {
    /// It and its address.
    async fn start() -> (Arc<Self>, String) {
        let (now, most, open) = (AtomicUsize::new(0), AtomicUsize::new(0), Semaphore::new(0));
        let slow = Arc::new(Self { now, most, open });
        let asked = Arc::clone(&slow);
        let messages = async move |request: Request| {
            if !request.uri().path().ends_with("/messages") {
                return Err(StatusCode::NOT_FOUND);
            }
            asked.most.fetch_max(asked.now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            let _open = asked.open.acquire().await.unwrap();
            asked.now.fetch_sub(1, Ordering::SeqCst);
            Ok(Json(json!({ "payload": [] })))
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(get(messages));
        tokio::spawn(async { axum::serve(listener, router).await });
        (slow, base)
    }

    async fn is_asked_by(&self, count: usize) {
        let asked = || async { self.now.load(Ordering::SeqCst) >= count };
        testkit::eventually("several ask Chatwoot", asked).await;
    }
}

/// The path of a picture that is not any more where its message says.
async fn moved_picture(served: &Served, base: &str, account: &Account) -> String {
    let url = format!("{base}/rails/active_storage/blobs/redirect/x/y.png");
    let told = json!({
        "id": 1, "fileType": "image", "contentType": "image/png", "fileSize": 1, "dataUrl": url,
        "thumbUrl": null,
    });
    let mut seed = Seed::open(1);
    seed.sent = vec![(7, json!([told]))];
    seed.write(&served.world.store, account).await;
    let address = Attachment::address(AttachmentId::of(account.key, 1));
    address.trim_start_matches("/api/v1").to_owned()
}

/// Each answer of Chatwoot's is held in memory, and whoever may look opens as many files as they like.
#[tokio::test]
async fn few_at_a_time_ask_for_a_fresh_address_and_the_others_wait() {
    let (slow, base) = Slow::start().await;
    let served = Served::start().await;
    let account = testkit::account(&served.world.store, TENANT, 2, &base, "token").await;
    let url = moved_picture(&served, &base, &account).await;
    let all = join_all((0..20).map(|_| served.refusal(&url)));
    let release = async {
        slow.is_asked_by(4).await;
        slow.open.add_permits(20);
    };
    for refusal in tokio::join!(all, release).0 {
        assert_eq!(refusal, (502, "no-file".to_owned()), "none is sent away");
    }
    assert!(slow.most.load(Ordering::SeqCst) <= 6, "{slow:?}");
}

/// P9; and nobody keeps their own people from disconnecting this very Chatwoot.
#[tokio::test]
async fn who_asks_for_something_to_be_done_is_not_refused_because_pictures_wait() {
    let (slow, base) = Slow::start().await;
    let served = Served::start().await;
    let (mut pictures, mut buttons) = (Vec::new(), Vec::new());
    for (tenant, number) in [(TENANT, 2), ("theirs", 3), ("modest", 4)] {
        let account = testkit::account(&served.world.store, tenant, number, &base, "token").await;
        let key = served.key(tenant, Role::Admin.permissions()).await;
        let path = format!("/operations/accounts/{}/reconcile", account.key);
        let button = served.http.post(served.url(&path)).bearer_auth(&key).json(&json!({}));
        buttons.push((tenant, button));
        if tenant != "modest" {
            let url = served.url(&moved_picture(&served, &base, &account).await);
            let picture = || served.http.get(&url).bearer_auth(&key).send();
            pictures.extend((0..20).map(|_| picture()));
        }
    }
    let press = async {
        slow.is_asked_by(6).await;
        for (tenant, button) in buttons {
            assert_eq!(button.send().await.unwrap().status(), 202, "{tenant}");
        }
        slow.open.add_permits(40);
    };
    for picture in tokio::join!(join_all(pictures), press).0 {
        assert_eq!(problem(picture.unwrap()).await, (502, "no-file".to_owned()));
    }
}
