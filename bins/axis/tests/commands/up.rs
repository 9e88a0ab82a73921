//! `axis up` as its users have it: the real program with its own servers.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use chatwoot_sim::{Options, Sim, admin_token};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use testkit::eventually;
use testkit::reqwest::StatusCode;
use tokio::net::{TcpListener, TcpSocket};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::operator::{ANOTHER_KEY, Operator, PUBLIC_URL};
use crate::program::{axis, folder, run};
use crate::running::{Up, command, nothing_runs_on, send, up};

/// A Chatwoot beside the stand-in, for a person to connect.
struct Chatwoot {
    url: String,
    token: String,
    _end: DropGuard,
}

impl Chatwoot {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stop = CancellationToken::new();
        let running = Sim::start(Options::default(), listener, stop.clone()).await.unwrap();
        Self { url: running.url(), token: admin_token(1), _end: stop.drop_guard() }
    }

    /// The command that connects its account.
    fn add(&self) -> Vec<&str> {
        let account = ["--tenant", "mock-tenant-id", "--chatwoot-account-id", "1"];
        let place = ["--chatwoot-url", &*self.url, "--chatwoot-token", &*self.token];
        [&["accounts", "add"], &account[..], &place[..]].concat()
    }
}

#[tokio::test]
async fn where_the_servers_programs_are_can_be_said_and_the_help_says_so() {
    let mut help = axis();
    help.args(["up", "--help"]);
    let help = run(help).await.value.to_string();
    for (name, option) in
        [("AXIS_NATS_SERVER", "--nats-server"), ("AXIS_POSTGRES_BIN", "--postgres-bin")]
    {
        assert!(help.contains(name), "{name}");
        let nowhere = folder("nowhere");
        let mut start = up(&nowhere);
        start.args([option, nowhere.to_str().unwrap()]);
        let answered = run(start).await;
        assert_eq!(answered.code, Some(1), "{answered:?}");
        assert!(answered.complaint.contains(name), "{answered:?}");
    }
}

#[tokio::test]
async fn as_many_connections_are_served_as_the_programs_would() {
    let mut bad = axis();
    bad.args(["up", "--max-connections", "0"]);
    let answered = run(bad).await;
    assert_eq!(answered.code, Some(2), "{answered:?}");
    assert!(answered.complaint.contains("1..=1000000"), "{answered:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_works_in_one_process_and_ends_in_good_order() {
    let data = folder("up");
    let first = Up::on(&data).await;
    // What is told may be a moment old.
    eventually("all is up", || async {
        let (status, health) = first.get("/health").await;
        (status, &health["status"]) == (StatusCode::OK, &json!("up"))
    })
    .await;
    let (status, approvals) = first.get("/api/v1/approvals").await;
    assert_eq!((status, &approvals["data"]), (StatusCode::OK, &json!([])));
    let refused = first.http.get(first.url("/api/v1/conversations")).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    let hook = first.url("/api/v1/webhooks/chatwoot/nobody");
    let hook = first.http.post(hook).header("content-type", "application/json").body("{}");
    assert_eq!(hook.send().await.unwrap().status(), StatusCode::NOT_FOUND);

    // What happens in Chatwoot comes out of the live stream.
    let conversation = first.conversations().await.remove(0);
    let request = first.http.get(first.url("/api/v1/activity")).bearer_auth("mock-token");
    let mut live = request.header("accept", "text/event-stream").send().await.unwrap();
    assert_eq!(live.headers()["content-type"], "text/event-stream");
    let mut seen = String::new();
    while !seen.contains("\"message_created\"") {
        seen += &String::from_utf8_lossy(&live.chunk().await.unwrap().unwrap());
    }
    drop(live);

    // What an agent writes arrives there, once.
    let text = "Your parcel left this morning, fictional as it is.";
    let path = format!("/api/v1/conversations/{conversation}/messages");
    let reply = first.http.post(first.url(&path)).bearer_auth("mock-token");
    let reply = reply.json(&json!({ "content": text })).send().await.unwrap();
    assert_eq!(reply.status(), StatusCode::CREATED);
    eventually("the reply is sent", || async {
        let (_, messages) = first.get(&path).await;
        let all = messages["data"].as_array().unwrap();
        let ours = all.iter().find(|one| one["content"] == text).unwrap();
        ["sent", "delivered", "read"].contains(&ours["state"].as_str().unwrap_or_default())
    })
    .await;
    assert_eq!(first.in_chatwoot(text).await, 1);

    // One at a time.
    let second = run(up(&data)).await;
    assert_eq!(second.code, Some(1));
    assert!(second.complaint.contains("another `axis up` runs on"), "{second:?}");

    // Other commands find its servers, and what they say holds.
    let examples = ["webhook", "test", "--account", "1", "--wait", "120"];
    let tested = run(command(&data, &examples)).await;
    assert_eq!(tested.code, Some(0), "{tested:?}");
    assert_eq!(tested.value.as_array().unwrap().len(), 10);
    let checked = run(command(&data, &["db", "check"])).await;
    assert_eq!(checked.value["warnings"], json!([]), "nothing was rejected, nothing waits");
    eventually("nobody has to do anything", || async {
        run(command(&data, &["doctor"])).await.code == Some(0)
    })
    .await;

    let known = first.conversations().await;
    assert_eq!(first.ended_by("-TERM").await, Some(0));
    assert!(nothing_runs_on(&data), "no server is left");

    // The same data again: what was there is there, and another stand-in does not touch it.
    let again = Up::on(&data).await;
    assert_eq!(again.ready["chatwootAccountId"], 2);
    assert!(again.has(&known).await, "{known:?}");
    let (_, messages) = again.get(&path).await;
    assert!(messages["data"].as_array().unwrap().iter().any(|one| one["content"] == text));
    assert_eq!(again.ended_by("-INT").await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stand_in_is_served_until_the_next_start_and_what_a_person_connected_for_longer() {
    let data = folder("up");
    let first = Up::on(&data).await;
    let chatwoot = Chatwoot::start().await;
    assert_eq!(run(command(&data, &chatwoot.add())).await.code, Some(0));
    assert_eq!(first.ended_by("-TERM").await, Some(0));

    let second = Up::on(&data).await;
    let listed = run(command(&data, &["accounts", "list"])).await.value;
    let mut listed: Vec<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (&one["chatwootAccountId"], &one["chatwootUrl"]))
        .collect();
    listed.sort_by_key(|(number, _)| number.as_i64());
    let own = second.ready["chatwootUrl"].clone();
    assert_eq!(listed, [(&json!(1), &json!(chatwoot.url)), (&json!(2), &own)]);
    let register =
        ["webhook", "register", "--account", "1", "--public-url", "https://axis.example.com"];
    let registered = run(command(&data, &register)).await;
    assert_eq!(registered.code, Some(0), "{registered:?}");
    assert_eq!(second.ended_by("-TERM").await, Some(0));
}

/// A new key would open none of what is sealed, and every webhook would be refused.
#[tokio::test(flavor = "multi_thread")]
async fn no_new_key_is_made_beside_what_is_sealed_under_another() {
    const KEY: &str = "5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e";
    let (data, file) = (folder("up"), "secret-key");
    let under = |key: &str| {
        let mut command = up(&data);
        command.env("AXIS_SECRET_KEY", key);
        command
    };
    let first = Up::from(under(KEY), &data).await;
    assert_eq!(first.ended_by("-TERM").await, Some(0));

    // Of a stand-in, which is gone, nothing has to be opened.
    let second = Up::on(&data).await;
    assert!(data.join(file).exists());
    let chatwoot = Chatwoot::start().await;
    assert_eq!(run(command(&data, &chatwoot.add())).await.code, Some(0));
    assert_eq!(second.ended_by("-TERM").await, Some(0));

    let key = std::fs::read_to_string(data.join(file)).unwrap();
    std::fs::write(data.join(file), "").unwrap();
    let refused = run(up(&data)).await;
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.complaint.contains("secret-key holds no key any more"), "{refused:?}");

    std::fs::remove_file(data.join(file)).unwrap();
    let refused = run(up(&data)).await;
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.complaint.contains("set AXIS_SECRET_KEY"), "{refused:?}");
    assert!(!data.join(file).exists(), "none is left for the next start");
    assert!(nothing_runs_on(&data));

    let restored = Up::from(under(&key), &data).await;
    assert_eq!(run(command(&data, &["accounts", "list"])).await.code, Some(0));
    assert_eq!(restored.ended_by("-TERM").await, Some(0));

    // Whoever has lost it adds the accounts again, for which this has to run. Until then nothing is sealed
    // that this key opens, or everything else would be let.
    let another = Up::from(under(KEY), &data).await;
    let notice = another.ready["notice"].as_str().unwrap_or_default();
    assert!(notice.contains("the stand-in is not served"), "{notice}");
    let add = async |more: &[&str]| {
        let mut add = command(&data, &[&chatwoot.add()[..], more].concat());
        add.env("AXIS_SECRET_KEY", KEY);
        run(add).await
    };
    let refused = add(&[]).await;
    assert!(refused.complaint.contains("not sealed under this key"), "{refused:?}");
    let lost = add(&["--another-key"]).await;
    assert_eq!(lost.code, Some(0), "{lost:?}");
    assert_eq!(another.ended_by("-TERM").await, Some(0));
}

/// As `sudo axis up` would, once by mistake: its files would be left behind, which the user cannot read.
#[tokio::test]
async fn root_leaves_the_folder_of_another_user_alone() {
    const ANOTHER: u32 = 65_534;
    let data = folder("up");
    let lock = data.join("lock");
    std::fs::write(&lock, "").unwrap();
    if std::fs::metadata(&lock).unwrap().uid() != 0 {
        return;
    }
    std::os::unix::fs::chown(&lock, Some(ANOTHER), None).unwrap();
    let refused = run(up(&data)).await;
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.complaint.contains("belongs to the user 65534"), "{refused:?}");
    assert_eq!(std::fs::read_dir(&data).unwrap().count(), 1, "nothing was left there");
}

#[tokio::test]
async fn who_holds_on_to_the_address_is_not_waited_for_without_end() {
    let data = folder("up");
    let address = data.join("address");
    let held = std::fs::File::create(&address).unwrap();
    held.lock_shared().unwrap();
    let refused = run(up(&data)).await;
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.complaint.contains(address.to_str().unwrap()), "{refused:?}");
    assert!(nothing_runs_on(&data));
    assert_eq!(held.metadata().unwrap().mode() & 0o777, 0o600);
}

/// As a shell has it in which somebody has worked on another installation. Its commands would go to a NATS where nobody
/// else is.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_other_programs_is_left_alone() {
    let operator = Operator::new().await;
    operator.registered("acme", PUBLIC_URL).await;
    let database = operator.world.store_config.database_url.expose_secret();
    let (_, place) = database.split_once('@').unwrap();
    let given = |data: &Path| {
        let mut command = up(data);
        command.env("DATABASE_URL", database);
        command
    };
    let data = folder("up");
    let (own, anothers) = (data.join("own"), data.join("anothers"));
    std::fs::create_dir_all(&anothers).unwrap();
    std::fs::write(anothers.join("secret-key"), ANOTHER_KEY).unwrap();
    for folder in [&own, &anothers] {
        let refused = run(given(folder)).await;
        assert_eq!(refused.code, Some(1), "{refused:?}");
        for told in ["DATABASE_URL", "AXIS_SECRET_KEY", &format!("{place}: ")] {
            assert!(refused.complaint.contains(told), "{refused:?}");
        }
        assert!(nothing_runs_on(folder));
    }
    let tenants = operator.succeeds(&["tenants", "list"]).await;
    assert_eq!(tenants.as_array().unwrap().len(), 1, "nothing was changed: {tenants}");

    operator.succeeds(&["accounts", "disconnect", "--account", "7", "--yes"]).await;
    let nats = operator.world.nats.url().expose_secret();
    let mut free = given(&own);
    free.env("NATS_URL", nats);
    let free = Up::from(free, &own).await;
    assert_eq!(free.ready["database"], place);
    let host =
        nats.rsplit_once('@').map_or_else(|| nats.trim_start_matches("nats://"), |(_, host)| host);
    assert_eq!(free.ready["nats"], host);
    assert_eq!(free.ended_by("-TERM").await, Some(0));
}

/// As root, whose data may be elsewhere, where deleting the data folder leaves them.
#[tokio::test(flavor = "multi_thread")]
async fn the_greeting_says_where_the_database_is() {
    let (data, home) = (folder("up"), folder("home"));
    std::fs::create_dir(data.join("postgres")).unwrap();
    std::fs::write(data.join("postgres/location"), home.to_str().unwrap()).unwrap();
    let is_root = std::fs::metadata(&home).unwrap().uid() == 0;
    let up = Up::on(&data).await;
    let expected = if is_root { json!(home) } else { Value::Null };
    assert_eq!(up.ready["databaseDir"], expected);
    assert_eq!(up.ended_by("-TERM").await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn deaths_are_survived() {
    let data = folder("up");
    let first = Up::on(&data).await;
    let known = first.conversations().await;
    for server in ["postgres", "nats"] {
        let before = first.pid_of(server);
        send("-KILL", &before).await;
        eventually("the server is back", || async {
            first.pid_of(server) != before
                && first.get("/health").await.1["status"] == "up"
                && first.get("/api/v1/conversations").await.0 == StatusCode::OK
        })
        .await;
    }
    let newest = first.newest_activity().await.unwrap();
    eventually("events are applied again", || async {
        first.newest_activity().await.is_some_and(|now| now != newest)
    })
    .await;

    assert_eq!(first.ended_by("-KILL").await, None);
    eventually("the servers die with it", || async { nothing_runs_on(&data) }).await;
    let second = Up::on(&data).await;
    assert!(second.has(&known).await, "{known:?}");
    assert_eq!(second.ended_by("-TERM").await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chatwoot_that_is_away_keeps_nothing_else_from_running_and_is_served_when_it_comes() {
    let data = folder("up");
    let port = testkit::free_port();
    // Nobody else gets its port, though nobody listens there yet.
    let away = TcpSocket::new_v4().unwrap();
    away.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let chatwoot = away.local_addr().unwrap();
    let mut command = up(&data);
    command
        .env("PORT", port.to_string())
        .env("AXIS_PUBLIC_URL", format!("http://127.0.0.1:{port}"))
        .env("CHATWOOT_API_URL", format!("http://{chatwoot}"))
        .env("CHATWOOT_API_TOKEN", admin_token(3))
        .env("CHATWOOT_ACCOUNT_ID", "3");
    let up = Up::from(command, &data).await;
    assert_eq!(up.ready["standIn"], false);
    let notice = up.ready["notice"].as_str().unwrap();
    assert!(notice.contains("no connection to Chatwoot"), "{notice}");
    eventually("it says so", || async {
        let (status, health) = up.get("/health").await;
        (status, &health["status"]) == (StatusCode::OK, &json!("degraded"))
    })
    .await;
    assert_eq!(up.get("/api/v1/conversations").await.0, StatusCode::OK);

    let listener = away.listen(128).unwrap();
    let options = Options { accounts: vec![3], ..Options::default() };
    let stop = CancellationToken::new();
    let _end = stop.clone().drop_guard();
    let running = Sim::start(options, listener, stop).await.unwrap();
    eventually("it is set up", || async { up.get("/health").await.1["status"] == "up" }).await;
    running.sim.start_conversation(3, "Is anybody there?").unwrap();
    assert_eq!(up.conversations().await.len(), 1);
    assert_eq!(up.ended_by("-TERM").await, Some(0));
}

#[tokio::test]
async fn half_a_chatwoot_is_refused() {
    let mut half = axis();
    half.args(["up"]).env("CHATWOOT_API_URL", "https://chat.example.com");
    let half = run(half).await;
    assert_eq!(half.code, Some(2), "{half:?}");
    assert!(half.complaint.contains("--chatwoot-api-token"), "{half:?}");
}
