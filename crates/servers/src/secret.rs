//! Random secrets, kept in files that only their owner can read.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

use crate::error::{During, Error};
use crate::replace::replace;

/// Reads the secret in `file`. Returns `None` if there is none.
pub(crate) fn load(file: &Path) -> Result<Option<SecretString>, Error> {
    match fs::read_to_string(file) {
        Ok(text) if !text.is_empty() => Ok(Some(text.into())),
        Ok(_) => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).during("read", file),
    }
}

/// Reads the secret in `file`, or creates one if there is none.
pub(crate) fn load_or_create(file: &Path) -> Result<SecretString, Error> {
    load(file)?.map_or_else(|| create(file), Ok)
}

/// Creates a secret of 256 random bits, in hexadecimal digits, and stores it in `file`.
pub(crate) fn create(file: &Path) -> Result<SecretString, Error> {
    let mut bits = [0; 32];
    let source = Path::new("/dev/urandom");
    File::open(source)
        .and_then(|mut random| random.read_exact(&mut bits))
        .during("read", source)?;
    let digits = bits.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    let digits: String = digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect();
    let secret = digits.into();
    write(file, &secret)?;
    Ok(secret)
}

/// Replaces `file` with one that holds `secret` and that only its owner can read.
pub(crate) fn write(file: &Path, secret: &SecretString) -> Result<(), Error> {
    replace(file, secret.expose_secret().as_bytes()).during("write", file)
}
