//! A stand-in, a receiver of its webhooks, and a client of its API.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::post;
use chatwoot_sim::{DeliveryOptions, Faults, Millis, Options, Running, Sim};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::Barrier;
use tokio_util::sync::{CancellationToken, DropGuard};

/// Prompt and free of chance.
pub fn options() -> Options {
    Options {
        delivery: DeliveryOptions {
            build_delay: Millis::between(0, 0),
            // On a busy machine too, all that is sent arrives.
            timeout: Duration::from_secs(30),
            ..DeliveryOptions::default()
        },
        ..Options::default()
    }
}

pub struct World {
    pub sim: Sim,
    pub url: String,
    pub receiver: Receiver,
    _stop: DropGuard,
}

impl World {
    pub async fn new() -> Self {
        Self::with(options()).await
    }

    pub async fn with(options: Options) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let shutdown = CancellationToken::new();
        let running: Running = Sim::start(options, listener, shutdown.clone()).await.unwrap();
        let url = running.url();
        let receiver = Receiver::start(shutdown.clone()).await;
        Self { sim: running.sim, url, receiver, _stop: shutdown.drop_guard() }
    }

    pub fn subscribe(&self, events: &[&str]) -> String {
        self.sim.register_webhook(1, &self.receiver.at("hook"), events).unwrap().secret
    }

    pub fn set(&self, change: impl FnOnce(&mut Faults)) {
        let mut faults = Faults::default();
        change(&mut faults);
        self.sim.set_faults(faults).unwrap();
    }

    pub fn client(&self, token: &str) -> Client {
        let base = format!("{}/api/v1/accounts/1", self.url);
        Client { http: reqwest::Client::new(), base, token: token.to_owned() }
    }

    pub fn admin(&self) -> Client {
        self.client("sim-admin-token")
    }
}

pub struct Client {
    pub http: reqwest::Client,
    pub base: String,
    pub token: String,
}

impl Client {
    pub fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}{path}", self.base);
        let method = method.parse().unwrap();
        self.http.request(method, url).header("Api-Access-Token", &self.token)
    }

    pub async fn call(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let mut request = self.request(method, path);
        if let Some(body) = body {
            request = request.json(&body);
        }
        answer(request.send().await.unwrap()).await
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        self.call("GET", path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.call("POST", path, Some(body)).await
    }
}

/// The body as JSON; null if empty, text if it is none.
pub async fn answer(response: reqwest::Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    if text.is_empty() {
        return (status, Value::Null);
    }
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

#[derive(Clone)]
pub struct Got {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Got {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// Answers by path: `hook` 200, `fail` 500, `moved` redirects to `hook`, `silent` never,
/// `together` once four requests wait.
#[derive(Clone)]
pub struct Receiver {
    url: String,
    shared: Arc<Shared>,
}

struct Shared {
    got: Mutex<Vec<Got>>,
    together: Barrier,
    shutdown: CancellationToken,
}

impl Receiver {
    async fn start(shutdown: CancellationToken) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let got = Mutex::new(Vec::new());
        let shared = Arc::new(Shared { got, together: Barrier::new(4), shutdown });
        let router =
            axum::Router::new().route("/{path}", post(receive)).with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, shared }
    }

    pub fn at(&self, path: &str) -> String {
        format!("{}/{path}", self.url)
    }

    pub fn got(&self) -> Vec<Got> {
        self.shared.got.lock().unwrap().clone()
    }

    pub fn forget(&self) {
        self.shared.got.lock().unwrap().clear();
    }

    pub fn bodies(&self) -> Vec<Value> {
        self.got().iter().map(Got::json).collect()
    }

    /// Names of the events, sorted.
    pub fn events(&self) -> Vec<String> {
        let mut names: Vec<_> =
            self.bodies().iter().map(|body| body["event"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names
    }

    pub fn only(&self, event: &str) -> Value {
        let mut hits: Vec<_> =
            self.bodies().into_iter().filter(|body| body["event"] == event).collect();
        assert_eq!(hits.len(), 1, "{event} among {:?}", self.events());
        hits.remove(0)
    }
}

async fn receive(
    State(shared): State<Arc<Shared>>,
    Path(path): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    shared.got.lock().unwrap().push(Got { path: path.clone(), headers, body });
    match path.as_str() {
        "fail" => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        "moved" => Redirect::to("/hook").into_response(),
        "silent" => {
            shared.shutdown.cancelled().await;
            StatusCode::OK.into_response()
        }
        "together" => {
            shared.together.wait().await;
            StatusCode::OK.into_response()
        }
        _ => StatusCode::OK.into_response(),
    }
}

/// Replaces times by the name of their format, so that a snapshot shows formats.
pub fn mask(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            object.iter().map(|(key, value)| (key.clone(), mask(value))).collect()
        }
        Value::Array(list) => list.iter().map(mask).collect(),
        Value::Number(number) if number.is_f64() => "[float seconds]".into(),
        Value::Number(number) if number.as_i64().is_some_and(|n| n > 1_500_000_000) => {
            "[seconds]".into()
        }
        Value::String(text) if is_iso(text) => "[iso]".into(),
        Value::String(text) if text.len() == 36 && text.matches('-').count() == 4 => {
            "[uuid]".into()
        }
        Value::String(text) if text.starts_with("http://127.0.0.1:") => {
            let path = text.splitn(4, '/').nth(3).unwrap_or_default();
            format!("[base]/{path}").into()
        }
        other => other.clone(),
    }
}

/// `2026-10-06T08:15:42.188Z`: three digits, no more and no less.
fn is_iso(text: &str) -> bool {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    shape == "0000-00-00T00:00:00.000Z"
}

/// True if nothing comes of the future for a moment. A slow machine can only make it true.
pub async fn waits(future: impl Future<Output = ()>) -> bool {
    tokio::time::timeout(Duration::from_millis(100), future).await.is_err()
}
