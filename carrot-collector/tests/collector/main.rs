//! The collector over real sockets, as its senders and readers meet it.

mod server;
mod ingest;
mod encodings;
mod agenttrace;
mod retrace;
mod stream;
mod otlp;
mod order;
mod list;
mod search;
mod trace;
mod live;
mod pages;
mod faults;
