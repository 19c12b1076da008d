//! From traced functions to the real collector by WebSocket, over connections that are killed again and again.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use carrot_ai::Transport;
use carrot_collector::Collector;
use serde_json::Value;

/// So many connections are killed, each after this many bytes of what it carries, which is not at a frame's end.
const KILLED: usize = 4;
const KILLED_AFTER: usize = 40_000;

/// A way to the collector that breaks. Its threads end with the process.
struct Way {
    url: String,
    connections: Arc<AtomicUsize>,
}

fn way_to(collector: &Collector) -> Way {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let to = collector.url().replace("http://", "");
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = connections.clone();
    std::thread::spawn(move || {
        for near in listener.incoming().map(Result::unwrap) {
            let far = TcpStream::connect(&to).unwrap();
            let number = counted.fetch_add(1, SeqCst);
            let most = if number < KILLED {
                KILLED_AFTER
            } else {
                usize::MAX
            };
            let back = (far.try_clone().unwrap(), near.try_clone().unwrap());
            std::thread::spawn(move || carry(near, far, most));
            std::thread::spawn(move || carry(back.0, back.1, usize::MAX));
        }
    });
    Way { url, connections }
}

/// Carries bytes until either end is gone, or so many were carried.
fn carry(mut from: TcpStream, mut to: TcpStream, most: usize) {
    let mut carried = 0;
    let mut bytes = [0; 1024];
    while carried < most
        && let Ok(count @ 1..) = from.read(&mut bytes)
        && to.write_all(&bytes[..count]).is_ok()
    {
        carried += count;
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}

#[carrot_ai::trace]
fn root(number: usize) -> usize {
    (0..9).map(|step| leaf(number, step)).sum()
}

#[carrot_ai::trace]
fn leaf(number: usize, step: usize) -> usize {
    number * step
}

#[test]
fn what_was_made_is_stored_once_however_often_the_connection_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let collector = Collector::builder()
        .data(folder.path())
        .port(0)
        .start()
        .unwrap();
    let way = way_to(&collector);
    let guard = carrot_ai::builder()
        .base_url(&way.url)
        .transport(Transport::WebSocket)
        .spool_off()
        .init()
        .unwrap();
    (0..200).for_each(|number| {
        root(number);
    });
    let report = carrot_ai::flush_timeout(std::time::Duration::from_secs(60));
    assert!(report.is_complete(), "{report}");
    assert_eq!(report.acked, 2_000, "{report}");
    assert!(way.connections.load(SeqCst) > KILLED);
    drop(guard);

    let list = read(&collector, "/v1/traces?limit=500");
    let roots = list["traces"].as_array().unwrap();
    let mut found = BTreeMap::new();
    for root in roots {
        assert_eq!(root["totals"]["spans"], 10, "{root}");
        *found.entry(root["name"].as_str().unwrap()).or_insert(0) += 1;
    }
    assert_eq!(found, BTreeMap::from([("root", 200)]));
}

fn read(collector: &Collector, path: &str) -> Value {
    let url = format!("{}{path}", collector.url());
    ureq::get(&url)
        .call()
        .unwrap()
        .body_mut()
        .read_json()
        .unwrap()
}
