//! Logs on standard error.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::IsTerminal;
use std::panic::{self, PanicHookInfo};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::{Config, LogFormat, StartError};

/// Installs the subscriber and a hook that logs panics. A second call in one process changes nothing.
pub(crate) fn install(config: &Config) -> Result<(), StartError> {
    let filter = EnvFilter::builder().parse(&config.log)?;
    let registry = tracing_subscriber::registry().with(filter);
    let installed = match config.log_format {
        LogFormat::Text => registry
            .with(
                tracing_subscriber::fmt::layer()
                    .with_writer(std::io::stderr)
                    .with_ansi(std::io::stderr().is_terminal()),
            )
            .try_init(),
        LogFormat::Json => registry
            .with(
                tracing_subscriber::fmt::layer()
                    .json()
                    .flatten_event(true)
                    .with_writer(std::io::stderr),
            )
            .try_init(),
    };
    if installed.is_err() {
        tracing::debug!("logs are set up already");
        return Ok(());
    }
    panic::set_hook(Box::new(tell));
    Ok(())
}

/// Logs a panic, since the log is where people look and what machines read.
fn tell(panic: &PanicHookInfo<'_>) {
    let backtrace = Backtrace::capture();
    let backtrace = (backtrace.status() == BacktraceStatus::Captured).then_some(backtrace);
    tracing::error!(
        panic.message = panic.payload_as_str().unwrap_or("no text"),
        panic.place = panic.location().map(tracing::field::display),
        panic.backtrace = backtrace.map(tracing::field::display),
        "a panic: this is a fault of the program"
    );
}
