//! How a program ends.

use std::io::Write as _;
use std::process::ExitCode;

/// The exit code of a program, after saying why if it failed.
pub fn exit(program: &str, result: Result<(), anyhow::Error>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(program, &error);
            ExitCode::FAILURE
        }
    }
}

/// Says on standard error, in one line, why a program failed, with the causes.
pub fn complain(program: &str, error: &anyhow::Error) {
    // With standard error closed there is nobody left to tell.
    let _unheard = writeln!(std::io::stderr(), "{program}: {}", in_words(error));
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
    told
}

#[cfg(test)]
mod tests {
    use anyhow::{Context, anyhow};

    #[test]
    fn a_cause_that_is_quoted_already_is_not_told_twice() {
        let error = anyhow!("no such host").context("cannot reach it: no such host");
        assert_eq!(super::in_words(&error), "cannot reach it: no such host");
        let error = Err::<(), _>(anyhow!("no such host")).context("connecting").unwrap_err();
        assert_eq!(super::in_words(&error), "connecting: no such host");
    }
}
