//! Who did what, as a line of the log.

use std::os::unix::fs::MetadataExt as _;

use clap::Args;

/// Who acts.
#[derive(Debug, Clone, Args)]
#[group(skip)]
pub(crate) struct Operator {
    /// Name under which the log tells who did it; the number of the system's user comes with it
    #[arg(
        id = "operator",
        long = "operator",
        env = "USER",
        default_value = "unknown",
        value_name = "NAME"
    )]
    name: String,
}

impl Operator {
    /// Writes down that `action` was done to `count` of `what`.
    pub(crate) fn did(&self, action: &str, what: &str, count: u64) {
        // Whose process this is, which no variable of the environment can change. Linux only.
        let uid = std::fs::metadata("/proc/self").ok().map(|process| process.uid());
        tracing::info!(
            target: "axis::audit",
            operator = self.name,
            operator.uid = uid,
            action,
            what,
            count,
            "an operator acted on the streams"
        );
    }
}
