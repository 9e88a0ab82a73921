use api::Config;

use crate::support::Served;

#[tokio::test]
async fn the_shell_is_served_and_finds_its_own_way() {
    let folder = testkit::scratch("shell");
    std::fs::create_dir_all(folder.join("assets")).unwrap();
    std::fs::write(folder.join("index.html"), "the shell").unwrap();
    std::fs::write(folder.join("assets/a.js"), "code").unwrap();
    let served = Served::with(Config { shell_dir: Some(folder), ..Config::default() }).await;
    let get = |path: &str| served.http.get(format!("{}{path}", served.base)).send();
    for path in ["/", "/app/", "/app/inbox/7"] {
        let page = get(path).await.unwrap();
        assert_eq!(page.headers()["cache-control"], "no-cache", "{path}");
        let policy = page.headers()["content-security-policy"].to_str().unwrap();
        let scripts = policy.split("; ").find(|rule| rule.starts_with("script-src")).unwrap();
        assert_eq!(scripts, "script-src 'self'", "{path}");
        assert!(!policy.contains(" http:"), "{policy}");
        assert_eq!(page.text().await.unwrap(), "the shell", "{path}");
    }
    let code = get("/app/assets/a.js").await.unwrap();
    assert!(code.headers()["cache-control"].to_str().unwrap().contains("immutable"));
    // A release that is half rolled out may not have it yet.
    let missing = get("/app/assets/b.js").await.unwrap();
    assert_eq!(
        (missing.status().as_u16(), &missing.headers()["cache-control"]),
        (404, &"no-store".parse().unwrap())
    );
    let away = get("/app/..%2f..%2fetc/passwd").await.unwrap();
    assert_ne!(away.text().await.unwrap(), "root");
}

#[tokio::test]
async fn without_a_shell_there_is_a_page_that_says_so() {
    let served = Served::start().await;
    let page = served.http.get(&served.base).send().await.unwrap();
    assert!(page.text().await.unwrap().contains("/api/v1/docs"));
}
