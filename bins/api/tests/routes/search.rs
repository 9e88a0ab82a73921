use testkit::{Account, sqlx};

use crate::support::{Seed, Served, at, ids, numbers};

/// More than a search looks at.
const MANY: i32 = 2_500;

#[tokio::test]
async fn a_word_that_many_messages_have_finds_the_newest() {
    let served = Served::start().await;
    for number in 1..=2 {
        served.write(&Seed::open(number)).await;
    }
    // The old ones first, so that they lie before the new one wherever rows are read in their order.
    write(&served, 1, "the parcel", 30, MANY).await;
    write(&served, 2, "a parcel", 0, 1).await;
    assert!(numbers(&served.read("/conversations?search=parcel").await).contains(&2));
}

#[tokio::test]
async fn a_word_that_many_old_messages_have_and_no_recent_one_finds_the_newest() {
    let served = Served::start().await;
    for number in 1..=2 {
        served.write(&Seed::open(number)).await;
    }
    write(&served, 1, "the parcel", 500, MANY).await;
    write(&served, 2, "a parcel", 80, 1).await;
    assert!(numbers(&served.read("/conversations?search=parcel").await).contains(&2));
}

#[tokio::test]
async fn no_message_is_too_old_or_too_new_to_be_found() {
    let served = Served::start().await;
    for (number, days) in (1..).zip([-400, -1, 0, 1, 2, 6, 8, 15, 80, 100, 190, 2_000]) {
        served.write(&Seed::open(number)).await;
        write(&served, number, "needle", days, 1).await;
    }
    let found = served.read("/conversations?search=needle").await;
    assert_eq!(ids(&found).len(), 12, "{:?}", numbers(&found));
}

#[tokio::test]
async fn a_number_sign_asks_for_the_number_alone() {
    let served = Served::start().await;
    for number in [42, 43] {
        served.write(&Seed::open(number)).await;
    }
    write(&served, 43, "the same as in #42", 0, 1).await;
    let found = served.read("/conversations?search=%2342").await;
    assert_eq!(numbers(&found), [42]);
    let mut found = numbers(&served.read("/conversations?search=42").await);
    found.sort_unstable();
    assert_eq!(found, [42, 43]);
    // No number, so a text like any other.
    assert_eq!(numbers(&served.read("/conversations?search=%23same").await), [43]);
}

#[tokio::test]
async fn one_or_two_characters_find_the_names_of_which_a_word_begins_with_them() {
    let served = Served::start().await;
    let names = ["李明", "Bo Andersen", "Anna Bo", "María del Mar Bonilla", "Limbo Ebo", "A b_x"];
    for (number, name) in (1..).zip(names) {
        let mut seed = Seed::open(number);
        seed.contact.name = Some(name.to_owned());
        seed.contact.email = Some("bo@example.com".to_owned());
        served.write(&seed).await;
    }
    let found: [(&str, &[i64]); 9] = [
        ("bo", &[2, 3, 4]),
        ("BO", &[2, 3, 4]),
        ("b", &[2, 3, 4, 6]),
        ("%E6%9D%8E%E6%98%8E", &[1]),
        ("%E6%9D%8E", &[1]),
        ("b_", &[6]),
        ("b%25", &[]),
        ("eb", &[5]),
        ("xo", &[]),
    ];
    for (search, expected) in found {
        let found = served.read(&format!("/conversations?search={search}")).await;
        let mut found = numbers(&found);
        found.sort_unstable();
        assert_eq!(found, expected, "{search}");
    }
}

/// As many as a search finds at most come before it in the order of the first words.
#[tokio::test]
async fn a_short_name_is_found_among_many_that_begin_with_it() {
    let served = Served::start().await;
    begin_with(&served, "Bobby", MANY).await;
    let mut seed = Seed::open(1);
    seed.contact.name = Some("Anna Bo".to_owned());
    // The newest, since others are found too.
    seed.last_activity = 1_000_000;
    served.write(&seed).await;
    let found = numbers(&served.read("/conversations?search=bo").await);
    assert_eq!(found.first(), Some(&1), "{found:?}");
    assert_eq!(found.len(), 25);
}

/// P8: search finds its candidates outside of the fence, where more of another tenant's match than it looks at.
#[tokio::test]
async fn what_another_tenant_has_hides_nothing_from_a_search() {
    let served = Served::start().await;
    let theirs = served.world.account("theirs", 2).await;
    // Theirs first, so that they lie before the one that is asked for wherever rows are read in their order.
    people(&served, &theirs, "Bo Zimmer", MANY).await;
    let mut seed = Seed::open(1007);
    seed.contact.name = Some("Bo Zimmer".to_owned());
    served.write(&seed).await;
    write(&served, 1007, "the parcel", 1, 1).await;
    write_all(&served, &theirs, "the parcel").await;
    let mut wrong = Vec::new();
    for search in ["%231007", "1007", "zimmer", "bo", "parcel"] {
        let found = served.read(&format!("/conversations?search={search}")).await;
        if numbers(&found) != [1007] {
            wrong.push((search, numbers(&found)));
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// A newer message with this text in every conversation of an account.
async fn write_all(served: &Served, account: &Account, text: &str) {
    let mut transaction = served.world.store.worker().await.unwrap();
    sqlx::query(
        "insert into messages (id, tenant_id, account_id, conversation_id, chatwoot_id, version_at,
           message_type, content_type, content, private, created_at)
         select gen_random_uuid(), tenant_id, account_id, id, display_id * 10000, 1,
           'incoming', 'text', $2, false, now()
         from conversations where account_id = $1",
    )
    .bind(account.key.0)
    .bind(text)
    .execute(&mut *transaction)
    .await
    .unwrap();
    store::commit(transaction).await.unwrap();
}

/// So many contacts whose names begin with a word, each with a conversation.
async fn begin_with(served: &Served, word: &str, count: i32) {
    people(served, &served.ours, word, count).await;
}

async fn people(served: &Served, account: &Account, word: &str, count: i32) {
    let mut transaction = served.world.store.worker().await.unwrap();
    sqlx::query(
        "with known as (
           insert into contacts (id, tenant_id, account_id, chatwoot_id, version_at, version_step,
             version_digest, name)
           select gen_random_uuid(), $1, $2, 1000 + i, 1, 0, 0, $3 || ' ' || i
           from generate_series(1, $4) i
           returning id, tenant_id, account_id, chatwoot_id)
         insert into conversations (id, tenant_id, account_id, display_id, version_at, version_step,
           version_digest, status, contact_chatwoot_id, contact_id, created_at, last_activity_at)
         select gen_random_uuid(), tenant_id, account_id, chatwoot_id, 1, 0, 0, 'open', chatwoot_id,
           id, $5, $5
         from known",
    )
    .bind(account.tenant.as_str())
    .bind(account.key.0)
    .bind(word)
    .bind(count)
    .bind(at(0))
    .execute(&mut *transaction)
    .await
    .unwrap();
    store::commit(transaction).await.unwrap();
}

/// Messages with this text, written so many days ago.
async fn write(served: &Served, conversation: i64, text: &str, days: i32, count: i32) {
    let mut transaction = served.world.store.worker().await.unwrap();
    sqlx::query(
        "insert into messages (id, tenant_id, account_id, conversation_id, chatwoot_id, version_at,
           message_type, content_type, content, private, created_at)
         select gen_random_uuid(), tenant_id, account_id, id, $1 * 10000 + i, 1,
           'incoming', 'text', $2, false, now() - make_interval(days => $3)
         from conversations, generate_series(1, $4) i where display_id = $1",
    )
    .bind(conversation)
    .bind(text)
    .bind(days)
    .bind(count)
    .execute(&mut *transaction)
    .await
    .unwrap();
    store::commit(transaction).await.unwrap();
}
