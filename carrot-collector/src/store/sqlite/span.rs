//! The row of one span: what is filtered, added up and linked.

use carrot_wire::record::meta;
use carrot_wire::{Level, Record, RecordId, SpanKind, Status, Timestamp, price};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::payload::Place;

/// Counts beyond this are taken for it, so that sums stay in range.
const MAX_TOKENS: u64 = 1 << 50;
/// Costs beyond this many US dollars are taken for it, for the same reason.
const MAX_COST: f64 = 1e6;
/// Costs are stored in this part of a US dollar: prices have twelve places, and whole numbers can be
/// added and taken back without a rest.
pub(super) const COST_PARTS: f64 = 1e12;

/// A span as it stands in the table.
#[derive(Debug, Clone)]
pub(super) struct SpanRow {
    pub(super) span: i64,
    pub(super) project: i64,
    pub(super) id: RecordId,
    pub(super) parent: Option<RecordId>,
    pub(super) tree: i64,
    external_id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) kind: SpanKind,
    pub(super) status: Status,
    level: Option<Level>,
    pub(super) started: Timestamp,
    ended: Option<Timestamp>,
    pub(super) session: Option<String>,
    pub(super) user: Option<String>,
    pub(super) model: Option<String>,
    pub(super) request_model: Option<String>,
    pub(super) tags: Vec<String>,
    pub(super) input_tokens: Option<i64>,
    pub(super) output_tokens: Option<i64>,
    pub(super) total_tokens: Option<i64>,
    cached_tokens: Option<i64>,
    pub(super) cost: Option<i64>,
    /// Whether a span below has tokens or a cost.
    pub(super) usage_below: bool,
    pub(super) place: Place,
}

const COLUMNS: &str = "span, project, id, parent, tree, external_id, name, kind, status, level, \
    started, ended, session, user, model, request_model, tags, input_tokens, output_tokens, \
    total_tokens, cached_tokens, cost, usage_below, block, slot";

impl SpanRow {
    /// The row of a record. `started` stands in where the record has no start; the keys and the
    /// place are still to be filled in.
    pub(super) fn of(project: i64, record: &Record, started: Timestamp) -> SpanRow {
        let text = |key| record.meta_str(key).map(str::to_owned);
        let count = |key| Some(record.meta_u64(key)?.min(MAX_TOKENS) as i64);
        let (input, output) = (count(meta::INPUT_TOKENS), count(meta::OUTPUT_TOKENS));
        let sum = || Some(input.unwrap_or(0) + output.or(input.map(|_| 0))?);
        SpanRow {
            span: 0,
            project,
            id: record.id.unwrap_or_default(),
            parent: record.parent(),
            tree: 0,
            external_id: record.external_id.clone(),
            name: record.name.clone(),
            kind: record.kind_or_default(),
            status: record.status.unwrap_or(Status::Running),
            level: record.level,
            started: record.started_at.unwrap_or(started),
            ended: record.ended_at,
            session: record.session_id.clone(),
            user: record.user_id.clone(),
            model: text(meta::MODEL),
            request_model: record.request_model(),
            tags: record.tags.clone().unwrap_or_default(),
            input_tokens: input,
            output_tokens: output,
            total_tokens: count(meta::TOTAL_TOKENS).or_else(sum),
            cached_tokens: count(meta::CACHED_TOKENS),
            cost: cost(record),
            usage_below: false,
            place: Place::default(),
        }
    }

    /// Whether the span itself says what it used.
    pub(super) fn has_usage(&self) -> bool {
        self.total_tokens.is_some() || self.cost.is_some()
    }

    /// Whether the span or one below says what it used.
    pub(super) fn uses(&self) -> bool {
        self.has_usage() || self.usage_below
    }

    /// The row of a key.
    pub(super) fn by_key(db: &Connection, span: i64) -> rusqlite::Result<Option<SpanRow>> {
        db.prepare_cached(&format!("SELECT {COLUMNS} FROM spans WHERE span = ?1"))?
            .query_row([span], SpanRow::read)
            .optional()
    }

    /// The row of an id.
    pub(super) fn by_id(
        db: &Connection,
        project: i64,
        id: RecordId,
    ) -> rusqlite::Result<Option<SpanRow>> {
        db.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM spans WHERE project = ?1 AND id = ?2"
        ))?
        .query_row(params![project, id.to_bytes()], SpanRow::read)
        .optional()
    }

    /// The rows of a tree, in time order.
    pub(super) fn of_tree(db: &Connection, tree: i64) -> rusqlite::Result<Vec<SpanRow>> {
        db.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM spans WHERE tree = ?1 ORDER BY started, id"
        ))?
        .query_map([tree], SpanRow::read)?
        .collect()
    }

    /// Writes the row, in the place of an older one of the same key.
    pub(super) fn write(&self, db: &Connection) -> rusqlite::Result<()> {
        let tags = (!self.tags.is_empty()).then(|| serde_json::Value::from(self.tags.clone()));
        db.prepare_cached(&format!(
            "INSERT OR REPLACE INTO spans ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, \
             ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25)"
        ))?
        .execute(params![
            self.span,
            self.project,
            self.id.to_bytes(),
            self.parent.map(RecordId::to_bytes),
            self.tree,
            self.external_id,
            self.name,
            self.kind as u8,
            self.status as u8,
            self.level.map(|level| level as u8),
            self.started.as_nanos(),
            self.ended.map(Timestamp::as_nanos),
            self.session,
            self.user,
            self.model,
            self.request_model,
            tags.map(|tags| tags.to_string()),
            self.input_tokens,
            self.output_tokens,
            self.total_tokens,
            self.cached_tokens,
            self.cost,
            self.usage_below,
            self.place.block,
            self.place.slot as i64,
        ])?;
        Ok(())
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<SpanRow> {
        let tags: Option<String> = row.get(16)?;
        Ok(SpanRow {
            span: row.get(0)?,
            project: row.get(1)?,
            id: RecordId::from_bytes(row.get(2)?),
            parent: row.get::<_, Option<[u8; 16]>>(3)?.map(RecordId::from_bytes),
            tree: row.get(4)?,
            external_id: row.get(5)?,
            name: row.get(6)?,
            kind: SpanKind::from_code(row.get(7)?).unwrap_or(SpanKind::Function),
            status: Status::from_code(row.get(8)?).unwrap_or(Status::Running),
            level: row.get::<_, Option<u8>>(9)?.and_then(Level::from_code),
            started: Timestamp::from_nanos(row.get(10)?),
            ended: row.get::<_, Option<i64>>(11)?.map(Timestamp::from_nanos),
            session: row.get(12)?,
            user: row.get(13)?,
            model: row.get(14)?,
            request_model: row.get(15)?,
            tags: tags
                .and_then(|tags| serde_json::from_str(&tags).ok())
                .unwrap_or_default(),
            input_tokens: row.get(17)?,
            output_tokens: row.get(18)?,
            total_tokens: row.get(19)?,
            cached_tokens: row.get(20)?,
            cost: row.get(21)?,
            usage_below: row.get(22)?,
            place: Place {
                block: row.get(23)?,
                slot: row.get::<_, i64>(24)?.max(0) as usize,
            },
        })
    }
}

/// What the sender says it cost, else by the price table. The record is stored as it was sent: an
/// update that brings more tokens is priced anew.
fn cost(record: &Record) -> Option<i64> {
    let usd = price::cost_of(record)?;
    Some((usd.clamp(-MAX_COST, MAX_COST) * COST_PARTS).round() as i64)
}
