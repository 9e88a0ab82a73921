//! The settings file, whose contents become part of the environment.

use std::collections::HashSet;
use std::path::PathBuf;
use std::{env, fs, io};

/// What a program's help says about the file.
pub(crate) const HELP: &str = "\
The settings with an `env` above may also be in the file that the variable AXIS_SETTINGS names, one
NAME=VALUE a line. The command line wins over the environment, and the environment over the file.";

const NO_SETTING: &str = "is no setting: write NAME='VALUE'";
const REPLACED: &str =
    "has a $ where it would stand for another variable: write NAME='VALUE', with single quotes";
const UNKNOWN: &str =
    "has a name that is no setting of any program: correct it, or remove the line";
const SET_ABOVE: &str = "sets what a line above it has set: keep one of the two";

/// The settings of all our programs, one name per line, since they may share one file.
/// `tools/check-compose` compares the list with the programs' help.
const NAMES: &str = include_str!("../settings.txt");
/// Variables that libraries read directly.
const LIBRARIES: [&str; 8] = [
    "ALL_PROXY",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "RUST_BACKTRACE",
    "RUST_LIB_BACKTRACE",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
];

/// The settings file cannot be used. Errors do not quote it, since it may hold secrets.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// It does not exist, or this user may not read it.
    #[error(
        "cannot read {}: {source}; let AXIS_SETTINGS name a file that this user may read, or unset it",
        path.display()
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A line is wrong.
    #[error("line {line} of {} {wrong}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Which line.
        line: usize,
        /// What is wrong with it.
        wrong: &'static str,
    },
}

/// Loads the file that `AXIS_SETTINGS` names, if any, into the environment. Variables that are already set keep their
/// values. Only a process with a single thread may do this.
pub(crate) fn load() -> Result<(), Error> {
    let named = env::var_os("AXIS_SETTINGS").filter(|named| !named.is_empty());
    let Some(path) = named.map(PathBuf::from) else { return Ok(()) };
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(source) => return Err(Error::Unreadable { path, source }),
    };
    let taken = each(&text, |line| dotenvy::from_read(line));
    taken.map_err(|(line, wrong)| Error::Line { path, line, wrong })
}

/// Passes each line with a setting to `take`. Fails with the number of the first wrong line, and what is wrong with it.
fn each(
    text: &str,
    mut take: impl FnMut(&[u8]) -> dotenvy::Result<()>,
) -> Result<(), (usize, &'static str)> {
    let mut names = HashSet::new();
    for (number, line) in (1..).zip(text.lines()) {
        // Line by line: otherwise a quote that is not closed would swallow the lines up to the next quote.
        let line = line.trim_end().as_bytes();
        let Ok(setting) = dotenvy::from_read_iter(line).next().transpose() else {
            return Err((number, NO_SETTING));
        };
        let Some((name, value)) = setting else { continue };
        if is_replaced(line) {
            return Err((number, REPLACED));
        }
        if !is_known(&name) {
            return Err((number, UNKNOWN));
        }
        if !names.insert(name) {
            return Err((number, SET_ABOVE));
        }
        // A zero byte cannot be in the environment.
        if value.contains('\0') || take(line).is_err() {
            return Err((number, NO_SETTING));
        }
    }
    Ok(())
}

fn is_known(name: &str) -> bool {
    NAMES.lines().chain(LIBRARIES).any(|known| known == name)
}

/// Whether a `$variable` outside single quotes would be substituted. That is rarely intended: passwords contain `$`,
/// and the name of a variable would end at its first underscore.
fn is_replaced(line: &[u8]) -> bool {
    let mut outside = line.split(|byte| *byte == b'\'').step_by(2).flatten();
    // A single quote inside double quotes is a character like any other.
    line.contains(&b'$') && outside.any(|byte| matches!(byte, b'$' | b'"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_with_settings_are_taken_and_no_others() {
        let text = "# A comment\n\n PORT=8000 \r\nexport HOST=\"::1\" # everywhere\nCORS_ORIGIN=\n";
        let mut taken = Vec::new();
        let told = each(text, |line| {
            taken.extend(dotenvy::from_read_iter(line).map(Result::unwrap));
            Ok(())
        });
        assert_eq!(told, Ok(()));
        let settings = [("PORT", "8000"), ("HOST", "::1"), ("CORS_ORIGIN", "")];
        assert_eq!(taken, settings.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn the_first_line_that_is_wrong_is_told_by_its_number() {
        let cases = [
            ("# A comment\nPORT=8000\nPORT 8000\n8000\n", 3, NO_SETTING),
            ("HOST='::1\nPORT='8000'\n", 1, NO_SETTING),
            ("PORT=8000\nMAX_CONECTIONS=7", 2, UNKNOWN),
            ("port=8000", 1, UNKNOWN),
            ("HOST=a b", 1, NO_SETTING),
            ("HOST=a\0b", 1, NO_SETTING),
            ("HOST='$B'\nHOST=$B", 2, REPLACED),
            ("# $B\nHOST='$B'$B", 2, REPLACED),
            ("HOST=\"it's $B \"", 1, REPLACED),
            ("PORT=8000\nHOST=::1\nPORT=8000", 3, SET_ABOVE),
        ];
        for (text, line, wrong) in cases {
            assert_eq!(each(text, |_| Ok(())), Err((line, wrong)), "{text:?}");
        }
    }
}
