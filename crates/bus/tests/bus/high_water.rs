use crate::support::Server;

#[tokio::test(flavor = "multi_thread")]
async fn the_mark_is_raised_by_who_knows_it_only() {
    let (_server, bus) = Server::start().await;
    let (one, other) = (bus.high_water(), bus.high_water());
    let unset = one.read().await.unwrap();
    assert_eq!(unset.number, 0);
    let seven = one.raise(unset, 7).await.unwrap().unwrap();
    assert_eq!(other.raise(unset, 8).await.unwrap(), None, "it is not what it was");
    assert_eq!(other.read().await.unwrap(), seven);
    let nine = other.raise(seven, 9).await.unwrap().unwrap();
    assert_eq!((nine.number, one.read().await.unwrap()), (9, nine));
}
