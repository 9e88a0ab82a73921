//! How a program starts and ends.

use std::io::Write as _;
use std::process::{ExitCode, Termination};
use std::time::Duration;

use anyhow::Context as _;
use clap::{Command, Parser};
use tokio::runtime::{Builder, Runtime};

use crate::{settings, version};

/// How long a program that has ended waits for its threads. A disk that does not answer holds them for ever.
const LEFT: Duration = Duration::from_secs(1);

/// Reads a program's settings, runs it to its end and returns its exit code. If it failed, says why on standard
/// error.
///
/// The command line takes precedence over the environment, and the environment over the file that `AXIS_SETTINGS`
/// names.
pub fn main<A, F, T>(program: &str, run: impl FnOnce(A) -> F) -> ExitCode
where
    A: Parser,
    F: Future<Output = anyhow::Result<T>>,
    T: Termination,
{
    match begin() {
        Ok((arguments, runtime)) => {
            let ended = runtime.block_on(async {
                run(arguments).await.map_or_else(|error| failure(program, &error), T::report)
            });
            runtime.shutdown_timeout(LEFT);
            ended
        }
        Err(error) => failure(program, &error),
    }
}

/// Reads the arguments and starts the threads that the program runs on.
fn begin<A: Parser>() -> anyhow::Result<(A, Runtime)> {
    // Before there is a second thread, which could read the environment while this changes it.
    settings::load()?;
    let matches = command::<A>().get_matches();
    let arguments = A::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let runtime = Builder::new_multi_thread().enable_all().build().context("starting threads")?;
    Ok((arguments, runtime))
}

fn command<A: Parser>() -> Command {
    A::command().version(version::version()).after_help(settings::HELP)
}

/// Says on standard error, in one line, why a program failed, including the causes.
fn failure(program: &str, error: &anyhow::Error) -> ExitCode {
    // If standard error is closed, there is nobody left to tell.
    let _unheard = writeln!(std::io::stderr(), "{program}: {}", in_words(error));
    ExitCode::FAILURE
}

fn in_words(error: &anyhow::Error) -> String {
    let mut told = String::new();
    for cause in error.chain() {
        let text = cause.to_string();
        // Many errors quote their cause already.
        if told.contains(&text) {
            continue;
        }
        if !told.is_empty() {
            told.push_str(": ");
        }
        told.push_str(&text);
    }
    // It may quote what others wrote, and a terminal takes orders from control characters.
    let shown = |c: char| match c {
        '\n' => ' ',
        c if c.is_control() => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    told.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use anyhow::{Context, anyhow};
    use clap::error::ErrorKind;

    #[derive(clap::Parser)]
    #[command(name = "some-worker")]
    struct Arguments {}

    #[test]
    fn every_program_says_its_version_and_commit() {
        let shown =
            super::command::<Arguments>().try_get_matches_from(["some-worker", "--version"]);
        let shown = shown.unwrap_err();
        assert_eq!(shown.kind(), ErrorKind::DisplayVersion);
        assert_eq!(shown.to_string(), format!("some-worker {}\n", crate::version::version()));
    }

    #[test]
    fn a_cause_that_is_quoted_already_is_not_told_twice() {
        let error = anyhow!("no such host").context("cannot reach it: no such host");
        assert_eq!(super::in_words(&error), "cannot reach it: no such host");
        let error = Err::<(), _>(anyhow!("no such host")).context("connecting").unwrap_err();
        assert_eq!(super::in_words(&error), "connecting: no such host");
    }

    #[test]
    fn what_is_quoted_stays_in_the_line_and_gives_the_terminal_no_orders() {
        let error = anyhow!("it says \"no\n\u{1b}[2Jaxis: all is well\"");
        let told = "it says \"no \u{fffd}[2Jaxis: all is well\"";
        assert_eq!(super::in_words(&error), told);
    }
}
