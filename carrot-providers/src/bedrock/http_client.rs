//! The door in front of the HTTP client, for requests that must not be sent.

use std::fmt;

use aws_sdk_bedrockruntime::config::http::HttpRequest;
use aws_sdk_bedrockruntime::config::{HttpClient, RuntimeComponents, SharedHttpClient};
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::result::ConnectorError;

use super::slot::Slot;

/// The header of a request that is not sent but answered by its [`Slot`], which it has as an extension.
const HELD_BACK: &str = "carrot-held-back";

/// What a [`Guarded`] is called in its `Debug`.
const NAME: &str = "CarrotGuarded";

/// Marks a request as one that is not to be sent.
pub(super) fn hold_back(request: &mut HttpRequest, slot: Slot) {
    request.headers_mut().insert(HELD_BACK, "true");
    request.add_extension(slot);
}

/// The user's HTTP client, which sends all but what is held back.
pub(super) struct Guarded {
    inner: SharedHttpClient,
}

impl fmt::Debug for Guarded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple(NAME).field(&self.inner).finish()
    }
}

impl Guarded {
    pub(super) fn new(inner: SharedHttpClient) -> Guarded {
        Guarded { inner }
    }
}

/// Whether requests that are held back come to a [`Guarded`]. A client shows what it is, and what it wraps, by its `Debug` alone.
pub(super) fn is_guarded(client: &SharedHttpClient) -> bool {
    format!("{client:?}").contains(NAME)
}

impl HttpClient for Guarded {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Connector { inner })
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.inner.connector_metadata()
    }
}

#[derive(Debug)]
struct Connector {
    inner: SharedHttpConnector,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        if request.headers().get(HELD_BACK).is_none() {
            return self.inner.call(request);
        }
        // Only by this way are extensions to be had.
        let slot = request
            .try_into_http1x()
            .map(|mut request| request.extensions_mut().remove::<Slot>());
        HttpConnectorFuture::ready(match slot {
            Ok(Some(slot)) => slot.answer(),
            Ok(None) => Err(ConnectorError::other(
                "the recorded answer is lost".into(),
                None,
            )),
            Err(error) => Err(ConnectorError::other(error.into(), None)),
        })
    }
}
