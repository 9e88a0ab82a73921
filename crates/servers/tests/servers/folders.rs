//! What a data folder keeps apart, and what becomes of leftovers in it.

use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use secrecy::ExposeSecret as _;
use servers::{Error, Nats, Postgres, running_url};

use crate::{is_alive, nats_options, postgres_options};

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

/// A power cut leaves the file in which PostgreSQL says who works on its data.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_process_that_got_the_number_of_a_lost_server_does_not_keep_it_from_starting() {
    let folder = tempfile::tempdir().unwrap();
    let postgres = Postgres::start(postgres_options(folder.path())).await.unwrap();
    let data = folder.path().join("postgres/data");
    let user = std::fs::metadata(&data).unwrap();
    let mut stranger = Command::new("sleep");
    let mut stranger = stranger.arg("600").uid(user.uid()).gid(user.gid()).spawn().unwrap();
    for left in [format!("{}\n{}\n", stranger.id(), data.display()), String::new()] {
        postgres.kill().await.unwrap();
        std::fs::write(data.join("postmaster.pid"), left).unwrap();
        postgres.restart().await.unwrap();
    }
    stranger.kill().unwrap();
    stranger.wait().unwrap();
}
