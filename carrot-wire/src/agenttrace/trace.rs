//! A trace: the record that all else hangs below.

use super::Said;
use crate::record::RecordError;
use crate::{Record, Status};

pub(super) fn read(base: Record, mut said: Said<'_>) -> Result<Record, RecordError> {
    let fields = &mut said.fields;
    let mut record = Record {
        name: fields.take("name")?,
        input: fields.json("input")?,
        output: fields.json("output")?,
        tags: fields.take("tags")?,
        session_id: fields.take("sessionId")?,
        user_id: fields.take("userId")?,
        started_at: fields.take("timestamp")?,
        ended_at: fields.take("endTime")?,
        ..base
    };
    said.level(&mut record)?;
    // Some senders never say that a trace has ended, but what came of it.
    if record.output.is_some() && record.status.is_none() {
        record.status = Some(Status::Success);
    }
    said.finish(record)
}
