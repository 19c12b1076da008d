//! Which words a record has: what a search looks for.

use std::fmt;

use carrot_wire::{Json, Record};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

/// Longer words are known by this many of their first bytes: they are encodings, not words.
const MAX_WORD: usize = 64;

/// Calls back with each word of a text: a run of letters and digits, in lower case.
pub(super) fn of_text(text: &str, each: &mut impl FnMut(&str)) {
    let mut lower = String::new();
    for word in text.split(|c: char| !c.is_alphanumeric()) {
        if word.is_empty() {
            continue;
        }
        let end = word
            .char_indices()
            .map(|(at, c)| at + c.len_utf8())
            .take_while(|&end| end <= MAX_WORD)
            .last();
        let word = &word[..end.unwrap_or(word.len())];
        if word
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        {
            each(word);
        } else {
            lower.clear();
            lower.extend(word.chars().flat_map(char::to_lowercase));
            each(&lower);
        }
    }
}

/// Calls back with each word of a record's name, error, input and output.
pub(super) fn of_record(record: &Record, each: &mut impl FnMut(&str)) {
    of_text(record.name.as_deref().unwrap_or_default(), each);
    if let Some(error) = &record.error {
        of_text(&error.kind, each);
        of_text(&error.message, each);
        error.chain.iter().for_each(|cause| of_text(cause, each));
    }
    for json in [&record.input, &record.output].into_iter().flatten() {
        of_json(json, each);
    }
}

/// Calls back with each word of a value's keys, texts and numbers.
fn of_json(json: &Json, each: &mut impl FnMut(&str)) {
    let mut reader = serde_json::Deserializer::from_str(json.as_str());
    // What was read before an error counts; stored values have none.
    let _ = Words(each).deserialize(&mut reader);
}

/// Walks a value without building it.
struct Words<'a, F>(&'a mut F);

impl<'de, F: FnMut(&str)> DeserializeSeed<'de> for Words<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, F: FnMut(&str)> Visitor<'de> for Words<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        of_text(text, self.0);
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        of_text(&number.to_string(), self.0);
        Ok(())
    }

    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        of_text(&number.to_string(), self.0);
        Ok(())
    }

    fn visit_f64<E>(self, number: f64) -> Result<(), E> {
        of_text(&number.to_string(), self.0);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<(), A::Error> {
        while values.next_element_seed(Words(&mut *self.0))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while entries.next_key_seed(Words(&mut *self.0))?.is_some() {
            entries.next_value_seed(Words(&mut *self.0))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn words(value: serde_json::Value) -> Vec<String> {
        let mut found = Vec::new();
        of_json(&Json::from_value(&value), &mut |word: &str| {
            found.push(word.to_owned());
        });
        found
    }

    #[test]
    fn keys_texts_and_numbers_have_words() {
        assert_eq!(
            words(json!({"city": "Zürich\nBERN", "n": [-12, 3.5, null, true], "q\"uote": {}})),
            ["city", "zürich", "bern", "n", "12", "3", "5", "q", "uote"]
        );
    }

    #[test]
    fn long_words_are_cut_alike_in_texts_and_queries() {
        let long = "ü".repeat(100);
        assert_eq!(words(json!(long.clone())), ["ü".repeat(32)]);
        let mut found = Vec::new();
        of_text(&long, &mut |word: &str| found.push(word.to_owned()));
        assert_eq!(found, ["ü".repeat(32)]);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*") {
            of_text(&text, &mut |word: &str| assert!(!word.is_empty()));
        }
    }
}
