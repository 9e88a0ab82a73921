//! Who calls, and how people sign in.

use api::{AuthMode, Config, SignIn};
use domain::Role;
use serde_json::{Value, json};

use crate::support::{Served, TENANT};

#[tokio::test]
async fn a_caller_reads_who_they_are_and_what_they_may_do() {
    let served = Served::start().await;
    let me: Value = served.read("/me").await;
    assert_eq!(me["id"], "dev-admin");
    assert_eq!(me["kind"], "member");
    assert_eq!(me["tenantId"], TENANT);
    assert_eq!(me["permissions"], json!(Role::Admin.permissions().names()));

    let key = served.key(TENANT, Role::Viewer.permissions()).await;
    let request = served.http.get(served.url("/me")).bearer_auth(key);
    let me: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(me["kind"], "api_key");
    let permissions = me["permissions"].as_array().unwrap();
    assert!(permissions.contains(&json!("operations:read")), "{me}");
    assert!(!permissions.contains(&json!("dead-letters:redrive")), "{me}");
}

#[tokio::test]
async fn anybody_reads_how_people_sign_in() {
    let served = Served::start().await;
    let request = served.http.get(served.url("/auth/config"));
    let config: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(config, json!({ "mode": "dev" }));
}

#[tokio::test]
async fn the_shell_may_speak_to_the_provider_that_signs_people_in() {
    let folder = testkit::scratch("shell");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("index.html"), "the shell").unwrap();
    let oidc = identity::Config {
        oidc_issuer: Some("https://id.example.com:8443/realms/axis".to_owned()),
        oidc_audience: Some("axis".to_owned()),
        ..identity::Config::default()
    };
    let sign_in = SignIn {
        // As the protocol writes them, and as lists are written here.
        oidc_scopes: vec!["openid  offline_access".to_owned(), " email".to_owned()],
        oidc_parameters: vec![("audience".to_owned(), "axis".to_owned())],
        oidc_origins: vec!["https://tokens.example.com".parse().unwrap()],
        ..SignIn::default()
    };
    let served = Served::with(Config {
        auth_mode: AuthMode::Oidc,
        oidc,
        sign_in,
        shell_dir: Some(folder),
        ..Config::default()
    })
    .await;
    let request = served.http.get(served.url("/auth/config"));
    let config: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(
        config,
        json!({
            "mode": "oidc",
            "issuer": "https://id.example.com:8443/realms/axis",
            "clientId": "shell",
            "scopes": ["openid", "offline_access", "email"],
            "parameters": { "audience": "axis" },
        })
    );
    let page = served.http.get(format!("{}/app/", served.base)).send().await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    let connect = policy.split("; ").find(|rule| rule.starts_with("connect-src")).unwrap();
    assert_eq!(
        connect,
        "connect-src 'self' https://id.example.com:8443 https://tokens.example.com"
    );
}
