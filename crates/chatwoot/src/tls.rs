//! The cryptography for TLS: ring, as everywhere in the workspace. With a second provider in the program, libraries
//! that leave the choice to rustls would refuse to start.

/// A builder of HTTP clients, with the provider for their TLS installed.
pub(crate) fn http() -> reqwest::ClientBuilder {
    // Fails only if a provider is installed already, which is then the same one.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
}
