use super::*;
use crate::plan::{Plan, tests::inbound};

fn queue() -> Queue {
    Queue { turns: Turns::new(4, 200), running: 0, begun: Instant::now(), watched: false }
}

/// The last turn has, however long this test takes.
fn has_just_begun(queue: &mut Queue) {
    queue.begun = Instant::now() + Duration::from_hours(1);
}

fn add(queue: &mut Queue, events: usize) {
    let account = AccountKey::generate();
    for _ in 0..events {
        let inbound = inbound(account);
        let (digest, plan) = (Vec::new(), Plan::default());
        let planned = Planned { inbound, sequence: 1, attempt: 1, digest, plan };
        let tenant = planned.inbound.tenant.clone();
        queue.turns.add(&tenant, account, Waiting { planned, told: oneshot::channel().0 });
    }
}

#[test]
fn a_few_wait_for_the_last_turn_but_not_for_long() {
    let mut queue = queue();
    add(&mut queue, 1);
    assert_eq!(queue.begin(4).len(), 1, "nothing else runs");
    has_just_begun(&mut queue);
    add(&mut queue, FEW);
    assert!(queue.begin(4).is_empty());
    queue.begun = Instant::now().checked_sub(GATHERING).unwrap();
    assert_eq!(queue.begin(4).len(), 1);
}

#[test]
fn many_do_not_wait_and_a_few_wait_for_no_longer_than_a_turn() {
    let mut queue = queue();
    add(&mut queue, 1);
    let (first, _) = queue.begin(4).remove(0);
    has_just_begun(&mut queue);
    add(&mut queue, FEW);
    assert!(queue.begin(4).is_empty());
    add(&mut queue, 1);
    assert_eq!(queue.begin(4).len(), 1, "they are many by now");
    has_just_begun(&mut queue);
    add(&mut queue, 1);
    queue.end(&first, &HashSet::new());
    assert!(queue.begin(4).is_empty(), "the second is still at work");
    queue.running = 0;
    assert_eq!(queue.begin(4).len(), 1);
}
