//! What the log tells of a panic.

use std::process::Command;

use service::{Config, LogFormat, Service};

const PANIC: &str = "AXIS_TEST_PANIC";

/// The test runs this program once more, which panics and shows its log.
#[tokio::test]
async fn a_panic_is_a_line_of_the_log() {
    if std::env::var_os(PANIC).is_some() {
        let config = Config { log_format: LogFormat::Json, ..Config::default() };
        let _service = Service::start("panics", &config).unwrap();
        let task = tokio::spawn(async { panic!("out of {}", "order") });
        task.await.unwrap_err();
        return;
    }
    let itself = std::env::current_exe().unwrap();
    let test = ["a_panic_is_a_line_of_the_log", "--exact", "--nocapture"];
    let output = Command::new(itself).args(test).env(PANIC, "1").output().unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("out of order")).collect();
    let [line] = lines[..] else { panic!("{log}") };
    for part in [r#""level":"ERROR""#, r#""panic.message":"out of order""#, "tests/panics.rs:"] {
        assert!(line.starts_with('{') && line.contains(part), "{part} in {line}");
    }
}
