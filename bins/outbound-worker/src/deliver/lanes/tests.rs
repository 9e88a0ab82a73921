//! Which conversation gets which lane.

use super::*;

fn lane(place: Place) -> Lane {
    match place {
        Place::Lane(lane) => lane,
        Place::Noted => panic!("noted"),
    }
}

fn lanes(per_account: usize, per_tenant: usize) -> Arc<Lanes> {
    Lanes::new(Widths { per_account, per_tenant, all: 16 }, Arc::default())
}

fn tenant(name: &str) -> TenantId {
    name.parse().unwrap()
}

fn of(account: AccountKey) -> Spot {
    Spot { account, conversation: ConversationId::generate() }
}

fn any() -> Spot {
    of(AccountKey::generate())
}

#[test]
fn a_busy_conversation_is_noted_once_and_taken_again_by_its_own_lane() {
    let (lanes, acme, spot) = (lanes(4, 8), tenant("acme"), any());
    let mut first = lane(lanes.enter(&acme, spot));
    assert!(matches!(lanes.enter(&acme, spot), Place::Noted));
    assert!(matches!(lanes.enter(&acme, spot), Place::Noted));
    assert_eq!(first.next(), Some(spot));
    assert_eq!(first.next(), None);
}

#[test]
fn a_full_account_notes_and_another_one_goes_on() {
    let (lanes, acme, a) = (lanes(1, 8), tenant("acme"), any());
    let (b, c) = (of(a.account), of(a.account));
    let mut first = lane(lanes.enter(&acme, a));
    assert!(matches!(lanes.enter(&acme, b), Place::Noted));
    assert!(matches!(lanes.enter(&acme, c), Place::Noted));
    let _elsewhere = lane(lanes.enter(&acme, any()));
    assert_eq!((first.next(), first.next(), first.next()), (Some(b), Some(c), None));
}

#[test]
fn a_tenant_of_many_accounts_leaves_room_for_another_one() {
    let (lanes, acme) = (lanes(4, 2), tenant("acme"));
    let (a, b, c) = (any(), any(), any());
    let mut first = lane(lanes.enter(&acme, a));
    let mut second = lane(lanes.enter(&acme, b));
    assert!(matches!(lanes.enter(&acme, c), Place::Noted));
    let _elsewhere = lane(lanes.enter(&tenant("zeta"), any()));
    assert_eq!((second.next(), second.next()), (Some(c), None));
    assert_eq!(first.next(), None);
    drop((first, second));
    assert!(matches!(lanes.enter(&acme, c), Place::Lane(_)));
}

#[test]
fn a_free_lane_goes_to_the_account_that_has_the_fewest() {
    let (lanes, acme) = (lanes(3, 3), tenant("acme"));
    let (a, b) = (any(), any());
    let mut first = lane(lanes.enter(&acme, a));
    let _second = lane(lanes.enter(&acme, of(a.account)));
    let mut third = lane(lanes.enter(&acme, of(a.account)));
    let again = of(a.account);
    for spot in [again, b] {
        assert!(matches!(lanes.enter(&acme, spot), Place::Noted));
    }
    assert_eq!(first.next(), Some(b), "which has none, though the other has waited longer");
    assert_eq!(third.next(), Some(again));
}

#[test]
fn one_that_is_noted_again_lets_the_others_pass() {
    let (lanes, acme, a) = (lanes(1, 8), tenant("acme"), any());
    let b = of(a.account);
    let mut first = lane(lanes.enter(&acme, a));
    assert!(matches!(lanes.enter(&acme, b), Place::Noted));
    first.note_again();
    assert_eq!((first.next(), first.next(), first.next()), (Some(b), Some(a), None));
}

#[test]
fn notes_outlive_the_lane_and_the_first_brings_another_lane_for_the_others() {
    let (lanes, acme, a) = (lanes(1, 8), tenant("acme"), any());
    let (b, c) = (of(a.account), of(a.account));
    let first = lane(lanes.enter(&acme, a));
    for spot in [b, c] {
        assert!(matches!(lanes.enter(&acme, spot), Place::Noted));
    }
    drop(first);
    assert_eq!(lanes.returned.all(), [b.conversation], "whose wake-up comes again, as its own");
    let mut second = lane(lanes.enter(&acme, b));
    assert_eq!((second.next(), second.next()), (Some(c), None));
}

#[test]
fn a_noted_one_that_fails_or_is_put_off_goes_back_to_the_relay() {
    let (lanes, acme, a) = (lanes(1, 8), tenant("acme"), any());
    let (b, c) = (of(a.account), of(a.account));
    let mut first = lane(lanes.enter(&acme, a));
    for spot in [b, c] {
        assert!(matches!(lanes.enter(&acme, spot), Place::Noted));
    }
    assert_eq!(first.next(), Some(b));
    first.put_off(b);
    assert_eq!(first.next(), Some(c));
    drop(first);
    let mut returned = lanes.returned.all();
    returned.sort();
    let mut expected = [b.conversation, c.conversation];
    expected.sort();
    assert_eq!(returned, expected);
}

#[test]
fn what_is_noted_at_the_end_goes_back_too() {
    let (lanes, acme, a) = (lanes(1, 8), tenant("acme"), any());
    let b = of(a.account);
    drop(lane(lanes.enter(&acme, a)));
    let _first = lane(lanes.enter(&acme, a));
    assert!(matches!(lanes.enter(&acme, b), Place::Noted));
    lanes.give_back();
    assert_eq!(lanes.returned.all(), [b.conversation]);
}

#[test]
fn a_dropped_lane_frees_its_place() {
    let (lanes, acme, spot) = (lanes(1, 1), tenant("acme"), any());
    drop(lane(lanes.enter(&acme, spot)));
    assert!(lanes.lock().tenants.is_empty());
    lane(lanes.enter(&acme, spot));
}

#[test]
fn a_lane_that_gets_free_goes_to_the_tenant_that_has_the_fewest() {
    let widths = Widths { per_account: 4, per_tenant: 2, all: 4 };
    let (lanes, tenants) = (Lanes::new(widths, Arc::default()), ["acme", "zeta"].map(tenant));
    let mut floods = Vec::new();
    let mut noted = Vec::new();
    for tenant in &tenants {
        let first = any();
        floods.push(lane(lanes.enter(tenant, first)));
        floods.push(lane(lanes.enter(tenant, of(first.account))));
        noted.push(of(first.account));
        assert!(matches!(lanes.enter(tenant, *noted.last().unwrap()), Place::Noted));
    }
    let quiet = [any(), any()];
    for spot in quiet {
        assert!(matches!(lanes.enter(&tenant("quiet"), spot), Place::Noted), "all are taken");
    }
    assert_eq!(floods[0].next(), Some(quiet[0]), "though others have waited longer");
    assert_eq!(floods[0].next(), Some(quiet[1]), "it is the first again");
    assert_eq!(floods[2].next(), Some(noted[0]), "both have one, and this got its own first");
    assert_eq!(floods[3].next(), Some(noted[1]));
    drop(floods);
    let places = lanes.lock();
    assert!(places.tenants.is_empty());
    assert_eq!((places.busy, places.noted), (0, 0));
}

#[test]
fn tenants_with_as_few_lanes_take_turns_however_long_their_notes_have_waited() {
    let widths = Widths { per_account: 1, per_tenant: 1, all: 1 };
    let lanes = Lanes::new(widths, Arc::default());
    let (acme, beta, zeta) = (tenant("acme"), tenant("beta"), tenant("zeta"));
    let mut only = lane(lanes.enter(&acme, any()));
    let noted = [&acme, &acme, &beta, &beta, &zeta].map(|tenant| (tenant, any()));
    for (tenant, spot) in noted {
        assert!(matches!(lanes.enter(tenant, spot), Place::Noted));
    }
    let mut order = Vec::new();
    while let Some(spot) = only.next() {
        order.push(spot);
    }
    assert_eq!(order, [2, 4, 0, 3, 1].map(|place: usize| noted[place].1));
}

#[test]
fn what_is_noted_is_bounded_and_everybody_has_room_for_a_few() {
    let (lanes, acme) = (lanes(1, 1), tenant("acme"));
    let _first = lane(lanes.enter(&acme, any()));
    let accounts: Vec<_> = (0..11).map(|_| AccountKey::generate()).collect();
    for account in &accounts {
        for _ in 0..=MOST_WAITING {
            assert!(matches!(lanes.enter(&acme, of(*account)), Place::Noted));
        }
    }
    let places = lanes.lock();
    assert_eq!(places.noted, MOST_NOTED + FEW);
    assert_eq!(places.tenants[&acme].waiting(accounts[10]), FEW);
}
