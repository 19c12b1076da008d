//! TLS for clients that bring no crypto provider.

/// Makes ring the process's crypto provider for rustls, unless there is one already.
///
/// reqwest with its feature `rustls-no-provider` panics when a client is *built* without one, even if
/// it will only ever speak plain HTTP. Call this first in `main` or in a test. With reqwest's own
/// default features (`rustls`) it is not needed.
pub fn install_ring() {
    // An error says that there is a provider already, which is all we want.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
