//! `docs/api.md` works as it is written.

use std::path::Path;

use serde_json::json;
use tokio::process::Command;

use crate::support::{Seed, Served};

/// Where the document has the API.
const ADDRESS: &str = "http://localhost:8000";

fn document() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/api.md");
    std::fs::read_to_string(path).unwrap()
}

/// All commands of the document, as one script.
fn commands(document: &str) -> String {
    let blocks = document.split("```sh\n").skip(1);
    blocks.map(|block| block.split("```").next().unwrap()).collect()
}

#[tokio::test]
async fn the_walk_works_as_written() {
    let served = Served::start().await;
    let seed = Seed { messages: vec![("incoming", "It is broken")], ..Seed::open(1) };
    let conversation = served.write(&seed).await;
    let script = commands(&document()).replace(ADDRESS, &served.base);
    assert!(script.contains(&served.base) && script.matches("curl").count() >= 8);
    let run = Command::new("sh").args(["-eu", "-c", &script]).output().await.unwrap();
    let (said, wrong) =
        (String::from_utf8(run.stdout).unwrap(), String::from_utf8(run.stderr).unwrap());
    assert!(run.status.success(), "{said}\n{wrong}");

    let approvals = served.read("/approvals").await;
    let [approval] = &approvals["data"].as_array().unwrap()[..] else { panic!("{approvals}") };
    assert_eq!(approval["status"], "approved");
    assert_eq!(
        (&approval["requestedBy"], &approval["decidedBy"]),
        (&json!("Dev Agent"), &json!("Dev Admin"))
    );
    let messages = served.read(&format!("/conversations/{conversation}/messages")).await;
    assert_eq!(messages["data"][1]["content"], "We refund it today.");
    assert_eq!(messages["data"][1]["id"], approval["messageId"]);
    let now = served.read(&format!("/conversations/{conversation}")).await;
    assert_eq!((&now["priority"], &now["labels"]), (&json!("high"), &json!(["parcel"])));
    assert!(said.contains("approval_approved") && said.contains("conversation_change_queued"));
    let account = said.lines().last().unwrap();
    assert!(account.contains(&served.ours.key.to_string()), "{account}");
}

/// The codes that the document explains are those of the program.
#[test]
fn the_refusals_are_the_programs() {
    let document = document();
    let table = document.split("## Refusals").nth(1).unwrap();
    let rows: Vec<_> = table.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    assert!(rows.len() > 10);
    let source = include_str!("../../src/error.rs");
    for code in rows.iter().flat_map(|row| row.split('|').nth(2).unwrap().split(',')) {
        let code = code.trim().trim_matches('`');
        assert!(source.contains(&format!("\"{code}\", ")), "{code}");
    }
}
