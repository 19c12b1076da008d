use proptest::prelude::*;

use super::*;

const VALID: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

fn error(traceparent: &str) -> TraceContextError {
    traceparent.parse::<TraceContext>().unwrap_err()
}

#[test]
fn a_valid_header_is_read_and_written() {
    let context: TraceContext = format!(" \t{VALID} ").parse().unwrap();
    assert_eq!(
        context.trace.to_string(),
        "0af7651916cd43dd8448eb211c80319c"
    );
    assert_eq!(context.parent.to_string(), "b7ad6b7169203331");
    assert!(context.sampled && !context.random);
    assert_eq!(context.traceparent(), VALID);
}

#[test]
fn flags_that_nobody_defined_are_dropped() {
    let read = |flags: &str| {
        let header = format!("{}{flags}", &VALID[..53]);
        header.parse::<TraceContext>().unwrap()
    };
    assert!(!read("00").sampled && !read("00").random);
    assert!(!read("02").sampled && read("02").random);
    let all = read("ff");
    assert!(all.sampled && all.random);
    assert!(all.traceparent().ends_with("-03"));
}

#[test]
fn each_mistake_is_named() {
    let swap = |from: &str, to: &str| error(&VALID.replacen(from, to, 1));
    assert_eq!(error(""), TraceContextError::Length);
    assert_eq!(error(&VALID[..54]), TraceContextError::Length);
    assert_eq!(error(&format!("{VALID}-")), TraceContextError::Length);
    assert_eq!(error(&format!("{VALID}-more")), TraceContextError::Length);
    assert_eq!(swap("00-", "ff-"), TraceContextError::Version);
    assert_eq!(
        swap("00-", "0A-"),
        TraceContextError::Digits(Field::Version)
    );
    assert_eq!(
        swap("0af", "0AF"),
        TraceContextError::Digits(Field::TraceId)
    );
    assert_eq!(
        swap("b7a", "+7a"),
        TraceContextError::Digits(Field::ParentId)
    );
    assert_eq!(swap("-01", "-0G"), TraceContextError::Digits(Field::Flags));
    assert_eq!(swap("-b7", ".b7"), TraceContextError::Separator);
    let (trace, parent) = (&VALID[3..35], &VALID[36..52]);
    assert_eq!(
        swap(trace, &"0".repeat(32)),
        TraceContextError::Zero(Field::TraceId)
    );
    assert_eq!(
        swap(parent, &"0".repeat(16)),
        TraceContextError::Zero(Field::ParentId)
    );
}

#[test]
fn later_versions_are_read_by_what_is_known() {
    let later = VALID.replacen("00-", "cc-", 1).replace("-01", "-03");
    for header in [
        later.clone(),
        format!("{later}-what-comes"),
        format!("{later}-"),
    ] {
        let context: TraceContext = header.parse().unwrap();
        assert_eq!(context.traceparent(), VALID, "{header}");
    }
    assert_eq!(error(&format!("{later}.x")), TraceContextError::Separator);
    assert_eq!(error(&format!("{later}0")), TraceContextError::Separator);
}

#[test]
fn there_is_exactly_one_traceparent() {
    let read = |headers: &[&str]| {
        let headers = headers.iter().map(|header| header.as_bytes());
        TraceContext::from_values(headers, []).map(|context| context.traceparent())
    };
    assert_eq!(read(&[]), Err(TraceContextError::Missing));
    assert_eq!(read(&[VALID]).as_deref(), Ok(VALID));
    assert_eq!(read(&[VALID, VALID]), Err(TraceContextError::Repeated));
}

#[test]
fn several_tracestates_are_one_list() {
    let values: [&[u8]; 3] = [b"a=1, b@x/y*_-= 2", b"", b"\t,0c=3 ,a=4"];
    let state = TraceState::from_values(values).unwrap();
    assert_eq!(state.as_str(), "a=1,b@x/y*_-= 2,0c=3");
    assert_eq!((state.get("0c"), state.get("d")), (Some("3"), None));
    let context = TraceContext::from_values([VALID.as_bytes()], values).unwrap();
    assert_eq!(context.state, state);
}

#[test]
fn an_invalid_tracestate_is_dropped_and_the_trace_goes_on() {
    let error = |state: &str| state.parse::<TraceState>().unwrap_err();
    let long = "x".repeat(257);
    for key in ["", "A", "_a", "a b", "ä", &long] {
        assert_eq!(
            error(&format!("ok=1,{key}=1")),
            TraceStateError::Key,
            "{key}"
        );
    }
    for value in ["", "a=b", "ä", "a\u{7f}", "a\tb", &long] {
        let error = error(&format!("ok=1,k={value},z=1"));
        assert_eq!(error, TraceStateError::Value, "{value}");
    }
    assert_eq!(error("ok=1,k"), TraceStateError::Member);
    let many = |count| (0..count).map(|at| format!("k{at}=1")).collect::<Vec<_>>();
    assert_eq!(error(&many(33).join(",")), TraceStateError::TooMany);
    assert!(many(32).join(",,").parse::<TraceState>().is_ok());

    let context = TraceContext::parse(VALID, "ok=1,k").unwrap();
    assert!(context.state.is_empty());
    let bytes: &[u8] = b"ok=\xff";
    let context = TraceContext::from_values([VALID.as_bytes()], [bytes]).unwrap();
    assert!(context.state.is_empty());
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        trace in 1u128.., parent in 1u64.., sampled: bool, random: bool,
        members in prop::collection::btree_map("[a-z0-9][a-z0-9_*/@-]{0,20}", "[ -+\\--<>-~]{0,9}[!-+]", 0..32),
    ) {
        let members: Vec<String> = members.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let context = TraceContext {
            trace: TraceId(trace),
            parent: SpanId(parent),
            sampled,
            random,
            state: members.join(",").parse().unwrap(),
        };
        prop_assert_eq!(context.state.members().count(), members.len());
        prop_assert_eq!(TraceContext::parse(&context.traceparent(), context.state.as_str()), Ok(context));
    }

    #[test]
    fn no_bytes_panic(parent: Vec<u8>, state: Vec<u8>) {
        let _ = TraceContext::from_values([&parent[..]], [&state[..]]);
    }

    #[test]
    fn nothing_near_a_valid_header_panics(at in 0usize..60, cut in 0usize..60, text in "\\PC{0,3}") {
        let mut header = VALID.to_owned();
        header.insert_str(at.min(header.len()), &text);
        let end = header.floor_char_boundary(cut);
        let _ = header.parse::<TraceContext>();
        let _ = header[..end].parse::<TraceContext>();
    }
}
