//! Files in a folder.

#![expect(clippy::unwrap_used, reason = "what a test cannot do without fails it")]

use std::path::Path;

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use objects::{Address, Config, Error, Objects, Reader};

fn open(folder: &Path) -> Objects {
    Objects::open(&Config::at(Address::Folder(folder.to_owned()))).unwrap()
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
    assert!(objects.read("tenant/file", None).await.is_err());
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
    let files = std::fs::read_dir(folder.path()).unwrap().flatten();
    let names: Vec<_> = files.filter_map(|file| file.file_name().into_string().ok()).collect();
    let kept: Vec<_> = names.iter().filter(|name| !name.starts_with('.')).collect();
    assert_eq!(kept, ["kept"], "{names:?}");
}

async fn write(objects: &Objects, key: &str) -> Result<(), Error> {
    let mut writer = objects.write(key);
    writer.put(Bytes::from_static(b"Hello")).await?;
    writer.finish().await
}

#[tokio::test]
async fn what_a_killed_program_had_received_of_a_file_is_removed_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let objects = open(folder.path());
    write(&objects, "tenant/whole").await.unwrap();
    let mut writer = objects.write("tenant/cut-off");
    writer.put(Bytes::from(vec![7; 300_000])).await.unwrap();
    std::mem::forget(writer);
    let names = || {
        let files = std::fs::read_dir(folder.path().join("tenant")).unwrap().flatten();
        let mut names: Vec<_> = files.map(|file| file.file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert_eq!(names(), ["cut-off#1", "whole"]);
    open(folder.path()).remove("tenant/cut-off").await.unwrap();
    assert_eq!(names(), ["whole"]);
}

/// Programs that were started before and after it was unmounted, which leaves an empty folder.
#[tokio::test]
async fn a_folder_whose_disk_is_not_mounted_is_told_from_files_that_are_gone() {
    let folder = tempfile::tempdir().unwrap();
    let (place, disk) = (folder.path().join("place"), folder.path().join("disk"));
    let before = open(&place);
    before.ping().await.unwrap();
    write(&before, "file").await.unwrap();
    assert!(matches!(before.length("another").await, Err(Error::NotFound)));

    std::fs::rename(&place, &disk).unwrap();
    let after = open(&place);
    assert!(matches!(before.ping().await, Err(Error::Away)));
    assert!(matches!(before.remove("file").await, Err(Error::Away)));
    let refused = write(&before, "new").await;
    assert!(matches!(refused, Err(Error::Away)), "it would be hidden by the disk");
    assert_eq!(std::fs::read_dir(&place).unwrap().count(), 0);
    let sweeping = open(&place);
    sweeping.remove("never-stored").await.unwrap();
    assert!(matches!(sweeping.remove_stored("file").await, Err(Error::Away)));
    for objects in [&before, &after, &sweeping] {
        assert!(matches!(objects.length("file").await, Err(Error::Away)));
        assert!(matches!(objects.read("file", None).await, Err(Error::Away)));
        assert!(matches!(objects.ping().await, Err(Error::Away)));
    }

    std::fs::remove_dir(&place).unwrap();
    std::fs::rename(&disk, &place).unwrap();
    for objects in [&before, &after] {
        objects.ping().await.unwrap();
        assert_eq!(objects.length("file").await.unwrap(), 5);
        assert!(matches!(objects.length("another").await, Err(Error::NotFound)));
    }
    for _ in 0..2 {
        sweeping.remove_stored("file").await.unwrap();
    }
    assert!(matches!(sweeping.length("file").await, Err(Error::NotFound)));
}

#[tokio::test]
async fn a_file_whose_place_has_no_mark_is_removed_where_it_is_and_not_where_it_is_missing() {
    let (used, empty) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for name in ["old", "older"] {
        std::fs::write(used.path().join(name), "Hello").unwrap();
    }
    let objects = open(used.path());
    assert!(matches!(objects.remove_stored("gone").await, Err(Error::Away)), "nobody knows yet");
    for name in ["old", "gone", "older"] {
        objects.remove_stored(name).await.unwrap();
        assert!(matches!(objects.length(name).await, Err(Error::NotFound)));
    }
    let elsewhere = open(empty.path());
    assert!(matches!(elsewhere.remove_stored("old").await, Err(Error::Away)));
    assert!(matches!(elsewhere.remove("never-stored").await, Err(Error::Away)), "it knows now");
    assert!(matches!(elsewhere.ping().await, Err(Error::Away)));
}

#[tokio::test]
async fn a_folder_that_was_used_before_there_were_marks_gets_one() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("old"), "Hello").unwrap();
    let objects = open(folder.path());
    assert!(matches!(objects.length("gone").await, Err(Error::Away)), "nobody knows yet");
    assert_eq!(objects.length("old").await.unwrap(), 5);
    assert!(matches!(objects.length("gone").await, Err(Error::NotFound)));
    objects.ping().await.unwrap();
}

#[tokio::test]
async fn a_key_does_not_leave_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let objects = open(&folder.path().join("inside"));
    std::fs::write(folder.path().join("secret"), "x").unwrap();
    assert!(objects.read("../secret", None).await.is_err());
}
