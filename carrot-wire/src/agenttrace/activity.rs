//! What an agent did to files, repositories and terminals: steps below the trace.

use std::time::Duration;

use super::{Said, failure};
use crate::record::RecordError;
use crate::{Record, SpanKind, Status, Timestamp};

pub(super) fn checkpoint(base: Record, said: Said<'_>) -> Result<Record, RecordError> {
    point(base, said, "checkpoint")
}

pub(super) fn git_link(base: Record, said: Said<'_>) -> Result<Record, RecordError> {
    point(base, said, "git-link")
}

/// What happened at one time. All that it says goes to the metadata.
fn point(base: Record, mut said: Said<'_>, name: &str) -> Result<Record, RecordError> {
    let at: Option<Timestamp> = said.fields.take("timestamp")?;
    let mut record = Record {
        name: said.fields.take("name")?.or(Some(name.to_owned())),
        kind: Some(SpanKind::Event),
        status: Some(Status::Success),
        started_at: at,
        ended_at: at,
        ..base
    };
    said.place(&mut record, "observationId")?;
    said.finish(record)
}

pub(super) fn file_operation(base: Record, mut said: Said<'_>) -> Result<Record, RecordError> {
    let operation: Option<String> = said.fields.take("operation")?;
    let operation = match operation.as_deref() {
        Some("edit") => "update",
        Some(operation) => operation,
        None => return Err(RecordError("operation: is missing".to_owned())),
    };
    let name = format!("file {operation}");
    // Both are the file's place.
    let input = said.object(&["filePath", "path", "newPath", "reason"])?;
    let names = ["diffPreview", "linesAdded", "linesRemoved", "fileSize"];
    let output = said.object(&names)?;
    action(
        Record {
            input,
            output,
            name: Some(name),
            ..base
        },
        said,
    )
}

pub(super) fn terminal_command(base: Record, mut said: Said<'_>) -> Result<Record, RecordError> {
    let names = [
        "command",
        "args",
        "workingDirectory",
        "shell",
        "envVars",
        "reason",
    ];
    let input = said.object(&names)?;
    let code: Option<i64> = said.fields.take("exitCode")?;
    let [timed_out, killed] = ["timedOut", "killed"].map(|name| said.fields.flag(name));
    let reason = match code {
        _ if timed_out => Some("the command took too long".to_owned()),
        _ if killed => Some("the command was killed".to_owned()),
        Some(code) if code != 0 => Some(format!("exit code {code}")),
        _ => None,
    };
    let output = said.object(&["stdout", "stderr", "stdoutTruncated", "stderrTruncated"])?;
    let mut record = Record {
        name: Some("terminal".to_owned()),
        input,
        output,
        error: reason.map(failure),
        ..base
    };
    if let Some(code) = code {
        record.metadata.insert("exitCode".to_owned(), code.into());
    }
    for (name, is_so) in [("timedOut", timed_out), ("killed", killed)] {
        if is_so {
            record.metadata.insert(name.to_owned(), true.into());
        }
    }
    action(record, said)
}

/// What both say: when, by which tool, and how it went.
fn action(mut record: Record, mut said: Said<'_>) -> Result<Record, RecordError> {
    let fields = &mut said.fields;
    record.kind = Some(SpanKind::Action);
    record.started_at = fields.take("startedAt")?;
    record.ended_at = fields.take("completedAt")?;
    if let (Some(started), None) = (record.started_at, record.ended_at) {
        let took = fields
            .take("durationMs")?
            .map_or(Duration::ZERO, Duration::from_millis);
        let took = i64::try_from(took.as_nanos()).unwrap_or(i64::MAX);
        let ended = started.as_nanos().saturating_add(took);
        record.ended_at = Some(Timestamp::from_nanos(ended));
    }
    let message: Option<String> = fields.take("errorMessage")?;
    let success: Option<bool> = fields.take("success")?;
    record.error = message.map(failure).or(record.error);
    let failed = !success.unwrap_or(record.error.is_none());
    record.status = Some(if failed {
        Status::Error
    } else {
        Status::Success
    });
    said.place(&mut record, "observationId")?;
    said.finish(record)
}
