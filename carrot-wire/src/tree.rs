//! Records that came flat, as the trees they form.

use std::collections::HashMap;

use crate::{Record, RecordId};

/// Records and who is whose child. Nothing here recurses: a tree may be 10,000 levels deep.
#[derive(Debug, Clone, Default)]
pub struct Forest {
    records: Vec<Record>,
    children: Vec<Vec<usize>>,
    roots: Vec<usize>,
}

/// A record met on a [walk](Forest::walk).
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// The record.
    pub record: &'a Record,
    /// Its index in the forest.
    pub index: usize,
    /// How many records are above it.
    pub depth: usize,
    /// Whether no sibling comes after it.
    pub last: bool,
}

impl Forest {
    /// Makes trees of flat records: by their parents, siblings by start time and then as given. A
    /// record whose parent is not among them is a root, and so is one in each cycle of parents.
    pub fn new(records: Vec<Record>) -> Forest {
        let by_id: HashMap<RecordId, usize> = records
            .iter()
            .enumerate()
            .filter_map(|(index, record)| Some((record.id?, index)))
            .collect();
        let mut parents: Vec<Option<usize>> = records
            .iter()
            .enumerate()
            .map(|(index, record)| {
                by_id
                    .get(&record.parent()?)
                    .copied()
                    .filter(|&parent| parent != index)
            })
            .collect();
        cut_cycles(&mut parents);

        let mut order: Vec<usize> = (0..records.len()).collect();
        order.sort_by_key(|&index| records[index].started_at);
        let (mut children, mut roots) = (vec![Vec::new(); records.len()], Vec::new());
        for index in order {
            match parents[index] {
                Some(parent) => children[parent].push(index),
                None => roots.push(index),
            }
        }
        Forest {
            records,
            children,
            roots,
        }
    }

    /// The trees of records that hold their children, in the order given.
    pub fn from_nested(roots: impl IntoIterator<Item = Record>) -> Forest {
        let mut forest = Forest::default();
        let mut stack: Vec<(Option<usize>, Record)> =
            roots.into_iter().map(|root| (None, root)).collect();
        stack.reverse();
        while let Some((parent, mut record)) = stack.pop() {
            let index = forest.records.len();
            match parent {
                Some(parent) => forest.children[parent].push(index),
                None => forest.roots.push(index),
            }
            let children = std::mem::take(&mut record.children);
            stack.extend(children.into_iter().rev().map(|child| (Some(index), child)));
            forest.records.push(record);
            forest.children.push(Vec::new());
        }
        forest
    }

    /// The records without a parent, by start time.
    pub fn roots(&self) -> &[usize] {
        &self.roots
    }

    /// The children of a record, by start time.
    pub fn children(&self, index: usize) -> &[usize] {
        self.children.get(index).map_or(&[], Vec::as_slice)
    }

    /// A record.
    pub fn get(&self, index: usize) -> Option<&Record> {
        self.records.get(index)
    }

    /// The records, in the order given; their ids and parents are already read.
    pub fn records_mut(&mut self) -> impl Iterator<Item = &mut Record> {
        self.records.iter_mut()
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Every record, each before its children.
    pub fn walk(&self) -> impl Iterator<Item = Step<'_>> {
        self.walk_from(&self.roots)
    }

    /// The records at and below `starts`, each before its children.
    pub fn walk_from(&self, starts: &[usize]) -> impl Iterator<Item = Step<'_>> {
        fn push(stack: &mut Vec<(usize, usize, bool)>, siblings: &[usize], depth: usize) {
            let last = siblings.len().wrapping_sub(1);
            stack.extend(
                siblings
                    .iter()
                    .enumerate()
                    .rev()
                    .map(|(at, &index)| (index, depth, at == last)),
            );
        }
        let mut stack = Vec::new();
        push(&mut stack, starts, 0);
        std::iter::from_fn(move || {
            let (index, depth, last) = stack.pop()?;
            push(&mut stack, self.children(index), depth + 1);
            Some(Step {
                record: &self.records[index],
                index,
                depth,
                last,
            })
        })
    }

    /// The roots with their children nested inside, to `max_depth` levels below a root; what is
    /// deeper is left out.
    pub fn into_nested(self, max_depth: usize) -> Vec<Record> {
        let steps: Vec<_> = self.walk().map(|step| (step.index, step.depth)).collect();
        let mut parent_of = vec![None; self.records.len()];
        for (parent, children) in self.children.iter().enumerate() {
            children
                .iter()
                .for_each(|&child| parent_of[child] = Some(parent));
        }
        let mut records: Vec<Option<Record>> = self.records.into_iter().map(Some).collect();
        let mut roots = Vec::new();
        // Backwards, a record comes after everything below it.
        for (index, depth) in steps.into_iter().rev() {
            let Some(mut record) = records[index].take() else {
                continue;
            };
            record.children.reverse();
            let siblings = match parent_of[index] {
                _ if depth > max_depth => continue,
                Some(parent) => records[parent].as_mut().map(|parent| &mut parent.children),
                None => Some(&mut roots),
            };
            if let Some(siblings) = siblings {
                siblings.push(record);
            }
        }
        roots.reverse();
        roots
    }
}

/// Makes one record of each cycle a root: the first, in the order given.
fn cut_cycles(parents: &mut [Option<usize>]) {
    let mut seen_from = vec![usize::MAX; parents.len()];
    for start in 0..parents.len() {
        let mut at = start;
        while seen_from[at] == usize::MAX {
            seen_from[at] = start;
            match parents[at] {
                Some(parent) => at = parent,
                None => break,
            }
        }
        if seen_from[at] == start && parents[at].is_some() {
            // The walk came back to where it had been: `at` is on a cycle.
            let mut first = at;
            let mut next = parents[at];
            while let Some(member) = next.filter(|&member| member != at) {
                first = first.min(member);
                next = parents[member];
            }
            parents[first] = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn record(id: u128, parent: Option<u128>) -> Record {
        Record {
            id: Some(RecordId(id)),
            parent_id: parent.map(RecordId),
            ..Record::default()
        }
    }

    fn shape(forest: &Forest) -> Vec<(usize, usize, bool)> {
        forest
            .walk()
            .map(|step| (step.index, step.depth, step.last))
            .collect()
    }

    #[test]
    fn children_may_come_before_their_parents() {
        let forest = Forest::new(vec![
            record(2, Some(1)),
            record(1, None),
            record(3, Some(2)),
            record(4, Some(1)),
        ]);
        assert_eq!(
            shape(&forest),
            [(1, 0, true), (0, 1, false), (2, 2, true), (3, 1, true)]
        );
        let nested = forest.into_nested(1);
        assert_eq!(nested[0].children.len(), 2);
        assert!(nested[0].children[0].children.is_empty(), "cut at depth 1");
    }

    #[test]
    fn ten_thousand_levels_do_not_overflow() {
        let forest = Forest::new((0..10_000).map(|id| record(id + 1, Some(id))).collect());
        assert_eq!(forest.walk().last().map(|step| step.depth), Some(9_999));
    }

    proptest! {
        /// Whatever the parents are, cycles included, each record is met once.
        #[test]
        fn every_record_is_met_once(parents in prop::collection::vec(prop::option::of(0u128..20), 0..20)) {
            let records = parents.iter().enumerate().map(|(id, parent)| record(id as u128, *parent)).collect();
            let forest = Forest::new(records);
            let mut met: Vec<_> = forest.walk().map(|step| step.index).collect();
            met.sort_unstable();
            prop_assert_eq!(met, (0..parents.len()).collect::<Vec<_>>());
            let count = |records: &[Record]| {
                let mut stack: Vec<&Record> = records.iter().collect();
                let mut count = 0;
                while let Some(record) = stack.pop() {
                    count += 1;
                    stack.extend(&record.children);
                }
                count
            };
            let shape = |forest: &Forest| -> Vec<_> {
                forest.walk().map(|step| (step.record.id, step.depth, step.last)).collect()
            };
            let (flat, nested) = (shape(&forest), forest.into_nested(usize::MAX));
            prop_assert_eq!(count(&nested), parents.len());
            prop_assert_eq!(shape(&Forest::from_nested(nested)), flat);
        }
    }
}
