//! Where the programs have their settings from, and what they say of bad ones.

use std::fs;
use std::process::{Command, Output};

use testkit::scratch;

const PROGRAMS: [&str; 6] =
    ["webhook-receiver", "sync-worker", "api", "outbound-worker", "axis", "chatwoot-sim"];

/// Runs a program to its end, with these variables and no others.
fn run(program: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(testkit::program_path(program));
    command.env_clear().envs(environment.iter().copied()).args(arguments).output().unwrap()
}

/// The one sentence of a program that does not start.
fn refusal(program: &str, arguments: &[&str], environment: &[(&str, &str)]) -> String {
    let output = run(program, arguments, environment);
    let told = String::from_utf8(output.stderr).unwrap();
    let told: Vec<_> = told.lines().filter(|line| !line.contains(" INFO ")).collect();
    assert!(!output.status.success(), "{program}: {told:?}");
    assert_eq!(told.len(), 1, "{program}: {told:?}");
    told[0].to_owned()
}

#[test]
fn bad_settings_get_one_sentence_and_a_failure() {
    const OIDC: &str = "--auth-mode oidc --oidc-issuer https://id.example.com --oidc-audience axis";
    const BUCKET: &str = "--attachments-url s3://bucket";
    let key = "5e".repeat(32);
    let cases = [
        ("sync-worker", "--database-url nonsense", "DATABASE_URL"),
        ("sync-worker", "--nats-url nats://[", "NATS_URL"),
        ("sync-worker", "--secret-key 12", "AXIS_SECRET_KEY"),
        ("outbound-worker", "--secret-key 12", "AXIS_SECRET_KEY"),
        ("webhook-receiver", "--secret-key 12", "AXIS_SECRET_KEY"),
        ("api", "--host 0.0.0.0", "AUTH_MODE"),
        ("api", "--auth-mode oidc", "OIDC_ISSUER"),
        ("api", &format!("--secret-key 12 {OIDC}"), "AXIS_SECRET_KEY"),
        ("outbound-worker", &format!("--secret-key {key} {BUCKET}"), "AWS_ACCESS_KEY_ID"),
        ("api", &format!("--auth-mode dev {BUCKET}"), "AWS_ACCESS_KEY_ID"),
        ("chatwoot-sim", "--log !!", "AXIS_LOG"),
        ("axis", "db check --data-dir /nowhere", "axis up"),
    ];
    for (program, arguments, named) in cases {
        let arguments: Vec<_> = arguments.split(' ').collect();
        // `axis` looks for its own one where none is named.
        let environment: &[_] =
            if program == "axis" { &[] } else { &[("DATABASE_URL", "postgres://x/y")] };
        let told = refusal(program, &arguments, environment);
        assert!(told.contains(named), "{program} names what is wrong: {told}");
    }
}

/// Or files would be kept elsewhere than somebody who has set it expects.
#[test]
fn what_a_bucket_would_be_reached_by_elsewhere_is_named() {
    let arguments = ["--auth-mode", "dev", "--attachments-url", "s3://bucket"];
    let environment = [("DATABASE_URL", "postgres://x/y"), ("AWS_PROFILE", "support")];
    let told = refusal("api", &arguments, &environment);
    assert!(told.contains("AWS_PROFILE") && told.contains("AWS_ACCESS_KEY_ID"), "{told}");
}

/// The file has bad ones only: each is complained of unless something that wins over it has a good one.
#[test]
fn the_command_line_wins_over_the_environment_and_that_over_the_file() {
    const TEXT: &str = "# Of a test\n\nexport AXIS_SECRET_KEY=\"12\" # too short\n\
        DATABASE_URL='nonsense'\nNATS_URL=nats://[\n";
    let path = scratch("settings").join("axis.env");
    fs::write(&path, TEXT).unwrap();
    let (file, good) = (("AXIS_SETTINGS", path.to_str().unwrap()), "5e".repeat(32));
    let (key, database) = (("AXIS_SECRET_KEY", &*good), ["--database-url", "postgres://x/y"]);

    let told = refusal("sync-worker", &[], &[file]);
    assert!(told.contains("AXIS_SECRET_KEY"), "the file counts: {told}");
    let told = refusal("sync-worker", &[], &[file, key]);
    assert!(told.contains("DATABASE_URL"), "the environment wins: {told}");
    let told = refusal("sync-worker", &database, &[file, key]);
    assert!(told.contains("NATS_URL"), "the command line wins: {told}");
}

#[test]
fn a_bad_file_is_refused_without_a_word_of_what_is_in_it() {
    let folder = scratch("settings");
    let (bad, missing) = (folder.join("bad.env"), folder.join("missing.env"));
    fs::write(&bad, "PORT=8000\nAXIS_SECRET_KEY hush\n").unwrap();
    for program in PROGRAMS {
        let told = refusal(program, &[], &[("AXIS_SETTINGS", bad.to_str().unwrap())]);
        assert!(told.contains(&format!("line 2 of {}", bad.display())), "{told}");
        assert!(!told.contains("hush"), "{told}");
        let told = refusal(program, &[], &[("AXIS_SETTINGS", missing.to_str().unwrap())]);
        assert!(told.contains(missing.to_str().unwrap()), "{told}");
        assert!(told.contains("AXIS_SETTINGS"), "it says what to change: {told}");
    }
}

#[test]
fn every_help_tells_of_the_file() {
    for program in PROGRAMS {
        let help = String::from_utf8(run(program, &["--help"], &[]).stdout).unwrap();
        assert!(help.contains("AXIS_SETTINGS"), "{program}: {help}");
    }
}
