//! The memory that a very long stream takes, bare and wrapped: more of it is not kept than the limit.

use allocation_counter::measure;
use async_openai::Client;
use async_openai::config::OpenAIConfig;
use carrot_providers::scripted::{ModelServer, Reply, When};
use carrot_providers::tap::LIMIT;
use carrot_providers::wrap;
use carrot_runtime::testing::capture_async;
use tokio::runtime::Runtime;

use crate::async_openai::count;
use crate::stream_answer;

const CHUNKS: usize = 100_000;

pub(crate) fn run(runtime: &Runtime) {
    let stream = Reply::raw(200, "text/event-stream", stream_answer(CHUNKS));
    let server = ModelServer::builder().on(When::any(), stream).start();
    let config = OpenAIConfig::new().with_api_base(server.url());
    let bare = Client::with_config(config.with_api_key("k"));
    // On this thread alone, where the span is also read in the end. The server has one of its own.
    let [bare, wrapped] = [bare.clone(), wrap(bare)].map(|client| {
        let read = async { assert_eq!(count(&client).await, CHUNKS) };
        measure(|| drop(runtime.block_on(capture_async(read)))).bytes_max
    });
    let added = wrapped.saturating_sub(bare);
    println!("{CHUNKS} chunks: {bare} bytes at most bare, {wrapped} wrapped, {added} added");
    // What is kept, and once more what is read from it.
    assert!(added < 2 * LIMIT as u64, "more than what may be kept");
}
