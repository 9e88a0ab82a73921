use super::*;

const NOBODY: [AccountKey; 0] = [];

fn accounts<const N: usize>() -> [AccountKey; N] {
    std::array::from_fn(|n| AccountKey(uuid::Uuid::from_u128(n as u128)))
}

fn tenant(name: &str) -> TenantId {
    name.parse().unwrap()
}

fn add(turns: &mut Turns<u32>, account: AccountKey, events: u32) {
    add_of("acme", turns, account, events);
}

fn add_of(name: &str, turns: &mut Turns<u32>, account: AccountKey, events: u32) {
    for event in 0..events {
        turns.add(&tenant(name), account, event);
    }
}

#[test]
fn the_few_events_of_many_share_a_transaction() {
    let mut turns = Turns::new(4, 10);
    let all = accounts::<7>();
    for account in all {
        add(&mut turns, account, 2);
    }
    let (first, events) = turns.take().unwrap();
    assert_eq!((first.accounts.as_slice(), events.len()), (&all[..5], 10));
    assert_eq!(turns.waiting(), 4);
    assert_eq!(turns.take().unwrap().0.accounts, all[5..]);
    assert!(turns.take().is_none());
    assert_eq!(turns.waiting(), 0);
}

#[test]
fn a_flood_leaves_an_applier_and_others_do_not_travel_with_it() {
    let mut turns = Turns::new(4, 200);
    let [flood, quiet] = accounts();
    add(&mut turns, flood, 50_000);
    let (first, events) = turns.take().unwrap();
    assert_eq!((events.len(), events[0], events[199]), (200, 0, 199));
    let (second, _) = turns.take().unwrap();
    let (third, _) = turns.take().unwrap();
    assert!(turns.take().is_none(), "three of four appliers are all it gets");
    add(&mut turns, quiet, 1);
    let (theirs, _) = turns.take().unwrap();
    assert_eq!(theirs.accounts, [quiet]);
    turns.ended(&theirs, &NOBODY.into());

    turns.ended(&first, &NOBODY.into());
    turns.ended(&second, &NOBODY.into());
    assert!(turns.take().is_none(), "one is all it gets while somebody else is about");
    let mut running = third;
    for _ in 0..ABOUT - 1 {
        turns.ended(&running, &NOBODY.into());
        running = turns.take().unwrap().0;
        assert!(turns.take().is_none());
    }
    turns.ended(&running, &NOBODY.into());
    for _ in 0..3 {
        turns.take().unwrap();
    }
    assert!(turns.take().is_none(), "three again, once nobody else was seen for long");
}

#[test]
fn a_third_transaction_of_one_account_begins_full_or_not_at_all() {
    let mut turns = Turns::new(4, 100);
    let [only] = accounts();
    for _ in 0..2 {
        add(&mut turns, only, 50);
        turns.take().unwrap();
    }
    add(&mut turns, only, 99);
    assert!(turns.take().is_none());
    add(&mut turns, only, 1);
    assert_eq!(turns.take().unwrap().1.len(), 100);
}

#[test]
fn the_few_events_of_one_account_alone_are_not_held_back_by_themselves() {
    let mut turns = Turns::new(4, 10);
    let [only] = accounts();
    add(&mut turns, only, 1);
    turns.take().unwrap();
    add(&mut turns, only, 1);
    turns.take().unwrap();
}

#[test]
fn several_floods_leave_an_applier_to_the_others_and_take_turns() {
    let mut turns = Turns::new(4, 100);
    let [a, b, c, quiet] = accounts();
    for flood in [a, b, c] {
        add(&mut turns, flood, 1000);
    }
    let mut running: VecDeque<Turn> = (0..3).map(|_| turns.take().unwrap().0).collect();
    assert!(turns.take().is_none());
    add(&mut turns, quiet, 3);
    assert_eq!(turns.take().unwrap().0.accounts, [quiet]);
    let mut served = Vec::new();
    for _ in 0..6 {
        turns.ended(&running.pop_front().unwrap(), &NOBODY.into());
        let next = turns.take().unwrap().0;
        served.extend(next.accounts.iter().copied());
        running.push_back(next);
    }
    assert_eq!(served, [a, b, c, a, b, c]);
}

#[test]
fn a_tenant_with_many_floods_has_no_more_turns_than_one_with_one() {
    let mut turns = Turns::new(4, 100);
    let [a, b, c, colleague, quiet] = accounts();
    for flood in [a, b, c] {
        add(&mut turns, flood, 1000);
    }
    add(&mut turns, colleague, 1);
    let mut running: VecDeque<Turn> = (0..3).map(|_| turns.take().unwrap().0).collect();
    let (shared, _) = turns.take().unwrap();
    turns.ended(&shared, &NOBODY.into());
    add_of("other", &mut turns, quiet, 1);
    let (theirs, _) = turns.take().unwrap();
    assert_eq!(theirs.accounts, [quiet]);
    turns.ended(&theirs, &NOBODY.into());
    let mut served = Vec::new();
    for turn in running.drain(..2) {
        turns.ended(&turn, &NOBODY.into());
        assert!(turns.take().is_none(), "another tenant is about, and one of this one has a turn");
    }
    let mut last = running.pop_front().unwrap();
    for _ in 0..6 {
        add(&mut turns, colleague, 1);
        let (shared, _) = turns.take().unwrap();
        assert_eq!(shared.accounts, [colleague], "a few events are no flood's");
        turns.ended(&shared, &NOBODY.into());
        turns.ended(&last, &NOBODY.into());
        last = turns.take().unwrap().0;
        served.extend(last.accounts.iter().copied());
        assert!(turns.take().is_none());
    }
    assert_eq!(served, [a, b, c, a, b, c], "they take turns");
}

#[test]
fn among_floods_alone_a_tenant_with_many_has_no_more_turns_than_one_with_one() {
    let mut turns = Turns::new(4, 100);
    let many: [AccountKey; 20] = accounts();
    let other = AccountKey::generate();
    for flood in many {
        add(&mut turns, flood, 1000);
    }
    let mut running: VecDeque<Turn> = (0..3).map(|_| turns.take().unwrap().0).collect();
    assert!(turns.take().is_none(), "three of four appliers, while nobody else has anything");
    add_of("other", &mut turns, other, 1100);
    let mut served = Vec::new();
    for _ in 0..20 {
        turns.ended(&running.pop_front().unwrap(), &NOBODY.into());
        while let Some((next, _)) = turns.take() {
            served.extend(next.accounts.iter().map(|account| *account == other));
            running.push_back(next);
        }
        assert!(!running.is_empty(), "something is always under way");
    }
    let theirs = served.iter().filter(|theirs| **theirs).count();
    assert_eq!((served.len(), theirs), (19, 10), "one of the three that ran had no successor");
    assert_eq!(running.len(), 2, "a quarter each");

    while turns.waiting_now.len() > 1 {
        turns.ended(&running.pop_front().unwrap(), &NOBODY.into());
        while let Some((next, _)) = turns.take() {
            running.push_back(next);
        }
    }
    assert_eq!(running.len(), 3, "three again, once nothing of the other waits");
}

#[test]
fn beside_others_a_flood_rests_after_each_turn() {
    let took = Duration::from_millis(30);
    let rests = |appliers, both: bool| {
        let mut turns = Turns::new(appliers, 100);
        let [flood, quiet] = accounts();
        add(&mut turns, quiet, 1);
        let (calm, _) = turns.take().unwrap();
        assert_eq!(calm.rest(took), None);
        turns.ended(&calm, &NOBODY.into());
        add(&mut turns, if both { flood } else { quiet }, 1000);
        turns.take().unwrap().0.rest(took)
    };
    assert_eq!(rests(4, true), Some(Duration::from_millis(10)));
    assert_eq!(rests(4, false), None, "nobody else is about");
    assert_eq!(rests(1, true), None, "others would have to wait for it");
    let stuck = Turn { accounts: Vec::new(), single: Some(tenant("acme")), rests: true };
    assert_eq!(stuck.rest(Duration::from_mins(2)), Some(LONGEST_REST));
}

#[test]
fn who_made_trouble_travels_alone_until_all_is_well_for_a_while() {
    let mut turns = Turns::new(4, 100);
    let [bad, good] = accounts();
    let both = |turns: &mut Turns<u32>| {
        add(turns, bad, 1);
        add(turns, good, 1);
    };
    both(&mut turns);
    let (turn, _) = turns.take().unwrap();
    assert_eq!(turn.accounts, [bad, good]);
    turns.ended(&turn, &[bad].into());
    for _ in 0..PROBATION {
        both(&mut turns);
        let (alone, together) = (turns.take().unwrap().0, turns.take().unwrap().0);
        assert_eq!((&alone.accounts[..], &together.accounts[..]), (&[bad][..], &[good][..]));
        turns.ended(&alone, &NOBODY.into());
        turns.ended(&together, &NOBODY.into());
    }
    both(&mut turns);
    let (turn, _) = turns.take().unwrap();
    assert_eq!(turn.accounts, [bad, good]);
    turns.ended(&turn, &NOBODY.into());
    assert!(turns.accounts.is_empty(), "nothing is remembered of those who are at rest");
}

#[test]
fn one_applier_serves_everybody() {
    let mut turns = Turns::new(1, 100);
    let [flood, quiet] = accounts();
    add(&mut turns, flood, 1000);
    add(&mut turns, quiet, 1);
    let (turn, _) = turns.take().unwrap();
    turns.ended(&turn, &NOBODY.into());
    assert_eq!(turns.take().unwrap().0.accounts, [quiet]);
}
