//! What the figures were measured on.

use std::fmt;
use std::io::Write as _;
use std::process::Stdio;
use std::time::Instant;

use anyhow::Context as _;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde::{Deserialize, Serialize};
use testkit::sqlx;
use tokio::process::Command;

use crate::latency::median;
use crate::peers;
use crate::stage::Stage;

/// The machine, and what ran on it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Machine {
    cpu: String,
    cores: usize,
    memory_mib: u64,
    kernel: String,
    /// Median time to write 4 KiB and sync them, of 100 times, in milliseconds.
    fsync_ms: f64,
    pub load_before: String,
    pub load_after: String,
    axis: String,
    /// The commit that was built, with a mark if the tree was changed since; unknown without git.
    commit: String,
    postgres: String,
    nats: String,
    at: chrono::DateTime<chrono::Utc>,
}

impl Machine {
    pub async fn look() -> anyhow::Result<Self> {
        let stage = Stage::start().await?;
        let mut database = stage.superuser().await?;
        let postgres = sqlx::query_scalar("show server_version").fetch_one(&mut database).await?;
        Ok(Self {
            cpu: field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".to_owned()),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            memory_mib: field("/proc/meminfo", "MemTotal")
                .and_then(|text| text.split(' ').next()?.parse::<u64>().ok())
                .map_or(0, |kib| kib / 1024),
            kernel: std::fs::read_to_string("/proc/sys/kernel/osrelease")
                .map_or_else(|_| std::env::consts::OS.to_owned(), |text| text.trim().to_owned()),
            fsync_ms: fsync().context("syncing a file")?,
            load_before: load(),
            load_after: String::new(),
            axis: env!("CARGO_PKG_VERSION").to_owned(),
            commit: commit().await.unwrap_or_else(|| "unknown".to_owned()),
            postgres,
            nats: peers::nats(stage.nats_url()).await?.server_info().version,
            at: chrono::Utc::now(),
        })
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "axis {} ({}), {}", self.axis, self.commit, self.at.format("%F %R UTC"))?;
        writeln!(
            f,
            "{}, {} cores, {} MiB, kernel {}, load {}",
            self.cpu, self.cores, self.memory_mib, self.kernel, self.load_before
        )?;
        write!(f, "fsync {:.2} ms, PostgreSQL {}, NATS {}", self.fsync_ms, self.postgres, self.nats)
    }
}

/// How busy the machine is: the average of a minute.
pub fn load() -> String {
    std::fs::read_to_string("/proc/loadavg")
        .ok()
        .and_then(|text| text.split(' ').next().map(str::to_owned))
        .unwrap_or_else(|| "unknown".to_owned())
}

/// Lets this process and those that it starts have as many connections as the system allows.
pub fn raise_file_limit() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // If it is not allowed, a measurement that needs more says so.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}

/// Has the disk write what is left to it, so that a measurement does not wait for what the one
/// before it wrote.
pub fn settle_disk() {
    rustix::fs::sync();
}

/// What a process has in memory, in bytes.
pub fn resident(pid: u32) -> anyhow::Result<u64> {
    let kib = field(&format!("/proc/{pid}/status"), "VmRSS")
        .and_then(|text| text.split(' ').next()?.parse::<u64>().ok())
        .with_context(|| format!("cannot see what process {pid} has in memory"))?;
    Ok(kib * 1024)
}

fn field(file: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn fsync() -> anyhow::Result<f64> {
    let path = testkit::scratch("fsync").join("file");
    let mut file = std::fs::File::create(path)?;
    let mut took = Vec::with_capacity(100);
    for _ in 0..100 {
        let began = Instant::now();
        file.write_all(&[0; 4096])?;
        file.sync_data()?;
        took.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(median(took))
}

async fn commit() -> Option<String> {
    let git = Command::new("git")
        .args(["-C", env!("CARGO_MANIFEST_DIR"), "describe", "--always", "--dirty"])
        .stderr(Stdio::null())
        .output()
        .await
        .ok()?;
    let text = String::from_utf8(git.stdout).ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}
