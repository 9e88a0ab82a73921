//! A client for tests that speak HTTP.

/// A client with TLS set up as in the programs.
pub fn http() -> reqwest::Client {
    builder().build().expect("a client")
}

/// The same, to be changed.
pub(crate) fn builder() -> reqwest::ClientBuilder {
    // Fails only if a provider is installed already, which is then the same one.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
}
