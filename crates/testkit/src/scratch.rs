//! Folders for the servers' data.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

static ROOT: OnceLock<PathBuf> = OnceLock::new();
static NEXT: AtomicU32 = AtomicU32::new(0);

/// Creates a new temporary folder. Folders that earlier processes left are removed in the background: removing a
/// hundred databases takes so long on a busy machine that tests must not wait for it.
pub fn scratch(name: &str) -> PathBuf {
    let root = ROOT.get_or_init(|| {
        let all = std::env::temp_dir().join("axis-tests");
        std::fs::create_dir_all(&all).expect("the temporary folder can be written");
        let root = all.join(std::process::id().to_string());
        // Left by an earlier process with the same id.
        let _gone = std::fs::remove_dir_all(&root);
        std::thread::spawn(move || sweep(&all));
        root
    });
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let folder = root.join(format!("{number}-{name}"));
    std::fs::create_dir_all(&folder).expect("the temporary folder can be written");
    folder
}

fn sweep(all: &Path) {
    let Ok(entries) = std::fs::read_dir(all) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let alive = name
            .to_str()
            .and_then(|name| name.parse::<u32>().ok())
            .is_some_and(|pid| Path::new("/proc").join(pid.to_string()).exists());
        if !alive && Path::new("/proc/self").exists() {
            // Another process may be sweeping too.
            let _gone = std::fs::remove_dir_all(entry.path());
        }
    }
}
