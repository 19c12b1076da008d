//! Secrets as arguments of traced functions.

use carrot_ai::testing::capture;
use carrot_ai::{Secret, trace};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::json;

const HIDDEN: &str = "hunter2";

#[test]
fn a_secret_is_used_but_not_captured() {
    /// Neither `Serialize` nor `Debug`.
    struct Opaque;

    #[derive(Serialize)]
    struct Login<'a> {
        user: &'a str,
        code: Secret<&'a str>,
    }

    #[trace]
    fn log_in(login: &Login<'_>, key: Secret<String>, more: &[Secret<u8>]) -> Secret<String> {
        assert_eq!(login.code.expose(), &HIDDEN);
        Secret::new(format!("{}{}", key.expose(), more.len()))
    }

    #[trace]
    fn generic<T>(value: Secret<T>, maybe: Option<Secret<T>>) -> Result<Secret<T>, Secret<T>> {
        maybe.map_or(Ok(value), Err)
    }

    let traces = capture(|| {
        let code = Secret::new(HIDDEN);
        let login = Login { user: "me", code };
        let key = log_in(&login, HIDDEN.to_owned().into(), &[Secret::new(7)]);
        assert_eq!(key.into_inner(), "hunter21");
        assert!(generic(Secret::new(Opaque), None).is_ok());
        assert!(generic(Secret::new(HIDDEN), Some(Secret::new(HIDDEN))).is_err());
    });
    let sent = serde_json::to_string(traces.records()).unwrap();
    assert!(!sent.contains(HIDDEN), "{sent}");
    let redacted = "[redacted]";
    let log_in = traces.find("log_in").unwrap();
    assert_eq!(
        log_in.input(),
        &json!({"login": {"user": "me", "code": redacted}, "key": redacted, "more": [redacted]})
    );
    assert_eq!(log_in.output(), redacted);
    let generic = traces.find("generic").unwrap();
    assert_eq!(generic.input(), &json!({"value": redacted, "maybe": null}));
    assert_eq!(generic.output(), redacted);
}

#[test]
fn secrets_of_the_secrecy_crate_stay_secret() {
    #[trace]
    fn ask(credential: SecretString, maybe: Option<&SecretString>) -> usize {
        credential.expose_secret().len() + maybe.map_or(0, |it| it.expose_secret().len())
    }
    let traces = capture(|| {
        let credential = SecretString::from(HIDDEN);
        assert_eq!(ask(credential.clone(), Some(&credential)), 14);
    });
    let sent = serde_json::to_string(traces.records()).unwrap();
    assert!(!sent.contains(HIDDEN), "{sent}");
    let shown = traces.find("ask").unwrap().input()["credential"].clone();
    assert!(shown.as_str().unwrap().contains("REDACTED"), "{shown}");
}
