//! A real OpenID provider, and people who sign in there.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Stdio;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Url;
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::process::{Child, Command};

use crate::{eventually, free_port, scratch};

const CALLBACK: &str = "http://127.0.0.1/callback";

/// An OpenID provider, which ends when this is dropped.
pub struct OpenId {
    port: u16,
    issuer: String,
    child: Child,
}

/// The tokens of somebody who has signed in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The token for the API.
    pub access_token: String,
    /// The token for the application.
    pub id_token: String,
}

impl OpenId {
    /// Starts a provider.
    pub async fn start() -> Self {
        let port = free_port();
        Self::start_as(port, &format!("http://127.0.0.1:{port}")).await
    }

    /// Starts a provider that claims this issuer, which need not be true.
    pub async fn start_as(port: u16, issuer: &str) -> Self {
        let script = root().join(".tools/openid/provider.mjs");
        let log = scratch("openid").join("log");
        let file = std::fs::File::create(&log).expect("a log can be made");
        let child = Command::new("node")
            .arg(script)
            .args([&port.to_string(), issuer])
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("a file can be shared"))
            .stderr(file)
            .kill_on_drop(true)
            .spawn()
            .expect("node runs; was `make setup` run?");
        let what = format!("the provider listens; its log is {}", log.display());
        eventually(&what, || async {
            let told = std::fs::read_to_string(&log).unwrap_or_default();
            assert!(!told.contains("ERR_MODULE_NOT_FOUND"), "run `tools/setup test`: {told}");
            told.lines().any(|line| line == "ready")
        })
        .await;
        Self { port, issuer: issuer.to_owned(), child }
    }

    /// The issuer that the provider claims to be.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Has the provider sign with a new key from now on.
    pub async fn rotate(&self) {
        self.tell("rotate").await;
    }

    /// Withdraws all keys except for a new one.
    pub async fn retire(&self) {
        self.tell("retire").await;
    }

    /// Kills the provider.
    pub async fn kill(&mut self) {
        self.child.kill().await.expect("a running program can be killed");
    }

    async fn tell(&self, what: &str) {
        let request = crate::http().post(self.at(&format!("/test/{what}")));
        let answer = request.send().await.expect("the provider answers");
        assert!(answer.status().is_success(), "{what}: {}", answer.status());
    }

    fn at(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Signs somebody in as a browser does, by authorisation code with PKCE. The access token is for `audience`, which
    /// may have options: `axis?alg=ES256&ttl=1`.
    pub async fn sign_in(&self, person: &str, audience: &str) -> SignedIn {
        let verifier =
            format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
        let resource = format!("urn:{audience}");
        let asked = [
            ("client_id", "shell"),
            ("redirect_uri", CALLBACK),
            ("response_type", "code"),
            ("scope", "openid"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("login_hint", person),
            ("resource", &resource),
        ];
        let start = Url::parse_with_params(&self.at("/auth"), asked).expect("an address");
        let code = self.follow(start).await;
        let form = Url::parse_with_params(
            "http://form",
            [
                ("grant_type", "authorization_code"),
                ("client_id", "shell"),
                ("redirect_uri", CALLBACK),
                ("code", &code),
                ("code_verifier", &verifier),
                ("resource", &resource),
            ],
        );
        let form = form.expect("an address").query().unwrap_or_default().to_owned();
        let request = crate::http()
            .post(self.at("/token"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form);
        let answer = request.send().await.expect("the provider answers");
        let tokens: Value = answer.json().await.expect("its answer is JSON");
        let token = |name: &str| tokens[name].as_str().expect("a token").to_owned();
        SignedIn { access_token: token("access_token"), id_token: token("id_token") }
    }

    /// Follows the provider's redirects, with its cookies, until one leads back to us. Returns the authorisation code.
    async fn follow(&self, start: Url) -> String {
        let client = crate::http::builder().redirect(reqwest::redirect::Policy::none());
        let client = client.build().expect("a client");
        let mut cookies = BTreeMap::new();
        let mut place = start;
        let mut hops = 0;
        loop {
            hops += 1;
            assert!(hops < 10, "the provider sends a browser round and round");
            let jar: Vec<_> =
                cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let request = client.get(place.clone()).header(COOKIE, jar.join("; "));
            let answer = request.send().await.expect("the provider answers");
            for cookie in answer.headers().get_all(SET_COOKIE) {
                let cookie = cookie.to_str().expect("text").split(';').next().unwrap_or_default();
                let (name, value) = cookie.split_once('=').expect("a cookie has a name");
                cookies.insert(name.to_owned(), value.to_owned());
            }
            let next = answer.headers().get(LOCATION).map(|next| next.to_str().expect("text"));
            let next = next.expect("the provider sends a browser on");
            place = place.join(next).expect("an address");
            if place.as_str().starts_with(CALLBACK) {
                let code = place.query_pairs().find(|(name, _)| name == "code");
                return code.expect("the provider gives a code").1.into_owned();
            }
        }
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}
