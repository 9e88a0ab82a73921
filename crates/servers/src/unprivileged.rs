//! Runs PostgreSQL as another user when we are root, and makes its files reachable for that user.

use std::fs::{self, DirBuilder, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use rustix::process::geteuid;

use crate::copies;
use crate::error::{During, Error};
use crate::folder::inode;
use crate::replace::replace;

/// The folder for files that the other user could not reach in their own place.
const ELSEWHERE: &str = "/var/lib/axis-postgres";
/// The file in a data folder that says where its data are, if they are elsewhere.
const LOCATION: &str = "location";
/// The file beside such data that names the data folder they belong to.
const OF: &str = "of";

/// A user that is not root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

impl User {
    /// Returns the user to run as for the data in `folder`, or `None` if we are not root.
    pub(crate) fn for_data_in(folder: &Path) -> Result<Option<Self>, Error> {
        if !geteuid().is_root() {
            return Ok(None);
        }
        let home = located(folder)?.unwrap_or_else(|| folder.to_owned());
        if let Ok(data) = fs::metadata(home.join("data"))
            && data.uid() != 0
        {
            return Ok(Some(Self { uid: data.uid(), gid: data.gid() }));
        }
        let users = Path::new("/etc/passwd");
        let users = fs::read_to_string(users).during("read", users)?;
        ["postgres", "_postgres", "nobody"]
            .iter()
            .find_map(|name| Self::named(name, &users))
            .map(Some)
            .ok_or(Error::NoUnprivilegedUser)
    }

    fn named(name: &str, passwd: &str) -> Option<Self> {
        let mut fields = passwd
            .lines()
            .map(|line| line.split(':'))
            .find_map(|mut fields| (fields.next() == Some(name)).then_some(fields))?;
        let mut id = |skip| fields.nth(skip)?.parse::<u32>().ok();
        Some(Self { uid: id(1)?, gid: id(0)? })
    }

    /// Makes this user the owner of `path`.
    pub(crate) fn own(self, path: &Path) -> Result<(), Error> {
        chown(path, Some(self.uid), Some(self.gid)).during("change the owner of", path)
    }

    /// Returns `folder` if this user can reach it, or else another place for its data. Fails if it has data already.
    pub(crate) fn reachable_home(self, folder: PathBuf) -> Result<PathBuf, Error> {
        if let Some(elsewhere) = located(&folder)? {
            claim(&elsewhere, folder)?;
            return Ok(elsewhere);
        }
        let Some(closed) = self.open_passage(&folder)? else {
            return Ok(folder);
        };
        // They were reachable once: an empty database elsewhere would hide them.
        if folder.join("data/PG_VERSION").exists() {
            return Err(Error::Barred { folder, closed, uid: self.uid });
        }
        let base = elsewhere()?;
        let home = (1..)
            .map(|number| base.join(format!("data-{number}")))
            .find_map(|home| match DirBuilder::new().mode(0o711).create(&home) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => None,
                outcome => Some(outcome.during("create", &home).map(|()| home)),
            })
            .unwrap_or_else(|| Ok(base.clone()))?;
        let location = folder.join(LOCATION);
        replace(&location, home.as_os_str().as_encoded_bytes()).during("write", &location)?;
        claim(&home, folder)?;
        Ok(home)
    }

    /// Returns `bin_dir` if this user can reach it, or else the same folder in a copy of the installation.
    pub(crate) fn reachable_binaries(self, bin_dir: PathBuf) -> Result<PathBuf, Error> {
        let (Some(installation), Some(bin)) = (bin_dir.parent(), bin_dir.file_name()) else {
            return Ok(bin_dir);
        };
        if self.open_passage(&bin_dir)?.is_none() {
            return Ok(bin_dir);
        }
        let base = elsewhere()?;
        let copy = copies::copy(installation, &base)?;
        copies::remove_outdated(&base);
        Ok(copy.join(bin))
    }

    /// Returns the folder on the way to what is in `folder` that bars this user, if one does. First opens those that
    /// belong to root and are in the system's temporary folder, for passing through but not for listing.
    fn open_passage(self, folder: &Path) -> Result<Option<PathBuf>, Error> {
        let temporary = openable(&std::env::temp_dir());
        let mut closed = Vec::new();
        for step in folder.ancestors() {
            let metadata = fs::metadata(step).during("read", step)?;
            if !self.may_pass(&metadata) {
                let is_temporary =
                    temporary.as_ref().is_some_and(|all| step.starts_with(all) && step != all);
                if !is_temporary || metadata.uid() != 0 {
                    return Ok(Some(step.to_owned()));
                }
                closed.push((step, metadata.mode()));
            }
        }
        for (step, mode) in closed {
            fs::set_permissions(step, Permissions::from_mode(mode | 0o011))
                .during("open for passage", step)?;
        }
        Ok(None)
    }

    fn may_pass(self, folder: &Metadata) -> bool {
        let needed = if folder.uid() == self.uid {
            0o100
        } else if folder.gid() == self.gid {
            0o010
        } else {
            0o001
        };
        folder.mode() & needed != 0
    }
}

/// Returns the temporary folder, of which folders may be opened for others, or `None` if it is none that is made for
/// this: what `TMPDIR` says may be empty, or everything.
fn openable(temporary: &Path) -> Option<PathBuf> {
    if temporary.is_relative() {
        return None;
    }
    temporary.canonicalize().ok().filter(|folder| folder.parent().is_some())
}

/// Returns where the data of `folder` are, or `None` if they are in it.
fn located(folder: &Path) -> Result<Option<PathBuf>, Error> {
    named_in(&folder.join(LOCATION))
}

/// Notes that the data in `home` belong to `folder`. Fails if another folder has them. A folder that was moved keeps
/// its data, since nothing is left at its old place.
fn claim(home: &Path, folder: PathBuf) -> Result<(), Error> {
    let of = home.join(OF);
    let original = match named_in(&of) {
        // An older version may have been cut off while it wrote it.
        Err(Error::NamesNoFolder { .. }) => None,
        named => named?,
    };
    if let Some(original) = original
        && inode(&original).is_ok_and(|one| inode(&folder).ok() != Some(one))
        && located(&original)?.as_deref() == Some(home)
    {
        return Err(Error::Copied { folder, original, home: home.to_owned() });
    }
    replace(&of, folder.as_os_str().as_encoded_bytes()).during("write", &of)
}

/// Reads a path from a file. Returns `None` if the file does not exist.
fn named_in(file: &Path) -> Result<Option<PathBuf>, Error> {
    match fs::read_to_string(file) {
        Ok(place) if place.starts_with('/') => Ok(Some(place.trim_end_matches('\n').into())),
        Ok(_) => Err(Error::NamesNoFolder { file: file.to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).during("read", file),
    }
}

fn elsewhere() -> Result<PathBuf, Error> {
    let base = PathBuf::from(ELSEWHERE);
    DirBuilder::new().recursive(true).mode(0o711).create(&base).during("create", &base)?;
    Ok(base)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_name() {
        let passwd = "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65533:nobody:/:/usr/sbin/nologin\n";
        assert_eq!(User::named("nobody", passwd), Some(User { uid: 65534, gid: 65533 }));
        assert_eq!(User::named("postgres", passwd), None);
    }

    #[test]
    fn nothing_is_opened_where_the_temporary_folder_is_no_folder_or_all_of_them() {
        for nowhere in ["", "/", "relative", "/proc/self/there is none", "/tmp/.."] {
            assert_eq!(openable(Path::new(nowhere)), None, "{nowhere:?}");
        }
        let temporary = tempfile::tempdir().unwrap();
        let all = temporary.path().canonicalize().unwrap();
        assert_eq!(openable(temporary.path()), Some(all));
    }

    #[test]
    fn a_file_that_names_no_folder_is_named_itself() {
        let folder = tempfile::tempdir().unwrap();
        let location = folder.path().join(LOCATION);
        assert_eq!(located(folder.path()).unwrap(), None);
        for empty in ["", "data"] {
            fs::write(&location, empty).unwrap();
            let error = located(folder.path()).unwrap_err().to_string();
            assert!(error.contains(location.to_str().unwrap()), "{error}");
        }
        replace(&location, b"/var/lib/elsewhere").unwrap();
        assert_eq!(located(folder.path()).unwrap(), Some(PathBuf::from("/var/lib/elsewhere")));
    }
}
