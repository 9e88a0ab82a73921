//! Copies of PostgreSQL's binaries for a user that cannot reach them in their own place.

use std::collections::hash_map::DefaultHasher;
use std::fs::{self, DirBuilder};
use std::hash::{Hash, Hasher};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, symlink};
use std::path::{Path, PathBuf};

use crate::error::{During, Error};

/// The file in a copy that says of which installation it is one.
const OF: &str = "of";
const NAMED: &str = "binaries-";

/// Returns the copy of `installation` in `base`, and makes it if there is none.
pub(crate) fn copy(installation: &Path, base: &Path) -> Result<PathBuf, Error> {
    let copy = place(installation, base)?;
    if !copy.exists() {
        // Other processes may be doing the same: the first complete copy stays.
        let draft = copy.with_extension(std::process::id().to_string());
        if draft.exists() {
            fs::remove_dir_all(&draft).during("remove", &draft)?;
        }
        copy_tree(installation, &draft)?;
        let of = draft.join(OF);
        fs::write(&of, installation.as_os_str().as_encoded_bytes()).during("write", &of)?;
        if let Err(error) = fs::rename(&draft, &copy) {
            fs::remove_dir_all(&draft).during("remove", &draft)?;
            if !copy.exists() {
                return Err(error).during("create", &copy);
            }
        }
    }
    Ok(copy)
}

/// Removes the copies in `base` whose installation is gone, or another one by now, and that nobody runs.
pub(crate) fn remove_outdated(base: &Path) {
    for entry in fs::read_dir(base).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let is_copy = name
            .to_str()
            .is_some_and(|name| name.strip_prefix(NAMED).is_some_and(|hash| !hash.contains('.')));
        let copy = entry.path();
        if is_copy
            && let Ok(installation) = fs::read_to_string(copy.join(OF))
            && place(Path::new(&installation), base).ok().as_ref() != Some(&copy)
            && !is_run(&copy)
            && let Err(error) = fs::remove_dir_all(&copy)
        {
            tracing::debug!(%error, copy = %copy.display(), "cannot remove outdated binaries");
        }
    }
}

/// Where the copy of an installation is.
fn place(installation: &Path, base: &Path) -> Result<PathBuf, Error> {
    let server = installation.join("bin/postgres");
    let version = fs::metadata(&server).during("read", &server)?;
    let mut hash = DefaultHasher::new();
    (installation, version.len(), version.mtime(), version.ino()).hash(&mut hash);
    Ok(base.join(format!("{NAMED}{:016x}", hash.finish())))
}

/// Whether a process runs a program in `copy`, or it cannot be told.
fn is_run(copy: &Path) -> bool {
    let Ok(processes) = fs::read_dir("/proc") else { return true };
    let mut programs = processes.flatten().flat_map(|one| fs::read_link(one.path().join("exe")));
    let mut is_there = false;
    programs.any(|program| {
        is_there = true;
        program.starts_with(copy)
    }) || !is_there
}

fn copy_tree(from: &Path, to: &Path) -> Result<(), Error> {
    DirBuilder::new().mode(0o755).create(to).during("create", to)?;
    for entry in fs::read_dir(from).during("read", from)? {
        let entry = entry.during("read", from)?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().during("read", &source)?;
        if kind.is_dir() {
            copy_tree(&source, &target)?;
        } else if kind.is_symlink() {
            fs::read_link(&source).and_then(|to| symlink(to, &target)).during("copy", &source)?;
        } else {
            fs::copy(&source, &target).during("copy", &source)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_copy_stays_for_as_long_as_its_installation_is_that_one() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name);
        let fetch = |name: &str, program: &str| {
            fs::create_dir_all(place(name).join("bin")).unwrap();
            fs::write(place(name).join("bin/postgres"), program).unwrap();
        };
        let base = place("base");
        fs::create_dir(&base).unwrap();
        fetch("one", "first");
        fetch("other", "first");
        let first = copy(&place("one"), &base).unwrap();
        let gone = copy(&place("other"), &base).unwrap();
        remove_outdated(&base);
        assert!(first.exists() && gone.exists());

        fetch("one", "the second");
        fs::remove_dir_all(place("other")).unwrap();
        let second = copy(&place("one"), &base).unwrap();
        remove_outdated(&base);
        let left: Vec<_> = fs::read_dir(&base).unwrap().map(|one| one.unwrap().path()).collect();
        assert_eq!(left, std::slice::from_ref(&second));
        assert_eq!(fs::read_to_string(second.join("bin/postgres")).unwrap(), "the second");

        // What somebody runs stays until it has ended.
        fs::copy("/bin/sleep", place("one/bin/postgres")).unwrap();
        let run = copy(&place("one"), &base).unwrap();
        let program = run.join("bin/postgres");
        let mut running = std::process::Command::new(program).arg("600").spawn().unwrap();
        fetch("one", "the last");
        remove_outdated(&base);
        let stayed = run.exists();
        running.kill().unwrap();
        running.wait().unwrap();
        remove_outdated(&base);
        assert!(stayed && !run.exists());
    }
}
