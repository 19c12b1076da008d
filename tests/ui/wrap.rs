//! A client that has no adapter.

struct Client;

fn main() {
    let _ = carrot_ai::wrap(Client);
}
