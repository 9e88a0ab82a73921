//! Private NATS and PostgreSQL servers as child processes, for `axis up` and for tests.
//!
//! ```no_run
//! # async fn example() -> Result<(), servers::Error> {
//! use servers::{Nats, NatsOptions, Postgres, PostgresOptions};
//!
//! let nats = Nats::start(NatsOptions::new(".axis/nats")).await?;
//! let postgres = Postgres::start(PostgresOptions::new(".axis/postgres")).await?;
//! // … connect to nats.url() and postgres.url() …
//! postgres.stop().await?;
//! nats.stop().await?;
//! # Ok(())
//! # }
//! ```
//!
//! A server listens on 127.0.0.1 only and requires a random secret that is part of its URL, so other users of the
//! machine cannot use it. Its data folder holds everything that is needed to start it again with the same data and
//! the same secret: `data` or `jetstream`, the secret, `server.log`, and `url` for other processes of the same user
//! ([`running_url`]).
//!
//! **Nothing is left running.** A server dies with the process that started it: at once on Linux, where the kernel
//! signals it, and elsewhere when the same data folder is next used. A data folder is locked for as long as its
//! [`Nats`] or [`Postgres`] exists. A process is signalled only if it was started from that very data folder, so a
//! copy of the folder has no effect on the original's server.
//!
//! [`NatsCluster`] runs three NATS servers as one cluster, to test what happens when they are lost one at a time.
//!
//! **As root.** PostgreSQL refuses to run as root. When root starts it, it runs as the owner of its data, at first
//! the user `postgres` or else `nobody`, and that user must be able to reach its data and binaries. If a parent folder
//! bars the way (a project under `/root`, say), folders of ours inside the system's temporary folder are opened for
//! passage, and anything else is kept under `/var/lib/axis-postgres`: a copy of the binaries, and the data, whose
//! place is named by the file `location` in the data folder. The file `of` beside the data names that data folder in
//! turn. A copy of the data folder is refused, since there is no copy of the data. So is one that has data which that
//! user cannot reach any more: it was moved, or a folder above it closed. A copy of the binaries says in a file `of` of
//! which installation it is one, and is removed at a later start if that is no longer there or was replaced.

mod binaries;
mod child;
mod copies;
mod death;
mod error;
mod folder;
mod full_disk;
mod identity;
mod nats;
mod nats_cluster;
mod pid_file;
mod port;
mod postgres;
mod probe;
mod replace;
mod secret;
mod server;
mod unprivileged;

pub use binaries::nats as nats_server;
pub use error::Error;
pub use folder::running_url;
pub use nats::{Nats, NatsOptions};
pub use nats_cluster::NatsCluster;
pub use port::free_port;
pub use postgres::{Postgres, PostgresOptions};
