//! Deleting a trace.

use std::collections::HashSet;

use super::commit::Commit;
use super::span::SpanRow;
use crate::store::StoreError;
use carrot_wire::RecordId;

impl Commit<'_> {
    /// Deletes the trace whose root has this id, and says whether there was one. A block that holds others' records
    /// too is packed anew without its own, and without what they were before they changed, so that nothing of it is
    /// kept.
    pub(super) fn forget(&mut self, project: i64, id: RecordId) -> Result<bool, StoreError> {
        let Some(root) = SpanRow::by_id(self.db, project, id)? else {
            return Ok(false);
        };
        if self.tree(root.tree)?.root.span != root.span {
            return Ok(false);
        }
        // From here on every record is in a block of the table.
        self.blocks.finish()?;
        let rows = SpanRow::of_tree(self.db, root.tree)?;
        self.db
            .prepare_cached("DELETE FROM spans WHERE tree = ?1")?
            .execute([root.tree])?;
        for row in &rows {
            self.blocks.release(row.place)?;
        }
        let gone: HashSet<i64> = rows.iter().map(|row| row.span).collect();
        for (block, spans) in self.blocks_with(project, &gone)? {
            self.repack(block, spans)?;
        }
        self.fell(root.tree)?;
        self.gone.push((project, id));
        Ok(true)
    }

    /// The blocks that have had one of these spans, each with all that it has had. Reads 8 bytes a span of the project.
    fn blocks_with(
        &self,
        project: i64,
        gone: &HashSet<i64>,
    ) -> Result<Vec<(i64, Vec<i64>)>, StoreError> {
        let sql = "SELECT block, spans FROM blocks WHERE project = ?1";
        let mut blocks = self.db.prepare_cached(sql)?;
        let mut blocks = blocks.query([project])?;
        let mut found = Vec::new();
        while let Some(row) = blocks.next()? {
            let spans = row.get_ref(1)?.as_blob().unwrap_or_default();
            let (spans, _) = spans.as_chunks();
            let spans: Vec<i64> = spans.iter().copied().map(i64::from_le_bytes).collect();
            if spans.iter().any(|span| gone.contains(span)) {
                found.push((row.get(0)?, spans));
            }
        }
        Ok(found)
    }

    /// Moves what is still in a block to another one.
    fn repack(&mut self, block: i64, spans: Vec<i64>) -> Result<(), StoreError> {
        for span in spans {
            let row = SpanRow::by_key(self.db, span)?;
            if let Some(mut row) = row.filter(|row| row.place.block == block) {
                let record = self.blocks.record(row.place)?;
                self.blocks.release(row.place)?;
                row.place = self.blocks.push(row.project, row.span, &record)?;
                row.write(self.db)?;
            }
        }
        Ok(())
    }
}
