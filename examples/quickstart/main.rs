//! A small agent, traced from end to end.
//!
//! ```text
//! cargo run --example quickstart                 # runs it, then serves the dashboard until Ctrl-C
//! cargo run --example quickstart -- --once       # ends when the trace is durable, prints its id last
//! cargo run --example quickstart -- --port 9000 --data /tmp/carrot
//! ```

#![allow(clippy::print_stdout, reason = "what it prints is what it is for")]

mod agent;
mod model;

use std::io::IsTerminal;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use carrot_collector::Collector;
use carrot_wire::Record;
use carrot_wire::draw::{Style, draw};
use carrot_wire::tree::Forest;

const QUESTION: &str = "Should I take the bike across the city today?";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Options { port, data, once } = Options::from_args()?;

    // 1. A collector: `carrot serve` as a library. Its store is a folder.
    let collector = Collector::builder()
        .data(&data)
        .port(port)
        .or_next_ports(20)
        .start()?;

    // 2. Tracing, to that collector.
    let _carrot = carrot_ai::builder().base_url(collector.url()).init()?;

    // 3. A wrapped model client: the same type, and every call is a span.
    let model = model::connect();
    let client = carrot_ai::wrap(model.client.clone());
    println!("Asking {}.\n", model.description);

    // 4. The agent: functions with `#[carrot_ai::trace]`.
    let agent::Answer { text, trace: id } = agent::answer(&client, QUESTION).await?;
    println!("Q: {QUESTION}\nA: {text}\n");

    // 5. Delivered, and durable.
    let report = carrot_ai::flush_timeout(Duration::from_secs(10));
    ensure!(
        report.is_complete(),
        "the trace was not delivered: {report}"
    );
    let tree = show(&collector.url(), id).await?;
    println!("{tree}");

    if once {
        println!("{id}");
        return Ok(());
    }
    println!("Dashboard: {}/traces/{id}", collector.url());
    println!("Serving until Ctrl-C. The traces are in {data}; `carrot serve` opens them again.");
    tokio::signal::ctrl_c().await?;
    Ok(())
}

/// The trace as the collector has it, as text.
async fn show(collector: &str, id: carrot_ai::RecordId) -> anyhow::Result<String> {
    let response = reqwest::get(format!("{collector}/v1/traces/{id}"))
        .await?
        .error_for_status()?;
    let root = Record::from_json(&response.text().await?)?;
    let style = Style {
        color: std::io::stdout().is_terminal(),
        timeless: false,
    };
    Ok(draw(&Forest::from_nested([root]), style))
}

struct Options {
    port: u16,
    data: String,
    once: bool,
}

impl Options {
    fn from_args() -> anyhow::Result<Options> {
        let mut options = Options {
            port: 7420,
            data: "./.carrot".to_owned(),
            once: false,
        };
        let mut args = std::env::args().skip(1);
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--once" => options.once = true,
                "--data" => options.data = args.next().context("--data needs a folder")?,
                "--port" => {
                    let port = args
                        .next()
                        .context("--port needs a number, such as --port 9000")?;
                    options.port = port
                        .parse()
                        .with_context(|| format!("--port {port}: not a port (0 to 65535)"))?;
                }
                other => bail!(
                    "unknown option {other}: there are --once, --port <number> and --data <folder>"
                ),
            }
        }
        Ok(options)
    }
}
