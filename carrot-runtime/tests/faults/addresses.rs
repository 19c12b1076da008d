//! Addresses where no collector is: another place, no TLS or one that nobody trusts, no such name.

use std::io::Write;

use carrot_spool::State;

use crate::collector::{Answer, Collector};
use crate::outage::{Outage, clean_up, is_second_run, shut_down_and_say, spooled};
use crate::program::{Ended, Program, is_child, program, steps};
use crate::tls::Tls;

/// One run that cannot deliver, or one that delivers what it left.
fn trace_or_clean_up() {
    if !is_second_run() {
        steps(24);
        shut_down_and_say();
    }
}

/// All of it is on disk, one warning says why, and the end did not wait.
#[track_caller]
fn assert_kept(ended: &Ended, why: &str) {
    assert_eq!(spooled(&ended.said[0]), 25, "{ended:?}");
    assert_eq!(ended.counts(), [0, 0, 0, 0]);
    let warnings = ended.warnings();
    assert!(
        warnings.len() == 1 && warnings[0].contains(why),
        "{warnings:?}"
    );
    let took = ended.said[1].as_u64().unwrap();
    assert!(took < 30_000, "{took} ms of 60 s");
}

/// Key and payload follow none, by no transport; what was not taken is kept aside, or waits.
#[test]
fn a_redirect_is_not_followed_by_any_transport() {
    if is_child() {
        return trace_or_clean_up();
    }
    for transport in ["http", "ws", "auto"] {
        let elsewhere = Collector::start();
        let location = format!("{}/v1/traces/ingest", elsewhere.url());
        let outage = Outage::with(Answer::SayWith(307, "location", location));
        let program = || {
            program!(a_redirect_is_not_followed_by_any_transport)
                .env("CARROT_API_KEY", "ck-secret")
                .env("CARROT_TRANSPORT", transport)
        };
        let ended = outage.of(program()).run();
        assert_eq!(elsewhere.requests().len(), 0, "{transport}");
        assert_eq!(ended.warnings().len(), 1, "{}", ended.stderr);
        if transport == "ws" {
            assert_kept(&ended, "307");
            outage.end();
            outage.clean_up(program().env("CARROT_TRANSPORT", "http"));
            outage.assert_stored(25);
        } else {
            assert_eq!(ended.counts(), [0, 0, 0, 25], "{transport}");
            let aside = carrot_spool::list(outage.folder()).unwrap();
            let refused = |state: &State| matches!(state, State::Refused { reason } if reason.contains("307"));
            let kept = aside.iter().filter(|it| refused(&it.state));
            assert_eq!(kept.map(|it| it.records).sum::<u64>(), 25);
        }
    }
}

/// The next run trusts the server's certificate, and delivers what this one left.
#[track_caller]
fn assert_cured_by_trust(outage: &Outage, tls: &Tls, program: Program) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(tls.certificate.as_bytes()).unwrap();
    outage.end();
    clean_up(program.env("SSL_CERT_FILE", file.path().to_str().unwrap()));
    outage.assert_stored(25);
}

#[test]
fn a_certificate_that_nobody_trusts() {
    if is_child() {
        return trace_or_clean_up();
    }
    let outage = Outage::begin();
    let tls = Tls::before(outage.collector.url(), true);
    let program = || {
        let program = outage.of(program!(a_certificate_that_nobody_trusts));
        program.env("CARROT_BASE_URL", &tls.url())
    };
    assert_kept(&program().run(), &tls.url());
    assert_eq!(outage.collector.requests().len(), 0);
    assert_cured_by_trust(&outage, &tls, program());
}

/// Nothing is said to a server that speaks no TLS, and what waits goes out once it does.
#[test]
fn a_server_without_tls_behind_https() {
    if is_child() {
        return trace_or_clean_up();
    }
    let outage = Outage::begin();
    let tls = Tls::before(outage.collector.url(), false);
    let program = || {
        let program = outage.of(program!(a_server_without_tls_behind_https));
        program.env("CARROT_BASE_URL", &tls.url())
    };
    assert_kept(&program().run(), &tls.url());
    assert_eq!(outage.collector.requests().len(), 0);
    tls.begin();
    assert_cured_by_trust(&outage, &tls, program());
}

/// A name that nobody knows, until there is a proxy that does.
#[test]
fn a_name_that_does_not_exist() {
    if is_child() {
        return trace_or_clean_up();
    }
    let outage = Outage::begin();
    let program = || {
        let program = outage.of(program!(a_name_that_does_not_exist));
        program.env("CARROT_BASE_URL", "http://nowhere.invalid")
    };
    assert_kept(&program().run(), "http://nowhere.invalid");
    outage.end();
    clean_up(program().env("HTTP_PROXY", outage.collector.url()));
    outage.assert_stored(25);
}
