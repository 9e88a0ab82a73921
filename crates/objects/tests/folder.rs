//! Files in a folder.

#![expect(clippy::unwrap_used, reason = "what a test cannot do without fails it")]

use std::path::Path;

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use objects::{Address, Config, Error, Objects, Reader};

fn open(folder: &Path) -> Objects {
    Objects::open(&Config { attachments_url: Address::Folder(folder.to_owned()) }).unwrap()
}

async fn text(reader: Reader) -> String {
    let parts: Vec<Bytes> = reader.bytes.try_collect().await.unwrap();
    String::from_utf8(parts.concat()).unwrap()
}

#[tokio::test]
async fn a_finished_file_is_there_whole_and_in_parts_until_it_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let objects = open(&folder.path().join("made/here"));
    let mut writer = objects.write("tenant/file");
    writer.put(Bytes::from_static(b"Hello, ")).await.unwrap();
    writer.put(Bytes::from_static(b"world")).await.unwrap();
    assert!(matches!(objects.read("tenant/file", None).await, Err(Error::NotFound)));
    writer.finish().await.unwrap();
    let reader = objects.read("tenant/file", None).await.unwrap();
    assert_eq!((reader.length, reader.range.clone()), (12, 0..12));
    assert_eq!(text(reader).await, "Hello, world");
    let part = objects.read("tenant/file", Some(7..100)).await.unwrap();
    assert_eq!((part.length, part.range.clone()), (12, 7..12));
    assert_eq!(text(part).await, "world");
    let beyond = objects.read("tenant/file", Some(12..13)).await;
    assert!(matches!(beyond, Err(Error::OutOfRange { length: 12 })));
    assert_eq!(objects.length("tenant/file").await.unwrap(), 12);
    objects.ping().await.unwrap();
    objects.remove("tenant/file").await.unwrap();
    objects.remove("tenant/file").await.unwrap();
    assert!(matches!(objects.read("tenant/file", None).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn a_large_file_is_passed_on_in_parts_and_one_given_up_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let objects = open(folder.path());
    let part = Bytes::from(vec![7; 200_000]);
    for (key, finished) in [("kept", true), ("given-up", false)] {
        let mut writer = objects.write(key);
        for _ in 0..10 {
            writer.put(part.clone()).await.unwrap();
        }
        if finished { writer.finish().await.unwrap() } else { writer.abort().await }
    }
    assert_eq!(objects.read("kept", None).await.unwrap().length, 2_000_000);
    assert!(matches!(objects.read("given-up", None).await, Err(Error::NotFound)));
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().flatten().collect();
    assert_eq!(files.len(), 1, "{files:?}");
}

#[tokio::test]
async fn a_key_does_not_leave_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let objects = open(&folder.path().join("inside"));
    std::fs::write(folder.path().join("secret"), "x").unwrap();
    assert!(objects.read("../secret", None).await.is_err());
}
