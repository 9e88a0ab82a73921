//! Locates the servers' binaries.

use std::env;
use std::path::{Path, PathBuf};

use crate::error::Error;

/// Locates the file `nats-server`: the given one, or else `AXIS_NATS_SERVER`, or else the one that `make setup`
/// fetched. Fails if there is none.
pub fn nats(given: Option<PathBuf>) -> Result<PathBuf, Error> {
    locate(given, "AXIS_NATS_SERVER", "nats/nats-server", Path::is_file)
        .ok_or(Error::NotInstalled { server: "nats-server", variable: "AXIS_NATS_SERVER" })
}

/// Locates the folder with `postgres` and `initdb`: the given one, or else `AXIS_POSTGRES_BIN`, or else the one that
/// `make setup` fetched. Fails if there is none.
pub(crate) fn postgres(given: Option<PathBuf>) -> Result<PathBuf, Error> {
    let is_complete =
        |folder: &Path| ["postgres", "initdb"].iter().all(|b| folder.join(b).is_file());
    locate(given, "AXIS_POSTGRES_BIN", "postgres/bin", is_complete)
        .ok_or(Error::NotInstalled { server: "PostgreSQL", variable: "AXIS_POSTGRES_BIN" })
}

fn locate(
    given: Option<PathBuf>,
    variable: &str,
    fetched: &str,
    is_it: impl Fn(&Path) -> bool,
) -> Option<PathBuf> {
    let place = match given.or_else(|| env::var_os(variable).map(PathBuf::from)) {
        Some(place) => is_it(&place).then_some(place),
        // `.tools` is in the project's root, and the executable is below the project's `target`.
        None => [env::current_dir(), env::current_exe()]
            .into_iter()
            .flatten()
            .flat_map(|start| start.ancestors().map(Path::to_owned).collect::<Vec<_>>())
            .map(|folder| folder.join(".tools").join(fetched))
            .find(|place| is_it(place)),
    };
    place.and_then(|place| place.canonicalize().ok())
}
