//! A map from spans that needs no memory of its own for one: most traces are small.

use std::collections::HashMap;

use carrot_wire::SpanId;

use super::ById;

pub(super) struct BySpan<T> {
    first: Option<(SpanId, T)>,
    others: Option<Others<T>>,
}

type Others<T> = Box<HashMap<SpanId, T, ById>>;

impl<T> Default for BySpan<T> {
    fn default() -> BySpan<T> {
        BySpan {
            first: None,
            others: None,
        }
    }
}

impl<T> BySpan<T> {
    /// What an entry costs beside what it points to: tables are half empty.
    pub(super) const ENTRY: usize = 2 * (size_of::<(SpanId, T)>() + 1);

    pub(super) fn get(&self, span: SpanId) -> Option<&T> {
        match &self.first {
            Some((first, value)) if *first == span => Some(value),
            _ => self.others.as_ref()?.get(&span),
        }
    }

    pub(super) fn get_mut(&mut self, span: SpanId) -> Option<&mut T> {
        match &mut self.first {
            Some((first, value)) if *first == span => Some(value),
            _ => self.others.as_mut()?.get_mut(&span),
        }
    }

    pub(super) fn get_or_insert_with(&mut self, span: SpanId, make: impl FnOnce() -> T) -> &mut T {
        let is_other = |others: &Others<T>| others.contains_key(&span);
        if self.first.is_none() && !self.others.as_ref().is_some_and(is_other) {
            return &mut self.first.insert((span, make())).1;
        }
        match &mut self.first {
            Some((first, value)) if *first == span => value,
            _ => {
                let others = self.others.get_or_insert_default();
                others.entry(span).or_insert_with(make)
            }
        }
    }

    pub(super) fn remove(&mut self, span: SpanId) -> Option<T> {
        match self.first.take_if(|(first, _)| *first == span) {
            Some((_, value)) => Some(value),
            None => self.others.as_mut()?.remove(&span),
        }
    }

    pub(super) fn retain(&mut self, keep: impl Fn(SpanId) -> bool) {
        self.first.take_if(|(span, _)| !keep(*span));
        if let Some(others) = &mut self.others {
            others.retain(|span, _| keep(*span));
        }
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (SpanId, &mut T)> {
        let first = self.first.iter_mut().map(|(span, value)| (*span, value));
        let others = self.others.iter_mut().flat_map(|others| others.iter_mut());
        first.chain(others.map(|(span, value)| (*span, value)))
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &T> {
        let first = self.first.iter().map(|(_, value)| value);
        first.chain(self.others.iter().flat_map(|others| others.values()))
    }

    pub(super) fn len(&self) -> usize {
        let others = self.others.as_ref().map_or(0, |others| others.len());
        usize::from(self.first.is_some()) + others
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_span_is_in_it_once() {
        let [one, two, three] = [1, 2, 3].map(SpanId);
        let mut map = BySpan::default();
        for span in [one, two, one, two] {
            *map.get_or_insert_with(span, || 0) += 1;
        }
        assert_eq!(
            (map.get(one), map.get(two), map.len()),
            (Some(&2), Some(&2), 2)
        );
        // The first place is free, and the second span is still in its own.
        assert_eq!(map.remove(one), Some(2));
        *map.get_or_insert_with(two, || 0) += 1;
        *map.get_or_insert_with(three, || 7) += 1;
        assert_eq!(
            (map.get(two), map.get(three), map.len()),
            (Some(&3), Some(&8), 2)
        );
        let mut sum = 0;
        map.iter_mut()
            .for_each(|(span, value)| sum += span.0 + *value);
        assert_eq!((sum, map.values().sum::<u64>()), (16, 11));
        map.retain(|span| span == two);
        assert_eq!((map.get(three), map.len()), (None, 1));
        assert_eq!(map.get_mut(two), Some(&mut 3));
        assert_eq!((map.remove(two), map.is_empty()), (Some(3), true));
    }
}
