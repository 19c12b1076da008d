//! Wrapping clients that are not the default ones, and with options.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use async_openai::Client;
use async_openai::config::{AzureConfig, OpenAIConfig};
use async_openai::middleware::retry::{OpenAIRetryLayer, SimpleRetryPolicy};
use async_openai::middleware::{HttpRequestFactory, ReqwestService};
use carrot_providers::async_openai::{layer, wrap_with_http};
use carrot_providers::scripted::{ModelServer, Reply, Request, When};
use carrot_providers::{wrap, wrapper};
use carrot_wire::Status;
use serde_json::{Value, json};

use crate::support::{all_recorded, chat, client, recorded};

fn server(reply: Reply) -> ModelServer {
    carrot_providers::tls::install_ring();
    ModelServer::builder().on(When::any(), reply).start()
}

#[tokio::test]
async fn name_and_tags_are_set() {
    let server = server(Reply::text("Hi"));
    let wrapped: Client<OpenAIConfig> = wrapper()
        .name("my-chatbot")
        .tags(["prod", "eu"])
        .wrap(client(&server.url()));
    let (answer, record) = recorded(wrapped.chat().create_byot::<_, Value>(chat("Hi"))).await;
    answer.unwrap();
    assert_eq!(record.name.as_deref(), Some("my-chatbot"));
    assert_eq!(record.tags, Some(vec!["prod".to_owned(), "eu".to_owned()]));
}

#[tokio::test]
async fn a_client_of_the_users_own_keeps_its_timeout() {
    let server = server(Reply::text("late").delay(Duration::from_secs(60)));
    let http = reqwest::Client::builder()
        .timeout(Duration::from_millis(50))
        .build()
        .unwrap();
    let wrapped = wrap_with_http(client(&server.url()), http);
    let (answer, record) = recorded(wrapped.chat().create_byot::<_, Value>(chat("Hi"))).await;
    answer.unwrap_err();
    assert_eq!(record.status, Some(Status::Error));
    assert_eq!(record.error.unwrap().kind, "timeout");
}

#[tokio::test]
async fn a_stack_of_the_users_own_is_one_span() {
    carrot_providers::tls::install_ring();
    let server = ModelServer::builder()
        .on(
            When::any().attempt(1),
            Reply::error(500, "broken").retry_after(0),
        )
        .start();
    let stack = tower::ServiceBuilder::new()
        .layer(layer(wrapper().tags(["own"])))
        .retry(SimpleRetryPolicy::default())
        .service(ReqwestService::new(reqwest::Client::new()));
    let wrapped = client(&server.url()).with_http_service(stack);
    let (answer, record) = recorded(wrapped.chat().create_byot::<_, Value>(chat("Hi"))).await;
    answer.unwrap();
    assert_eq!(record.tags, Some(vec!["own".to_owned()]));
    assert_eq!(record.metadata["attempts"], 2);
}

#[tokio::test]
async fn a_boxed_error_of_a_stack_is_described() {
    let server = server(Reply::text("late").delay(Duration::from_secs(60)));
    let stack = tower::ServiceBuilder::new()
        .layer(layer(wrapper()))
        .timeout(Duration::from_millis(50))
        .layer(OpenAIRetryLayer::default())
        .service(ReqwestService::new(reqwest::Client::new()));
    let wrapped = client(&server.url()).with_http_service(stack);
    let (answer, record) = recorded(wrapped.chat().create_byot::<_, Value>(chat("Hi"))).await;
    answer.unwrap_err();
    let error = record.error.unwrap();
    assert_eq!(
        (error.kind.as_str(), error.message.as_str()),
        ("client", "request timed out")
    );
    assert_eq!(record.status, Some(Status::Error));
}

#[tokio::test]
async fn azure_is_named_and_its_deployment_is_the_model() {
    let server = server(Reply::text("Hi"));
    let base = server.url().trim_end_matches("/v1").to_owned();
    let config = AzureConfig::new()
        .with_api_base(base)
        .with_deployment_id("mine")
        .with_api_version("2025-01-01");
    let bare: Client<AzureConfig> = Client::with_config(config.with_api_key("key"));
    let wrapped: Client<AzureConfig> = wrap(bare.clone());
    let request = json!({ "messages": [{ "role": "user", "content": "Hi" }] });
    let seen: Value = bare.chat().create_byot(request.clone()).await.unwrap();
    let (answer, record) = recorded(wrapped.chat().create_byot::<_, Value>(request)).await;
    assert_eq!(answer.unwrap()["choices"], seen["choices"]);
    let [bare, wrapped] = &server.requests()[..] else {
        panic!("one request each")
    };
    let sent = |it: &Request| (it.path.clone(), it.headers.clone(), it.text.clone());
    assert_eq!(sent(wrapped), sent(bare));
    assert!(wrapped.path.ends_with("?api-version=2025-01-01"));
    assert_eq!(record.metadata["provider"], "azure");
    assert_eq!(record.metadata["request_model"], "mine");
}

#[tokio::test]
async fn wrapped_twice_is_recorded_once() {
    let server = server(Reply::text("Hi"));
    let wrapped = wrap(wrap(client(&server.url())));
    let (answer, _) = recorded(wrapped.chat().create_byot::<_, Value>(chat("Hi"))).await;
    answer.unwrap();
}

#[tokio::test]
async fn urls_survive_the_tap() {
    let server = server(Reply::text("Hi"));
    let stack = tower::ServiceBuilder::new()
        .map_response(|response: reqwest::Response| {
            assert_eq!(response.url().path(), "/v1/chat/completions");
            assert_eq!(response.headers()["x-request-id"], "req_1");
            assert!(response.content_length().is_some());
            response
        })
        .layer(layer(wrapper()))
        .service(ReqwestService::new(reqwest::Client::new()));
    let wrapped = client(&server.url()).with_http_service(stack);
    let (answer, _) = recorded(wrapped.chat().create_byot::<_, Value>(chat("Hi"))).await;
    answer.unwrap();
}

/// Sends requests from a task of its own, as tower's `Buffer` does.
#[derive(Clone)]
struct Moved<S>(S);

impl<S> tower::Service<HttpRequestFactory> for Moved<S>
where
    S: tower::Service<HttpRequestFactory, Future: Send> + Clone + Send + 'static,
    S::Response: Send,
    S::Error: Send,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: HttpRequestFactory) -> Self::Future {
        let mut inner = self.0.clone();
        let sent = tokio::spawn(async move { inner.call(request).await });
        Box::pin(async { sent.await.unwrap() })
    }
}

#[tokio::test]
async fn a_layer_outside_of_what_moves_requests_knows_where_the_call_was_made() {
    let server = server(Reply::text("Hi"));
    let stack = tower::ServiceBuilder::new()
        .layer(layer(wrapper()))
        .layer_fn(Moved)
        .service(ReqwestService::new(reqwest::Client::new()));
    let client = client(&server.url()).with_http_service(stack);
    let ask = async || client.chat().create_byot::<_, Value>(chat("Hi")).await;
    let (refused, records) = all_recorded(async {
        let _run = carrot_runtime::span("run");
        let twice = async { (ask().await.unwrap(), ask().await.map(drop)).1 };
        carrot_runtime::budget().max_steps(1).scope(twice).await
    })
    .await;
    assert_eq!(records.len(), 3, "{records:?}");
    let run = records.iter().find(|it| it.name.as_deref() == Some("run"));
    let run = run.unwrap().span_id;
    let calls = records.iter().filter(|it| it.parent_span_id == run);
    assert_eq!(calls.count(), 2);
    refused.unwrap_err();
    assert_eq!(server.requests().len(), 1);
}
