use std::sync::Arc;

use reqwest::Client;
use reqwest::redirect::Policy;
use rustls::crypto::CryptoProvider;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;

/// The client that asks the upstreams. It passes on what it gets: no redirect is followed and nothing is decompressed,
/// whatever features other crates ask of reqwest.
pub(super) fn client() -> Result<Client, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = tls(&provider).map_err(|error| error.to_string())?;
    let client = Client::builder()
        .redirect(Policy::none())
        .referer(false)
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .tls_backend_preconfigured(tls);
    client.build().map_err(|error| error.to_string())
}

fn tls(provider: &Arc<CryptoProvider>) -> Result<ClientConfig, rustls::Error> {
    let builder = || {
        ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions()
    };
    let verified = match builder()?.with_platform_verifier() {
        Ok(verified) => verified,
        // A machine without certificates: http still works, and https says why it does not.
        Err(_) => builder()?.with_root_certificates(RootCertStore::empty()),
    };
    Ok(verified.with_no_client_auth())
}
