//! The addresses at which a file may be asked for.

use reqwest::Url;

use super::FileError;
use crate::public::{has_credentials, may_be_public};

/// What the paths of Chatwoot's files begin with, whatever its host is called in messages.
const FILES: &str = "/rails/active_storage/";

/// The address to begin with: the path that the message names, at the Chatwoot that the operator configured. The host
/// in the message is the one that browsers use, which need not be the same.
pub(super) fn begin(base: &Url, address: &str) -> Result<Url, FileError> {
    let named = Url::parse(address).map_err(|_| FileError::Elsewhere("no address"))?;
    if named.origin() == base.origin() && named.username().is_empty() {
        return Ok(named);
    }
    if !matches!(named.scheme(), "http" | "https") || !named.path().starts_with(FILES) {
        return Err(FileError::Elsewhere("not an address of this Chatwoot"));
    }
    let mut url = base.clone();
    url.set_path(named.path());
    url.set_query(named.query());
    Ok(url)
}

/// Refuses an address that no redirect may lead to. Host names are checked where they are resolved.
pub(super) fn check(url: &Url) -> Result<(), FileError> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(FileError::Elsewhere("not on the web"));
    }
    if has_credentials(url) {
        return Err(FileError::Elsewhere("an address with a password"));
    }
    if !may_be_public(url) {
        return Err(FileError::Elsewhere("a private address"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configured_chatwoot_is_asked_whatever_a_message_says() {
        let base = Url::parse("http://chatwoot:3000").unwrap();
        let begin = |address: &str| begin(&base, address).map(String::from);
        let path = "/rails/active_storage/blobs/redirect/x/a.png";
        let there = format!("http://chatwoot:3000{path}");
        assert_eq!(begin(&there).unwrap(), there);
        assert_eq!(begin(&format!("https://chat.example.com{path}")).unwrap(), there);
        assert_eq!(begin(&format!("http://169.254.169.254{path}")).unwrap(), there);
        for elsewhere in [
            "http://169.254.169.254/latest/meta-data",
            "http://127.0.0.1:5432/",
            "file:///rails/active_storage/x",
            "no address",
        ] {
            assert!(begin(elsewhere).is_err(), "{elsewhere}");
        }
    }

    #[test]
    fn a_redirect_leads_to_no_private_address_however_it_is_written() {
        for bad in [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://[::1]/",
            "http://[::ffff:10.0.0.1]/",
            "http://169.254.169.254/",
            "ftp://example.com/",
            "file:///etc/passwd",
            "http://user:pass@example.com/",
        ] {
            assert!(check(&Url::parse(bad).unwrap()).is_err(), "{bad}");
        }
        assert!(check(&Url::parse("https://bucket.s3.example.com/x?sig=1").unwrap()).is_ok());
    }
}
