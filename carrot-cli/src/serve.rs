//! `carrot serve`

use std::io::Write;

use carrot_collector::Collector;

use crate::args;

pub(crate) fn run(args: args::Serve) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    // Listening before anything is said: whoever reads the address may stop us at once.
    let stop = runtime.block_on(async { Stop::listen() })?;
    let collector = Collector::builder()
        .data(args.data)
        .port(args.port)
        .host(args.host)
        .start()?;
    let mut out = std::io::stdout();
    writeln!(out, "Carrot is ready at {}", collector.url())?;
    writeln!(out, "Traces are kept in {}", collector.data().display())?;
    out.flush()?;
    runtime.block_on(stop.wait());
    collector.shutdown();
    Ok(())
}

/// Ctrl-C, and what service managers send.
struct Stop {
    #[cfg(unix)]
    signals: [tokio::signal::unix::Signal; 2],
}

impl Stop {
    #[cfg(unix)]
    fn listen() -> std::io::Result<Stop> {
        use tokio::signal::unix::{SignalKind, signal};
        let signals = [
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
        ];
        Ok(Stop { signals })
    }

    #[cfg(unix)]
    async fn wait(self) {
        let [mut interrupt, mut terminate] = self.signals;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    }

    #[cfg(not(unix))]
    fn listen() -> std::io::Result<Stop> {
        Ok(Stop {})
    }

    #[cfg(not(unix))]
    async fn wait(self) {
        // An error means that no signal will ever come: then there is nothing to wait for.
        let _ = tokio::signal::ctrl_c().await;
    }
}
