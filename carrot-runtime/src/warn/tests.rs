use super::*;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_kind_of_trouble_is_one_line_a_minute() {
    let begin = Instant::now();
    let mut told = Told::default();
    let lines = (0..=600).filter_map(|second| {
        let now = begin + second * SECOND;
        let line = told.tell("away", "nobody answers", now)?;
        // Others change nothing for it.
        told.tell("full", &format!("full {second}"), now);
        Some((second, line))
    });
    let lines: Vec<_> = lines.collect();
    let seconds: Vec<u32> = lines.iter().map(|(second, _)| *second).collect();
    assert_eq!(seconds, (0..=600).step_by(60).collect::<Vec<_>>());
    assert_eq!(lines[0].1, "nobody answers");
    assert_eq!(
        lines[1].1,
        "nobody answers (59 more since it was said last)"
    );
    assert_eq!(lines[10].1, lines[1].1, "each minute is counted anew");
}

#[test]
fn what_was_held_back_is_said_with_the_next_line() {
    let begin = Instant::now();
    let mut told = Told::default();
    let mut tell = |seconds, message: &str| told.tell("away", message, begin + seconds * SECOND);
    assert_eq!(tell(0, "a is away").as_deref(), Some("a is away"));
    assert_eq!(tell(1, "b is away"), None);
    assert_eq!(tell(2, "a is away"), None);
    assert_eq!(
        tell(60, "a is away").as_deref(),
        Some("a is away (2 more since it was said last, such as: b is away)")
    );
    assert_eq!(tell(61, "b is away"), None);
    // Said by itself, it is no example.
    assert_eq!(
        tell(120, "b is away").as_deref(),
        Some("b is away (1 more since it was said last)")
    );
    assert_eq!(tell(1_000, "b is away").as_deref(), Some("b is away"));
}

#[test]
fn a_message_is_one_short_line() {
    let mut told = Told::default();
    let mut tell = |kind, message: &str| told.tell(kind, message, Instant::now()).unwrap();
    assert_eq!(tell("a", "one\ntwo\r\x1b[31m"), "one two  [31m");
    assert_eq!(tell("b", &"é".repeat(5_000)).chars().count(), MAX_MESSAGE);
}
