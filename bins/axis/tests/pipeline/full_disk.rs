//! The disk of NATS is full for a moment, after which one stream takes nothing although NATS answers.

use serde_json::json;
use testkit::{World, eventually, stick};

use crate::system::{ACCOUNT, System, Workers};
use crate::waiting::metric;

const ANNOUNCERS: [&str; 3] = ["sync-worker 1", "outbound-worker 1", "api"];

#[tokio::test(flavor = "multi_thread")]
async fn who_announces_says_that_nobody_is_told_until_nats_is_restarted() {
    let system = System::start(Workers { sync: 1, outbound: 1 }).await;
    let (number, _) = system.sim.start_conversation(ACCOUNT, "Where is it?").unwrap();
    let conversation = system.conversation(number).await["id"].as_str().unwrap().to_owned();
    let parts = async |part: &str| {
        let name = format!("axis_health{{part=\"{part}\"}}");
        let mut all = Vec::new();
        for program in ANNOUNCERS {
            all.push(metric(&system.programs[program], &name).await);
        }
        all
    };
    let [up, degraded] = [vec![Some(0.0); 3], vec![Some(1.0); 3]];
    eventually("all is well", async || parts("announcements").await == up).await;

    let World { nats, bus, .. } = &system.world;
    stick(nats, bus, &["activity.nobody.test"]).await;
    system.sim.customer_writes(ACCOUNT, number, "Is anybody there?").unwrap();
    let left = async || {
        metric(&system.programs["api"], "axis_announcements_left_total").await.unwrap_or_default()
    };
    // The API tries once to announce a change.
    for priority in ["high", "low"].into_iter().cycle().take(30) {
        if parts("announcements").await == degraded {
            break;
        }
        let before = left().await;
        let path = system.api(&format!("/conversations/{conversation}"));
        let change = json!({ "priority": priority });
        let change = system.http.patch(path).bearer_auth("mock-token").json(&change);
        assert!(change.send().await.unwrap().status().is_success());
        eventually("the change is not announced", async || left().await > before).await;
    }
    assert_eq!(parts("announcements").await, degraded);
    assert_eq!(parts("nats").await, up, "NATS answers");
    let (well, told) = system.axis(&["doctor"]).await;
    assert!(!well && told.contains("ACTIVITY takes and delivers nothing"), "{told}");

    nats.restart().await.unwrap();
    eventually("all is well again", async || parts("announcements").await == up).await;
    system.stop().await;
}
