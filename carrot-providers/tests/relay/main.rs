//! Clients that know nothing of Carrot, through a relay and without one.

mod clients;
mod failures;
mod places;
mod replays;
mod support;
mod wire;
