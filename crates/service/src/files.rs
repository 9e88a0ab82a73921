//! The limit on open files, which include connections.

use rustix::process::{Resource, getrlimit, setrlimit};

/// Raises the limit to what the host allows. The usual default of 1024 is meant for programs that use `select`,
/// and a crowd of senders or screens uses that up. Child processes inherit the limit.
pub(crate) fn as_many_as_allowed() {
    if let Err(error) = raise() {
        tracing::debug!(%error, "cannot raise the limit on open files");
    }
}

fn raise() -> rustix::io::Result<()> {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit)
}

#[cfg(test)]
mod tests {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    #[test]
    fn a_program_may_open_as_many_files_as_the_host_allows() {
        let given = getrlimit(Resource::Nofile);
        setrlimit(Resource::Nofile, Rlimit { current: Some(256), ..given }).unwrap();
        super::as_many_as_allowed();
        assert_eq!(getrlimit(Resource::Nofile).current, given.maximum);
    }
}
