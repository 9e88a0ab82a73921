//! People, by a real OpenID provider.

use api::{AuthMode, Config};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Permissions;
use serde_json::{Value, json};
use testkit::{OpenId, eventually, eventually_some, free_port};
use tokio::net::TcpListener;

use crate::support::{Served, Stream, problem};

pub const AUDIENCE: &str = "axis";

fn config(issuer: &str) -> Config {
    let oidc = identity::Config {
        oidc_issuer: Some(issuer.to_owned()),
        oidc_audience: Some(AUDIENCE.to_owned()),
        oidc_clock_skew_seconds: 0,
        ..identity::Config::default()
    };
    Config { auth_mode: AuthMode::Oidc, oidc, ..Config::default() }
}

/// An API that trusts this provider: `acme` is tenant `acme`, `other` is `other`.
pub async fn trusting(provider: &OpenId) -> Served {
    let served = Served::with(config(provider.issuer())).await;
    let steward = served.installation_key(Permissions::of_installation()).await;
    for (name, number) in [("acme", 2), ("other", 3)] {
        served.world.account(name, number).await;
        let claims = served.url(&format!("/tenants/{name}/claims"));
        let request = served.http.post(claims).bearer_auth(&steward);
        let answer = request.json(&json!({ "claim": name })).send().await.unwrap();
        assert_eq!(answer.status(), 201);
    }
    served
}

/// What an address answers to whoever shows this.
async fn asked(served: &Served, token: &str, path: &str) -> u16 {
    let request = served.http.get(served.url(path)).bearer_auth(token);
    request.send().await.unwrap().status().as_u16()
}

async fn refused(served: &Served, token: &str, because: &str) {
    let request = served.http.get(served.url("/conversations")).bearer_auth(token);
    let answer = request.send().await.unwrap();
    assert_eq!(problem(answer).await, (401, "unauthorized".to_owned()), "{because}");
}

/// They are looked up like all others, so they could have those wait.
#[tokio::test]
async fn the_requests_of_people_without_a_tenant_are_counted_too() {
    let provider = OpenId::start().await;
    let config = Config { api_requests_per_minute: 2, ..config(provider.issuer()) };
    let served = Served::with(config).await;
    for person in ["eve", "joe"] {
        let mut statuses = Vec::new();
        for path in ["/labels", "/tenants", "/me"] {
            let token = provider.sign_in(person, AUDIENCE).await.access_token;
            statuses.push(asked(&served, &token, path).await);
        }
        assert_eq!(statuses, [403, 403, 429], "{person}");
    }
}

#[tokio::test]
async fn who_signs_in_is_a_member_of_their_tenant_and_may_do_what_their_roles_may() {
    let provider = OpenId::start().await;
    let served = trusting(&provider).await;
    for algorithm in ["RS256", "PS256", "ES256", "EdDSA"] {
        let audience = format!("{AUDIENCE}?alg={algorithm}");
        let ana = provider.sign_in("ana", &audience).await.access_token;
        assert_eq!(asked(&served, &ana, "/conversations").await, 200, "{algorithm}");
        assert_eq!(asked(&served, &ana, "/api-keys").await, 403, "{algorithm}");
    }
    let kim = provider.sign_in("kim", AUDIENCE).await.access_token;
    assert_eq!(asked(&served, &kim, "/conversations").await, 200, "acme is the last of her groups");
    for (person, why) in [
        ("eve", "nobody said whose she is"),
        ("joe", "he is of two tenants"),
        ("lea", "so is she, though the second comes late"),
    ] {
        let token = provider.sign_in(person, AUDIENCE).await.access_token;
        let request = served.http.get(served.url("/conversations")).bearer_auth(token);
        let answer = problem(request.send().await.unwrap()).await;
        assert_eq!(answer, (403, "no-tenant".to_owned()), "{why}");
    }
    let max = provider.sign_in("max", AUDIENCE).await.access_token;
    assert_eq!(asked(&served, &max, "/conversations").await, 403, "he has no role");
    refused(&served, "mock-token", "this is not for development").await;
    let described = served.http.get(served.url("/openapi.json")).send().await.unwrap();
    let described: Value = described.json().await.unwrap();
    let scheme = &described["components"]["securitySchemes"]["openId"];
    assert!(scheme["openIdConnectUrl"].as_str().unwrap().starts_with(provider.issuer()));

    let key = served.key("acme", domain::Role::Viewer.permissions()).await;
    assert_eq!(asked(&served, &key, "/conversations").await, 200, "machines come in as ever");
}

#[tokio::test]
async fn only_a_good_token_of_this_provider_for_this_api_opens_anything() {
    let provider = OpenId::start().await;
    let served = trusting(&provider).await;
    let ana = provider.sign_in("ana", AUDIENCE).await;
    assert_eq!(asked(&served, &ana.access_token, "/conversations").await, 200);

    refused(&served, &ana.id_token, "an id token is for the application").await;
    let wrong = provider.sign_in("ana", "another-api").await.access_token;
    refused(&served, &wrong, "it is meant for another API").await;
    let short = provider.sign_in("ana", "axis?ttl=1").await.access_token;
    eventually("an old token is refused", || async {
        asked(&served, &short, "/conversations").await == 401
    })
    .await;

    let other = OpenId::start().await;
    let theirs = other.sign_in("ana", AUDIENCE).await.access_token;
    refused(&served, &theirs, "another provider made it").await;
    let liar = OpenId::start_as(free_port(), provider.issuer()).await;
    let forged = liar.sign_in("ana", AUDIENCE).await.access_token;
    refused(&served, &forged, "its key has the same name and is another one").await;

    let parts: Vec<_> = ana.access_token.split('.').collect();
    let [header, claims, signature] = &parts[..] else { panic!("three parts") };
    let encode = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let kid = "RS256-1";
    let mut more: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    more["realm_access"]["roles"] = json!(["admin"]);
    for (header, claims, signature, because) in [
        (encode(json!({ "alg": "none" })), *claims, "", "it is not signed"),
        (encode(json!({ "alg": "none", "kid": kid })), *claims, *signature, "it says so"),
        (encode(json!({ "alg": "HS256", "kid": kid })), *claims, *signature, "a shared secret"),
        (encode(json!({ "alg": "PS256", "kid": kid })), *claims, *signature, "the key's other use"),
        (encode(json!({ "alg": "RS256" })), *claims, *signature, "no key is named"),
        (encode(json!({ "alg": "RS256", "kid": kid, "crit": ["x"] })), *claims, *signature, "crit"),
        ((*header).to_owned(), &*encode(more), *signature, "its claims were changed"),
        ((*header).to_owned(), *claims, "", "its signature is missing"),
    ] {
        refused(&served, &format!("{header}.{claims}.{signature}"), because).await;
    }
    let long = "a".repeat(20_000);
    for text in ["", ".", "..", "a.b.c", &long] {
        refused(&served, text, text).await;
    }
}

#[tokio::test]
async fn keys_may_change_and_those_taken_back_are_good_no_longer() {
    let mut provider = OpenId::start().await;
    let served = trusting(&provider).await;
    let old = provider.sign_in("ana", AUDIENCE).await.access_token;
    assert_eq!(asked(&served, &old, "/conversations").await, 200);
    provider.rotate().await;
    let new = provider.sign_in("ana", AUDIENCE).await.access_token;
    // The provider is asked at most once a second.
    eventually("the new key is known", || async {
        asked(&served, &new, "/conversations").await == 200
    })
    .await;
    assert_eq!(asked(&served, &old, "/conversations").await, 200, "the old one is published yet");
    provider.retire().await;
    let newest = provider.sign_in("ana", AUDIENCE).await.access_token;
    eventually("the newest key is known", || async {
        asked(&served, &newest, "/conversations").await == 200
    })
    .await;
    refused(&served, &old, "its key was taken back").await;
    refused(&served, &new, "its key was taken back").await;

    provider.kill().await;
    assert_eq!(asked(&served, &newest, "/conversations").await, 200, "the keys are known");
    eventually("nobody can say what an unknown key is worth", || async {
        asked(&served, &new, "/conversations").await == 503
    })
    .await;
}

#[tokio::test]
async fn a_provider_that_is_away_or_another_one_lets_nobody_in_and_is_said_to_be() {
    let mut provider = OpenId::start().await;
    let ana = provider.sign_in("ana", AUDIENCE).await.access_token;
    provider.kill().await;
    let served = trusting(&provider).await;
    for _ in 0..3 {
        let request = served.http.get(served.url("/conversations")).bearer_auth(&ana);
        let answer = request.send().await.unwrap();
        assert!(answer.headers().contains_key("retry-after"));
        assert_eq!(problem(answer).await, (503, "no-provider".to_owned()));
    }
    let health: Value =
        served.http.get(served.url("/health")).send().await.unwrap().json().await.unwrap();
    assert_eq!(health["checks"]["openid"]["status"], "degraded", "{health}");
}

/// Machines have keys, of which it knows nothing.
#[tokio::test]
async fn a_provider_that_is_silent_takes_no_api_out_of_service() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://{}", silent.local_addr().unwrap());
    let served = Served::with(config(&issuer)).await;
    // On a busy machine the database may be late, and count as away for a moment.
    let health: Value = eventually_some("it is in service", || async {
        let answer = served.http.get(served.url("/health")).send().await.unwrap();
        if answer.status() == 200 { answer.json().await.ok() } else { None }
    })
    .await;
    let openid = json!({ "status": "degraded", "detail": "does not answer: nobody can sign in" });
    assert_eq!(health["checks"]["openid"], openid);
}

#[tokio::test]
async fn a_stream_ends_with_the_token() {
    let provider = OpenId::start().await;
    let served = trusting(&provider).await;
    let follow = async |audience: &str| {
        // On a busy machine a short life may be over before anybody has asked.
        eventually_some("the stream is open", || async {
            let ana = provider.sign_in("ana", audience).await.access_token;
            let request = served.http.get(served.url("/activity")).bearer_auth(&ana);
            let mut stream = Stream::unless_refused(request, None).await?;
            let first = stream.next().await?;
            assert_eq!(first.kind, "ready", "{first:?}");
            Some((stream, ana))
        })
        .await
    };
    // The first one waits for the provider's keys and for the API, the second one for nothing.
    follow(AUDIENCE).await;
    let (mut stream, ana) = follow("axis?ttl=6").await;
    assert_eq!(stream.next().await, None, "the stream ends");
    eventually("the token has ended", || async {
        asked(&served, &ana, "/conversations").await == 401
    })
    .await;
}
