//! An upstream that speaks TLS. Which certificates are trusted is the machine's affair: here the environment says it, to
//! processes of their own, which run the same test.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

use carrot_providers::scripted::ModelServer;
use carrot_wire::Status;

use crate::support::{chat, chat_stream, output, post, recorded};
use crate::tls::Tls;

/// Whom such a process asks.
const UPSTREAM: &str = "CARROT_TEST_UPSTREAM";

/// Whether it is to trust it.
const TRUSTS: &str = "CARROT_TEST_TRUSTS";

#[test]
fn an_upstream_with_tls_is_asked_if_it_is_trusted() {
    if let Ok(upstream) = env::var(UPSTREAM) {
        return match env::var(TRUSTS).as_deref() {
            Ok("yes") => asks(&upstream),
            _ => is_refused(&upstream),
        };
    }
    let server = ModelServer::start();
    let (upstream, other) = (Tls::before(&server.origin()), Tls::before(&server.origin()));
    let folder = tempfile::tempdir().unwrap();
    let roots = folder.path().join("roots.pem");
    fs::write(&roots, &upstream.root).unwrap();
    in_a_process(&upstream, &roots, "yes");
    assert_eq!(server.requests().len(), 2);
    fs::write(&roots, &other.root).unwrap();
    in_a_process(&upstream, &roots, "no");
    assert_eq!(server.requests().len(), 2, "nothing was sent");
}

fn in_a_process(upstream: &Tls, roots: &Path, trusts: &str) {
    let this = "https::an_upstream_with_tls_is_asked_if_it_is_trusted";
    let ran = Command::new(env::current_exe().unwrap())
        .args([this, "--exact"])
        .env(UPSTREAM, upstream.origin())
        .env(TRUSTS, trusts)
        .env("SSL_CERT_FILE", roots)
        .env_remove("SSL_CERT_DIR")
        .env("NO_PROXY", "*")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success() && told.contains("1 passed"), "{told}");
}

fn asks(upstream: &str) {
    carrot_providers::tls::install_ring();
    for request in [chat("Hi"), chat_stream("Hi")] {
        let (seen, records) = recorded(|| {
            let relay = carrot_providers::relay(upstream).unwrap();
            post(&format!("{}/v1/chat/completions", relay.url()), &request)
        });
        assert_eq!((seen.status, seen.is_broken), (200, false));
        assert_eq!(records[0].status, Some(Status::Success));
        assert_eq!(output(&records[0])["message"]["content"], "You said: Hi");
    }
}

fn is_refused(upstream: &str) {
    carrot_providers::tls::install_ring();
    let (seen, records) = recorded(|| {
        let relay = carrot_providers::relay(upstream).unwrap();
        post(&format!("{}/v1/chat/completions", relay.url()), &chat("Hi"))
    });
    assert_eq!(seen.status, 502);
    let words = String::from_utf8(seen.body).unwrap();
    assert!(words.contains("certificate"), "{words}");
    assert_eq!(records[0].error.as_ref().unwrap().kind, "connect");
}
