//! Refusals that are told of.

use std::collections::{BTreeMap, BTreeSet};

use metrics_exporter_prometheus::PrometheusBuilder;

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

/// Nobody is called at night by what strangers send.
#[tokio::test]
async fn what_strangers_send_is_counted_apart_from_what_known_accounts_do() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let known = source(&key(), 7, &["s"]);
    let full = |config: &mut Config| config.journal_max_mib = 0;
    let (desk, nowhere) = metrics::with_local_recorder(&recorder, || {
        (Desk::with(&[&known]), Desk::configured(Some(&[&known]), full))
    });
    let (path, now) = (path_of(&known), Utc::now().timestamp());
    let stranger = path_of(&source(&key(), 7, &["s"]));
    let unsigned = |path| request(path).body(Body::from(event(7))).unwrap();
    let plain = |path: &str| {
        Request::post(format!("/api/v1/webhooks/chatwoot{path}")).body(Body::empty()).unwrap()
    };
    for request in [
        unsigned(&path),
        signed(&path, "wrong", now, &event(7)),
        plain(&path),
        // The account's number is no secret.
        unsigned(""),
        unsigned(""),
        signed("", "wrong", now, &event(7)),
        signed("", "s", now - 400, &event(7)),
        plain(""),
        signed(&stranger, "s", now, &event(7)),
    ] {
        desk.send(request).await;
    }
    // Its signature is one.
    nowhere.send(signed("", "s", now, &event(7))).await;
    let told = recorder.handle().render();
    let refused = told.lines().filter_map(|line| line.strip_prefix("axis_webhook_refused_total"));
    let (refused, never): (Vec<_>, Vec<_>) = refused.partition(|line| !line.ends_with(" 0"));
    assert_eq!(refused.len() + never.len(), 2 * Reason::ALL.len(), "each is there from the start");
    let expected = [
        ("journal-full", "yes", 1),
        ("media-type", "no", 1),
        ("media-type", "yes", 1),
        ("signature", "no", 1),
        ("signature", "yes", 1),
        ("stale", "no", 1),
        ("unknown-source", "no", 1),
        ("unsigned", "no", 2),
        ("unsigned", "yes", 1),
    ];
    let expected: BTreeSet<_> = expected
        .map(|(reason, known, count)| format!("{{reason=\"{reason}\",known=\"{known}\"}} {count}"))
        .into();
    assert_eq!(refused.into_iter().map(str::to_owned).collect::<BTreeSet<_>>(), expected);
}
