//! What a data folder keeps apart, and what becomes of copies and of leftovers in it.

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use secrecy::ExposeSecret as _;
use servers::{Error, Nats, Postgres, running_url};
use sqlx::{Connection as _, Executor as _, PgConnection};

use crate::{is_alive, kept, nats_options, postgres_options};

#[tokio::test]
async fn a_data_folder_in_use_is_refused_and_free_again_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let nats = Nats::start(nats_options(folder.path())).await.unwrap();
    let refused = Nats::start(nats_options(folder.path())).await;
    assert!(matches!(refused, Err(Error::InUse { .. })), "{refused:?}");

    let data_dir = folder.path().join("nats");
    let running = running_url(&data_dir).unwrap().unwrap();
    assert_eq!(running.expose_secret(), nats.url().expose_secret());
    let pid = nats.pid().await.unwrap();
    drop(nats);
    assert!(!is_alive(pid));
    assert!(running_url(&data_dir).unwrap().is_none());
    Nats::start(nats_options(folder.path())).await.unwrap();
}

#[tokio::test]
async fn data_without_its_password_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("postgres");
    std::fs::create_dir_all(data_dir.join("data")).unwrap();
    let refused = Postgres::start(postgres_options(folder.path())).await;
    assert!(matches!(refused, Err(Error::PasswordLost { .. })), "{refused:?}");
}

/// What `cp -a` makes of a folder whose server does nothing meanwhile.
fn copied(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").args([from, to]).status().unwrap();
    assert!(copied.success());
}

#[tokio::test]
async fn a_copied_folder_has_nothing_to_do_with_the_server_of_the_original() {
    let folder = tempfile::tempdir().unwrap();
    let original = Postgres::start(postgres_options(folder.path())).await.unwrap();
    let (url, pid) = (original.url().expose_secret(), original.pid().await.unwrap());
    let mut connection = PgConnection::connect(url).await.unwrap();
    connection.execute("create table kept as select 'Olá' as word").await.unwrap();
    let copy = folder.path().join("copy");
    std::fs::create_dir(&copy).unwrap();
    original.pause().await;
    copied(&folder.path().join("postgres"), &copy);
    original.resume().await;

    assert!(running_url(copy.join("postgres")).unwrap().is_none());
    let second = Postgres::start(postgres_options(&copy)).await.unwrap();
    assert!(is_alive(pid));
    connection.execute("drop table kept").await.unwrap();
    assert_eq!(kept(second.url().expose_secret()).await, ["Olá"]);
    assert!(running_url(folder.path().join("postgres")).unwrap().is_some());
}

/// A power cut leaves the file in which PostgreSQL says who works on its data.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_process_that_got_the_number_of_a_lost_server_does_not_keep_it_from_starting() {
    let folder = tempfile::tempdir().unwrap();
    drop(Postgres::start(postgres_options(folder.path())).await.unwrap());
    let data = folder.path().join("postgres/data");
    let user = std::fs::metadata(&data).unwrap();
    let mut stranger = Command::new("sleep");
    let mut stranger = stranger.arg("600").uid(user.uid()).gid(user.gid()).spawn().unwrap();
    for left in [format!("{}\n{}\n", stranger.id(), data.display()), String::new()] {
        std::fs::write(data.join("postmaster.pid"), left).unwrap();
        drop(Postgres::start(postgres_options(folder.path())).await.unwrap());
    }
    stranger.kill().unwrap();
    stranger.wait().unwrap();
}

/// Root's data may be elsewhere, where no copy of the folder has a copy of them.
#[tokio::test]
async fn a_copied_folder_does_not_take_the_data_that_the_original_has_elsewhere() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), Permissions::from_mode(0o711)).unwrap();
    let place = |name| folder.path().join(name);
    let [original, copy, home] = ["original", "copy", "home"].map(place);
    std::fs::create_dir_all(original.join("postgres")).unwrap();
    std::fs::create_dir(&home).unwrap();
    std::fs::write(original.join("postgres/location"), home.to_str().unwrap()).unwrap();
    Postgres::start(postgres_options(&original)).await.unwrap().stop().await.unwrap();
    copied(&original, &copy);

    let refused = Postgres::start(postgres_options(&copy)).await.unwrap_err().to_string();
    for place in [&original, &copy, &home] {
        assert!(refused.contains(place.to_str().unwrap()), "{refused}");
    }
    let again = Postgres::start(postgres_options(&original)).await.unwrap();
    again.stop().await.unwrap();
    drop(again);
    std::fs::remove_dir_all(&original).unwrap();
    Postgres::start(postgres_options(&copy)).await.unwrap();
}

/// Moved below a folder of root's alone, say: an empty database in another place would hide them.
#[tokio::test]
async fn data_that_can_no_longer_be_reached_are_not_replaced_by_an_empty_database() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    // Within the temporary folder, the way would be opened.
    let outside = if std::env::temp_dir().starts_with("/var") { "/tmp" } else { "/var/tmp" };
    let folder = tempfile::tempdir_in(outside).unwrap();
    let open_to = |mode| std::fs::set_permissions(folder.path(), Permissions::from_mode(mode));
    open_to(0o711).unwrap();
    let server = Postgres::start(postgres_options(folder.path())).await.unwrap();
    let mut connection = PgConnection::connect(server.url().expose_secret()).await.unwrap();
    connection.execute("create table kept as select 'Olá' as word").await.unwrap();
    connection.close().await.unwrap();
    server.stop().await.unwrap();
    drop(server);

    open_to(0o700).unwrap();
    let refused = Postgres::start(postgres_options(folder.path())).await.unwrap_err();
    assert!(
        matches!(&refused, Error::Barred { closed, .. } if closed == folder.path()),
        "{refused}"
    );
    assert!(!folder.path().join("postgres/location").exists());
    open_to(0o711).unwrap();
    let again = Postgres::start(postgres_options(folder.path())).await.unwrap();
    assert_eq!(kept(again.url().expose_secret()).await, ["Olá"]);
}
