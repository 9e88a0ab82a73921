//! Reading files that are Chatwoot's, and what no message can make us read.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use chatwoot_sim::{ADMIN_TOKEN, Faults, File, FileFaults, Options, Sim};
use domain::{Attachment, AttachmentId};
use serde_json::{Value, json};
use testkit::reqwest::Response;
use testkit::{Account, sqlx};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::support::{Seed, Served, TENANT, problem};

mod slow;

const SIZE: u64 = 100_000;

/// A Chatwoot, and an account of it that is the tenant's.
struct Chatwoot {
    sim: Sim,
    account: Account,
    #[expect(dead_code, reason = "stops it when dropped")]
    guard: DropGuard,
}

impl Chatwoot {
    async fn start(served: &Served, tenant: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let shutdown = CancellationToken::new();
        let running = Sim::start(Options::default(), listener, shutdown.clone()).await.unwrap();
        let (store, url) = (&served.world.store, running.url());
        let account = testkit::account(store, tenant, 1, &url, ADMIN_TOKEN).await;
        Self { sim: running.sim, account, guard: shutdown.drop_guard() }
    }

    /// A customer sends a file, and we hear of it as `change` makes it; gives back its address here.
    async fn file(&self, served: &Served, change: impl Fn(&mut Value)) -> String {
        self.file_of(served, SIZE, change).await
    }

    async fn file_of(&self, served: &Served, size: u64, change: impl Fn(&mut Value)) -> String {
        let (conversation, _) = self.sim.start_conversation(1, "Look:").unwrap();
        let name = "a b.png".to_owned();
        let file = File { name, content_type: Some("image/png".to_owned()), size };
        let number = self.sim.customer_sends(1, conversation, "", vec![file]).unwrap();
        let messages = self.sim.messages(1, conversation).unwrap();
        let there = &messages.last().unwrap()["attachments"][0];
        let mut told = json!({
            "id": there["id"], "fileType": there["file_type"], "contentType": there["content_type"],
            "fileSize": there["file_size"], "dataUrl": there["data_url"],
            "thumbUrl": there["thumb_url"],
        });
        change(&mut told);
        let mut seed = Seed::open(conversation);
        seed.sent = vec![(number, json!([told]))];
        let id = seed.write(&served.world.store, &self.account).await;
        let path = format!("/conversations/{id}/messages");
        let message = served.read(&path).await["data"][0].clone();
        let shown = &message["attachments"][0];
        let (text, known) =
            (message.to_string(), AttachmentId::of(self.account.key, told["id"].as_i64().unwrap()));
        let address = Attachment::address(known);
        if told["dataUrl"].as_str().unwrap().contains("/rails/active_storage/") {
            assert!(!text.contains("rails") && !text.contains("127.0.0.1"), "{text}");
            assert_eq!(shown["url"], json!(address));
        } else {
            assert_eq!(shown["url"], Value::Null, "nothing is promised of what is elsewhere");
        }
        address.trim_start_matches("/api/v1").to_owned()
    }

    fn files(&self, files: FileFaults) {
        self.sim.set_faults(Faults { files, ..Faults::default() }).unwrap();
    }
}

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn a_customers_file_is_read_through_the_api_whole_or_in_part() {
    let served = Served::start().await;
    let chatwoot = Chatwoot::start(&served, TENANT).await;
    let url = chatwoot.file(&served, |_| {}).await;
    let answer = served.get(&url).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    for (name, value) in [
        ("content-type", "image/png"),
        ("content-length", "100000"),
        ("content-disposition", "inline; filename=\"a b.png\"; filename*=UTF-8''a%20b.png"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("location", ""),
        ("set-cookie", ""),
    ] {
        assert_eq!(header(&answer, name), value, "{name}");
    }
    let tag = header(&answer, "etag").to_owned();
    let whole = answer.bytes().await.unwrap();
    assert_eq!(whole.len() as u64, SIZE);

    let part = served.get(&url).header("range", "bytes=500-599").header("if-range", &tag);
    let part = part.send().await.unwrap();
    assert_eq!(part.status(), 206);
    assert_eq!(header(&part, "content-range"), "bytes 500-599/100000");
    assert_eq!(header(&part, "content-length"), "100");
    assert_eq!(part.bytes().await.unwrap(), whole[500..600]);
    let beyond = served.get(&url).header("range", "bytes=100000-").send().await.unwrap();
    assert_eq!(header(&beyond, "content-range"), "bytes */100000");
    assert_eq!(problem(beyond).await, (416, "no-such-part".to_owned()));
    let known = served.get(&url).header("if-none-match", &tag).send().await.unwrap();
    assert_eq!(known.status(), 304);
    let thumb = served.get(&format!("{url}?thumb=true")).send().await.unwrap();
    assert_eq!(thumb.status(), 200);
    assert_ne!(header(&thumb, "etag"), tag);
}

/// P8.
#[tokio::test]
async fn another_tenants_file_is_not_found() {
    let served = Served::start().await;
    let theirs = Chatwoot::start(&served, "theirs").await;
    let ours = Chatwoot::start(&served, TENANT).await;
    let url = ours.file(&served, |_| {}).await;
    let token = served.key("theirs", domain::Role::Admin.permissions()).await;
    let request = served.http.get(served.url(&url)).bearer_auth(&token);
    assert_eq!(problem(request.send().await.unwrap()).await, (404, "not-found".to_owned()));
    drop(theirs);
}

#[tokio::test]
async fn an_address_that_is_good_no_more_is_asked_for_anew() {
    let served = Served::start().await;
    let chatwoot = Chatwoot::start(&served, TENANT).await;
    let url = chatwoot.file(&served, |_| {}).await;
    chatwoot.sim.expire_files();
    let answer = served.get(&url).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.bytes().await.unwrap().len() as u64, SIZE);
    // The address in our database is still the old one; the redirect's own time has passed too.
    chatwoot.sim.advance(Duration::from_hours(1));
    assert_eq!(served.get(&url).send().await.unwrap().status(), 200);
    chatwoot.files(FileFaults { unavailable: true, ..FileFaults::default() });
    assert_eq!(served.refusal(&url).await, (502, "no-file".to_owned()));
}

#[tokio::test]
async fn only_the_configured_chatwoot_is_asked() {
    let served = Served::start().await;
    let chatwoot = Chatwoot::start(&served, TENANT).await;
    // Told by another name of the same Chatwoot, as browsers know it.
    let renamed = |told: &mut Value| {
        let path = told["dataUrl"].as_str().unwrap().splitn(4, '/').nth(3).unwrap().to_owned();
        told["dataUrl"] = json!(format!("https://chat.example.com/{path}"));
        told["thumbUrl"] = Value::Null;
    };
    let url = chatwoot.file(&served, renamed).await;
    assert_eq!(served.get(&url).send().await.unwrap().status(), 200);

    let (bait, taken) = bait().await;
    for address in [
        format!("{bait}/secret"),
        format!("{bait}/rails/active_storage/blobs/redirect/x/secret"),
        "http://169.254.169.254/latest/meta-data".to_owned(),
        "file:///etc/passwd".to_owned(),
        "nonsense".to_owned(),
    ] {
        let there = address.clone();
        let lie = move |told: &mut Value| {
            told["dataUrl"] = json!(there);
            told["thumbUrl"] = Value::Null;
            // Nor does Chatwoot know better.
            told["id"] = json!(told["id"].as_i64().unwrap() + 1_000_000);
        };
        let url = chatwoot.file(&served, lie).await;
        assert_eq!(served.refusal(&url).await, (502, "no-file".to_owned()), "{address}");
    }
    assert_eq!(taken.load(Ordering::Relaxed), 0, "the bait was asked");
}

#[tokio::test]
async fn a_chatwoot_that_a_tenant_named_is_asked_at_public_addresses_only() {
    let (bait, taken) = bait().await;
    let host = bait.trim_start_matches("http://").to_owned();
    let files = api::FilesConfig { attachment_hosts: vec![host], ..api::FilesConfig::default() };
    let served = Served::with_files(files).await;
    let chatwoot = Chatwoot::start(&served, TENANT).await;
    let url = chatwoot.file(&served, |_| {}).await;
    assert_eq!(served.get(&url).send().await.unwrap().status(), 200);
    let named_by_a_tenant = async |base_url: &str| {
        let mut transaction = served.world.store.worker().await.unwrap();
        sqlx::query("update chatwoot_accounts set public_only = true, base_url = $2 where id = $1")
            .bind(chatwoot.account.key.0)
            .bind(base_url)
            .execute(&mut *transaction)
            .await
            .unwrap();
        store::commit(transaction).await.unwrap();
    };
    // Its name was that of a public address when it was connected, and is not any more.
    for base_url in [bait.clone(), bait.replace("127.0.0.1", "localhost")] {
        named_by_a_tenant(&base_url).await;
        assert_eq!(served.refusal(&url).await, (502, "no-file".to_owned()), "{base_url}");
    }
    assert_eq!(taken.load(Ordering::Relaxed), 0, "the bait was asked");
}

#[tokio::test]
async fn a_redirect_leads_to_no_private_address() {
    let served = Served::start().await;
    let chatwoot = Chatwoot::start(&served, TENANT).await;
    let url = chatwoot.file(&served, |_| {}).await;
    let (bait, taken) = bait().await;
    let port = bait.rsplit(':').next().unwrap().to_owned();
    for place in [
        format!("{bait}/secret"),
        format!("http://127.1:{port}/secret"),
        format!("http://[::ffff:127.0.0.1]:{port}/secret"),
        format!("http://[::1]:{port}/secret"),
        // A name that resolves to a private address.
        format!("http://localhost:{port}/secret"),
        "http://169.254.169.254/latest/meta-data".to_owned(),
        "http://10.0.0.1/".to_owned(),
        "http://user:password@example.com/".to_owned(),
        "file:///etc/passwd".to_owned(),
        "ftp://example.com/".to_owned(),
    ] {
        chatwoot.files(FileFaults { redirect_to: Some(place.clone()), ..FileFaults::default() });
        assert_eq!(served.refusal(&url).await, (502, "no-file".to_owned()), "{place}");
    }
    assert_eq!(taken.load(Ordering::Relaxed), 0, "the bait was asked");
}

#[tokio::test]
async fn a_redirect_to_itself_ends() {
    let served = Served::start().await;
    let chatwoot = Chatwoot::start(&served, TENANT).await;
    let url = chatwoot.file(&served, |_| {}).await;
    let round = Some("/rails/active_storage/blobs/redirect/x/y".to_owned());
    chatwoot.files(FileFaults { redirect_to: round, ..FileFaults::default() });
    assert_eq!(served.refusal(&url).await, (502, "no-file".to_owned()));
}

#[tokio::test]
async fn a_storage_that_the_operator_named_may_be_private() {
    let (bait, _) = bait().await;
    let host = bait.trim_start_matches("http://").to_owned();
    let files = api::FilesConfig { attachment_hosts: vec![host], ..api::FilesConfig::default() };
    let served = Served::with_files(files).await;
    let chatwoot = Chatwoot::start(&served, TENANT).await;
    let url = chatwoot.file(&served, |_| {}).await;
    let place = Some(format!("{bait}/secret"));
    chatwoot.files(FileFaults { redirect_to: place, ..FileFaults::default() });
    let answer = served.get(&url).send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "secret");
}

#[tokio::test]
async fn a_file_that_is_too_large_is_not_fetched() {
    let files = api::FilesConfig { attachment_max_mib: 1, ..api::FilesConfig::default() };
    let served = Served::with_files(files).await;
    let chatwoot = Chatwoot::start(&served, TENANT).await;
    let mib = 1024 * 1024;
    let url = chatwoot.file_of(&served, mib, |_| {}).await;
    assert_eq!(served.get(&url).send().await.unwrap().status(), 200);
    let url = chatwoot.file_of(&served, mib + 1, |_| {}).await;
    assert_eq!(served.refusal(&url).await, (502, "no-file".to_owned()));
}

/// A service of this machine that nobody out there may reach; counts who asked.
async fn bait() -> (String, Arc<AtomicUsize>) {
    let taken = Arc::<AtomicUsize>::default();
    let counted = Arc::clone(&taken);
    let secret = move || {
        counted.fetch_add(1, Ordering::Relaxed);
        std::future::ready("secret")
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(get(secret));
    tokio::spawn(async { axum::serve(listener, router).await });
    (base, taken)
}
