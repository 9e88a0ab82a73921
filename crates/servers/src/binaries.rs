//! Where the servers' binaries are.

use std::env;
use std::path::{Path, PathBuf};

use crate::error::Error;

/// The file `nats-server`: as given, else `AXIS_NATS_SERVER`, else what `make setup` fetched.
pub fn nats(given: Option<PathBuf>) -> Result<PathBuf, Error> {
    locate(given, "AXIS_NATS_SERVER", "nats/nats-server", Path::is_file)
        .ok_or(Error::NotInstalled { server: "nats-server", variable: "AXIS_NATS_SERVER" })
}

/// The folder with `postgres` and `initdb`: as given, else `AXIS_POSTGRES_BIN`, else what
/// `make setup` fetched.
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
        // `.tools` stands at the project's root, and the executable in the project's `target`.
        None => [env::current_dir(), env::current_exe()]
            .into_iter()
            .flatten()
            .flat_map(|start| start.ancestors().map(Path::to_owned).collect::<Vec<_>>())
            .map(|folder| folder.join(".tools").join(fetched))
            .find(|place| is_it(place)),
    };
    place.and_then(|place| place.canonicalize().ok())
}
