//! Clients that know nothing of Carrot, through a relay and without one.

#![allow(
    deprecated,
    reason = "gemini-rust calls generateContent that; it is what its users call"
)]

mod clients;
mod failures;
mod places;
mod replays;
mod support;
mod wire;
mod https;

#[path = "../tls/mod.rs"]
mod tls;
