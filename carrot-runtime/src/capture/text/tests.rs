use proptest::prelude::*;

use super::*;

fn written(text: &str) -> String {
    let mut buffer = Buffer::new();
    assert!(quoted(&mut buffer, text, usize::MAX));
    String::from_utf8(buffer.as_slice().to_vec()).unwrap()
}

#[test]
fn every_byte_at_every_place_is_as_serde_json_has_it() {
    for length in 1..=80 {
        for place in [0, length / 2, length - 1] {
            for byte in 0..0x80 {
                let mut text = vec![b'a'; length];
                text[place] = byte;
                let text = String::from_utf8(text).unwrap();
                assert_eq!(written(&text), serde_json::to_string(&text).unwrap());
            }
        }
    }
    assert_eq!(written(""), "\"\"");
}

#[test]
fn a_number_s_text_is_copied_whatever_its_length() {
    let digits = "1234567890123456789012345678901234567890";
    for length in 0..=digits.len() {
        let mut buffer = Buffer::new();
        buffer.byte(b'x');
        plain(&mut buffer, &digits[..length]);
        assert_eq!(
            buffer.as_slice(),
            format!("x{}", &digits[..length]).as_bytes()
        );
    }
}

#[test]
fn names_stand_between_commas_and_colons() {
    let mut buffer = Buffer::new();
    let names = [
        "a",
        "",
        "role",
        "content",
        "tool_name",
        "temperature_of_it",
        "q\"",
        "a \\ b \n c d",
    ];
    for (place, text) in names.into_iter().enumerate() {
        name(&mut buffer, place == 0, text);
        buffer.byte(b'1');
    }
    let expected: String = names
        .map(|name| format!("{}:1", serde_json::to_string(name).unwrap()))
        .join(",");
    assert_eq!(std::str::from_utf8(buffer.as_slice()).unwrap(), expected);
}

proptest! {
    #[test]
    fn what_fits_is_all_that_does(text in "\\PC{0,100}|[\\x00-\\xff]{0,100}", room in 0..120usize) {
        let length = |text: &str| written(text).len() - 2;
        let fits = fitting(&text, room);
        prop_assert!(text.starts_with(fits) && length(fits) <= room);
        if let Some(next) = text[fits.len()..].chars().next() {
            let more = format!("{fits}{next}");
            prop_assert!(length(&more) > room);
        }
        let mut buffer = Buffer::new();
        buffer.byte(b'x');
        if quoted(&mut buffer, &text, room + 1) {
            prop_assert!(fits == text || text.len() <= 16);
        } else {
            prop_assert_eq!((buffer.len(), fits == text), (1, false));
        }
    }

    #[test]
    fn any_text_is_read_back(text in "\\PC{0,100}|[\\x00-\\xff]{0,100}") {
        let read: String = serde_json::from_str(&written(&text)).unwrap();
        prop_assert_eq!(read, text);
    }
}
