//! An HTTP client for tests.

/// Makes a client with TLS set up as in the programs.
pub fn http() -> reqwest::Client {
    builder().build().expect("a client")
}

/// Makes a builder of such a client.
pub(crate) fn builder() -> reqwest::ClientBuilder {
    // Fails only if a provider is installed already, and then it is the same one.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
}
