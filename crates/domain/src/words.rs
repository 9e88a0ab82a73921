//! Errors as text for logs.

use std::error::Error;

/// An error and its causes in one line.
pub fn in_words(error: &dyn Error) -> String {
    let mut told = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        // Many errors quote their cause already, and transparent ones say nothing else.
        if !told.contains(&text) {
            told.push_str(": ");
            told.push_str(&text);
        }
        source = cause.source();
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("no such host")]
    struct NoHost;

    #[derive(Debug, thiserror::Error)]
    #[error("connecting")]
    struct Connecting(#[source] NoHost);

    #[derive(Debug, thiserror::Error)]
    #[error("cannot reach it: {0}")]
    struct Quoting(#[source] NoHost);

    #[derive(Debug, thiserror::Error)]
    #[error(transparent)]
    struct Transparent(#[from] Connecting);

    #[test]
    fn every_cause_is_told_and_one_that_is_quoted_already_not_twice() {
        assert_eq!(in_words(&NoHost), "no such host");
        assert_eq!(in_words(&Connecting(NoHost)), "connecting: no such host");
        assert_eq!(in_words(&Quoting(NoHost)), "cannot reach it: no such host");
        assert_eq!(in_words(&Transparent(Connecting(NoHost))), "connecting: no such host");
    }
}
