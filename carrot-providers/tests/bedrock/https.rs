//! The SDK's own HTTPS client, whose connections are TLS.

use aws_sdk_bedrockruntime::Client;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use carrot_wire::Status;

use crate::server::{Reply, Request, Server};
use crate::support::{ask, config, output, recorded, stream};
use crate::tls::Tls;

#[tokio::test]
async fn calls_by_https_are_the_same_and_recorded() {
    let server = Server::start(
        |request: &Request, _| match request.path.ends_with("-stream") {
            true => Reply::streamed(request.says()),
            false => Reply::text(request.says()),
        },
    )
    .await;
    let tls = Tls::before(&server.url());
    let trusted = TrustStore::empty().with_pem_certificate(tls.root.as_bytes());
    let trusted = TlsContext::builder().with_trust_store(trusted).build();
    let https = aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(trusted.unwrap())
        .build_https();
    let bare = Client::from_conf(config(&tls.origin()).http_client(https).build());
    let wrapped = carrot_providers::wrap(bare.clone());

    let (answer, record) = recorded(ask(&wrapped, "hi")).await;
    assert_eq!(answer, ask(&bare, "hi").await);
    assert_eq!(record.status, Some(Status::Success));
    assert_eq!(output(&record)["message"]["content"], "hi");
    let (items, record) = recorded(stream(&wrapped, "one two")).await;
    assert_eq!(items, stream(&bare, "one two").await);
    assert_eq!(output(&record)["message"]["content"], "one two");
    assert_eq!(server.requests().len(), 4);
}
