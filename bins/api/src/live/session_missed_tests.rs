//! What a client missed is not told whatever it takes.

use super::*;

/// P9: each client that comes back would hold its own, until it has read it.
#[test]
fn who_missed_something_large_reads_the_state_again() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _entered = runtime.enter();
    let (past, fan_out) = (Past::default(), FanOut::default());
    past.0.lock().unwrap().ours.extend([true, true, false, true]);
    fan_out.begin(&past.0.lock().unwrap().position());
    let told = |large: &[u64], filter: Filter| {
        past.0.lock().unwrap().large = large.to_vec();
        let resume = Resume::from_last_event_id(Some("e0:0"));
        let mut session = Session::begin(
            past.clone(),
            fan_out.clone(),
            Terms { filter, ..terms(resume) },
            Endings::at(CancellationToken::new()).join(),
        );
        let mut frames = Vec::new();
        for _ in 0..4 {
            while let Some(Some(frame)) = session.next().now_or_never() {
                frames.push(frame);
            }
        }
        let frames = frames.iter().map(|frame| std::str::from_utf8(frame).unwrap());
        let kinds = frames.filter_map(|frame| {
            let field = |name| frame.lines().find_map(|line| line.strip_prefix(name));
            Some(format!("{} {}", field("event: ")?, field("id: ")?))
        });
        kinds.collect::<Vec<_>>()
    };
    let all = ["note e0:1", "note e0:2", "note e0:4", "ready e0:4"];
    assert_eq!(told(&[], Filter::default()), all);
    assert_eq!(told(&[2], Filter::default()), ["note e0:1", "reset e0:4"]);
    assert_eq!(told(&[3], Filter::default()), all, "another tenant's");
    let others = Filter { kinds: Some(vec!["other".to_owned()]), ..Filter::default() };
    assert_eq!(told(&[2], others), ["ready e0:4"], "it would not be told anyway");
}
