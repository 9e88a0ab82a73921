//! Refusals that are told of.

use std::collections::BTreeMap;

use super::*;

#[tokio::test]
async fn a_refusal_is_noted_with_its_account_where_that_is_known() {
    let known = source(&key(), 7, &["s"]);
    let desk = Desk::with(&[&known]);
    let (path, now) = (path_of(&known), Utc::now().timestamp());
    let stranger = path_of(&source(&key(), 7, &["s"]));
    for request in [
        signed(&path, "s", now - 400, &event(7)),
        signed(&path, "s", now - 400, &event(7)),
        request(&path).body(Body::from(event(7))).unwrap(),
        signed(&path, "wrong", now, &event(7)),
        signed("", "s", now - 400, &event(7)),
        signed(&stranger, "s", now, &event(7)),
        // Whose number it bears, nobody has proved.
        signed("", "wrong", now, &event(7)),
        signed(&path, "s", now, &event(7)),
    ] {
        desk.send(request).await;
    }
    let stranger = domain::AccountKey::generate();
    let lately = desk.intake.refused.lately(&[known.account, stranger]);
    let [events::Refused { account, webhooks }] = &lately[..] else { panic!("{lately:?}") };
    let webhooks: Vec<_> = webhooks.iter().map(|(reason, count)| (&**reason, *count)).collect();
    assert_eq!(webhooks, [("signature", 1), ("stale", 2), ("unsigned", 1)]);
    assert_eq!(*account, known.account);
    let (kinds, others) = desk.intake.refused.take();
    let kinds: BTreeMap<_, _> = kinds.into_iter().collect();
    let counts: Vec<_> = kinds.iter().map(|(kind, much)| (*kind, much.count)).collect();
    let (account, nobody) = (Some(known.account), None);
    let expected = [
        ((nobody, Reason::UnknownSource), 1),
        ((nobody, Reason::Stale), 1),
        ((nobody, Reason::Signature), 1),
        ((account, Reason::Unsigned), 1),
        ((account, Reason::Stale), 2),
        ((account, Reason::Signature), 1),
    ];
    assert_eq!((counts, others), (expected.to_vec(), 0));
    let apart = kinds[&(account, Reason::Stale)].apart.unwrap();
    assert!((400..460).contains(&apart), "{apart}");
}
