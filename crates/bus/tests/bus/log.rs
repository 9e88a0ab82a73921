//! What programs would log.

use std::io::{self, Write};
use std::sync::{Arc, LazyLock, Mutex};

use tracing::Level;

/// The warnings of all tests in this process.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// What is logged from now on at the latest.
    pub fn of_warnings() -> Self {
        static LOG: LazyLock<Log> = LazyLock::new(|| {
            let log = Log::default();
            let written = log.clone();
            let all = tracing_subscriber::fmt().with_max_level(Level::WARN).with_ansi(false);
            tracing::subscriber::set_global_default(
                all.with_writer(move || written.clone()).finish(),
            )
            .unwrap();
            log
        });
        LOG.clone()
    }

    pub fn contains(&self, words: &str) -> bool {
        String::from_utf8_lossy(&self.0.lock().unwrap()).contains(words)
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
