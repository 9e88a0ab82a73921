//! What alerts are made of: a counter that is born with its first event has not grown by it.

use std::collections::BTreeSet;

use testkit::{Program, World, eventually};

use crate::installation::Servers;

const MANUAL: &str = include_str!("../../../../docs/operations.md");
const PROGRAMS: [&str; 4] = ["receiver", "sync-worker", "outbound-worker", "api"];

#[tokio::test(flavor = "multi_thread")]
async fn every_counter_of_the_manual_is_there_before_anything_happens() {
    let world = World::start().await;
    let servers = Servers { bus: &world.bus_config, store: &world.store_config };
    let programs = [
        servers.receiver(&[]).await,
        servers.sync_worker(&[]).await,
        servers.outbound_worker(&[]).await,
        servers.api(&[]).await,
    ];
    for worker in &programs[1..3] {
        eventually("the worker begins to consume", async || {
            counted(&metrics(worker).await).contains("axis_consumed_total")
        })
        .await;
    }
    let mut of_all = BTreeSet::new();
    for (name, program) in PROGRAMS.iter().zip(&programs) {
        let told = metrics(program).await;
        let info = told.lines().find_map(|line| line.strip_prefix("axis_build_info{program=\""));
        let whose = info.and_then(|info| info.split_once('"'));
        assert!(whose.is_some_and(|(program, _)| program.ends_with(name)), "{name}: {info:?}");
        let exported = counted(&told);
        let missing: Vec<_> =
            tabled(name).into_iter().filter(|counter| !exported.contains(*counter)).collect();
        assert!(missing.is_empty(), "{name} lacks {missing:?}");
        of_all.extend(exported);
    }
    let named: BTreeSet<String> = counters(MANUAL).map(str::to_owned).collect();
    assert_eq!(named, of_all, "what the manual names, and what the programs have");
}

async fn metrics(program: &Program) -> String {
    let asked = testkit::http().get(format!("{}/metrics", program.url()));
    asked.send().await.unwrap().text().await.unwrap()
}

/// The counters that a program has.
fn counted(metrics: &str) -> BTreeSet<String> {
    let types = metrics.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    types.filter_map(|line| line.strip_suffix(" counter")).map(str::to_owned).collect()
}

/// The counters in a text.
fn counters(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !(c.is_ascii_lowercase() || c == '_'));
    words.filter(|word| word.starts_with("axis_") && word.ends_with("_total"))
}

/// The counters that the manual's table says a program has.
fn tabled(program: &str) -> BTreeSet<&'static str> {
    let (_, table) = MANUAL.split_once("| program | metric | tells |").unwrap();
    let mut whose = "";
    let mut found = BTreeSet::new();
    for row in table.lines().filter(|line| line.starts_with('|')) {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        if !cells[1].is_empty() {
            whose = cells[1];
        }
        let has = match whose {
            "all" => true,
            "workers" => program.ends_with("worker"),
            one => one == program,
        };
        if has {
            found.extend(counters(cells[2]));
        }
    }
    found
}
