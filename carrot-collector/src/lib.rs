//! The collector: takes traces in, stores them in one folder, answers queries, serves the dashboard.
//!
//! A request goes from top to bottom: the server lets it past the guard to an ingest
//! dialect or the query API, both of which know the store by one trait.
//!
//! ```no_run
//! let collector = carrot_collector::Collector::builder().data("./.carrot").port(7420).start()?;
//! println!("{}", collector.url());
//! collector.shutdown();
//! # Ok::<(), carrot_collector::Error>(())
//! ```

mod config;
mod error;
mod collector;
mod server;
mod guard;
mod project;
mod ui;
mod ingest;
mod api;
mod view;
mod store;
mod archive;

pub use archive::Archive;
pub use collector::Collector;
pub use config::{Builder, DEFAULT_DATA, DEFAULT_PORT};
pub use error::Error;
