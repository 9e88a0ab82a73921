//! A program ends though one of its threads does not.

use std::process::ExitCode;
use std::time::Duration;

use tokio::process::Command;

const STUCK: &str = "AXIS_TEST_STUCK";

#[derive(Debug, clap::Parser)]
struct Arguments {
    #[arg(allow_hyphen_values = true)]
    _those_of_the_test: Vec<String>,
}

/// The test runs this program once more, which leaves a thread that waits for ever.
#[test]
fn who_waits_for_a_disk_holds_nobody_up() {
    if std::env::var_os(STUCK).is_some() {
        let ended = service::main("ends", |_: Arguments| async {
            drop(tokio::task::spawn_blocking(|| {
                loop {
                    std::thread::park();
                }
            }));
            anyhow::Ok(())
        });
        assert_eq!(format!("{ended:?}"), format!("{:?}", ExitCode::SUCCESS));
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let ended = runtime.block_on(async {
        let itself = std::env::current_exe().unwrap();
        let test = ["who_waits_for_a_disk_holds_nobody_up", "--exact"];
        let mut program = Command::new(itself);
        program.args(test).env(STUCK, "1").kill_on_drop(true);
        tokio::time::timeout(Duration::from_mins(1), program.status()).await
    });
    assert!(ended.expect("it ends").unwrap().success());
}
