//! `carrot spool send`

use std::io::{self, Write};
use std::path::Path;
use std::time::SystemTime;

use anyhow::bail;
use bytes::Bytes;
use carrot_spool::{Entry, Fingerprint, Leftover, State};
use carrot_wire::draw;
use carrot_wire::ingest::Accepted;
use ureq::http::StatusCode;

use super::{MAX_REASON, entries, name, records};
use crate::args;
use crate::client::{self, Client, Failure};

/// The Carrot cloud takes no more in one request.
const MAX_RECORDS: usize = 100;
/// Nor should a request be much longer than this; a longer record goes alone.
const MAX_BYTES: usize = 4 * 1024 * 1024;

pub(super) fn run(root: &Path, args: &args::SpoolSend) -> anyhow::Result<()> {
    let mut entries = entries(root, args.program.as_ref())?;
    entries.retain(|entry| match entry.state {
        State::Left | State::KeyRefused => true,
        State::Refused { .. } => args.refused,
        _ => false,
    });
    let mut out = io::stdout().lock();
    if entries.is_empty() {
        writeln!(out, "Nothing to send in {}", root.display())?;
        return Ok(());
    }
    let mut undelivered = 0;
    for entry in &entries {
        let name = name(entry);
        let (sent, left) = match deliver(entry, args) {
            Ok(Some(sent)) => sent,
            Ok(None) => {
                writeln!(out, "{name}: a program has it now")?;
                continue;
            }
            Err(error) => (Sent::default(), Some(format!("{error:#}"))),
        };
        writeln!(out, "{name}: {}", sent.told())?;
        if let Some(why) = left {
            undelivered += 1;
            writeln!(out, "{name}: the rest stays: {why}")?;
        }
    }
    if undelivered > 0 {
        bail!("not all was delivered");
    }
    Ok(())
}

/// What became of an entry's records.
#[derive(Debug, Default)]
struct Sent {
    acked: u64,
    refused: u64,
    lost: u64,
    /// Of the first that was refused.
    reason: String,
}

impl Sent {
    fn told(&self) -> String {
        let mut told = format!("{} acked", records(self.acked));
        if self.refused > 0 {
            told.push_str(&format!(", {} refused: {}", self.refused, self.reason));
        }
        if self.lost > 0 {
            told.push_str(&format!(", {} could not be read", self.lost));
        }
        told
    }

    fn refuse(&mut self, count: usize, reason: &str) {
        self.refused += count as u64;
        if self.reason.is_empty() {
            self.reason = draw::one_line(reason, MAX_REASON);
        }
    }
}

/// Sends what an entry has, and says why it did not send the rest; `None` if it is somebody's.
fn deliver(
    entry: &Entry,
    args: &args::SpoolSend,
) -> anyhow::Result<Option<(Sent, Option<String>)>> {
    let url = args.url.as_ref().unwrap_or(&entry.to);
    let project = entry.project.as_deref().unwrap_or("default");
    if url.starts_with("https://") {
        bail!(
            "{url}: https is not supported here yet: the next run of the program delivers this, and --url names a collector to send it to by http://"
        );
    }
    let client = Client::new(url, project)?;
    let key = args
        .key
        .as_deref()
        .map(str::trim)
        .filter(|key| !key.is_empty());
    let is_its_key = entry.key.is_none() || entry.key == key.map(Fingerprint::of);
    if !is_its_key && entry.state != State::KeyRefused && !args.any_key {
        bail!("it was meant for another key: give that one with --key, or say --any-key");
    }
    let Some(mut leftover) = entry.take(SystemTime::now())? else {
        return Ok(None);
    };
    let mut sent = Sent::default();
    let mut again = Vec::new();
    let mut why = None;
    while let Some(block) = leftover.next(SystemTime::now()) {
        let (refused, failure) = send(&client, key, &block.records, &mut sent);
        let is_refused_still = matches!(entry.state, State::Refused { .. }) && !refused.is_empty();
        if failure.is_some() || is_refused_still {
            again.push(block.ticket);
        } else {
            keep(&mut leftover, &block.ticket, &refused)?;
            leftover.settle(block.ticket);
        }
        if failure.is_some() {
            why = failure;
            break;
        }
    }
    again
        .into_iter()
        .for_each(|ticket| leftover.put_back(ticket));
    let losses = leftover.take_losses();
    sent.lost = losses.corrupt + losses.corrupt_blocks;
    Ok(Some((sent, why)))
}

/// Keeps what was refused aside.
fn keep(
    leftover: &mut Leftover,
    ticket: &carrot_spool::Ticket,
    refused: &[(Bytes, String)],
) -> anyhow::Result<()> {
    for of_a_reason in refused.chunk_by(|a, b| a.1 == b.1) {
        let records: Vec<Bytes> = of_a_reason
            .iter()
            .map(|(record, _)| record.clone())
            .collect();
        let reason = of_a_reason.first().map_or("", |(_, reason)| reason);
        leftover.keep_refused(ticket, &records, reason, SystemTime::now())?;
    }
    Ok(())
}

/// Sends records in as many requests as they need. Gives those that were refused, and why it stopped, if it did.
fn send(
    client: &Client,
    key: Option<&str>,
    records: &[Bytes],
    sent: &mut Sent,
) -> (Vec<(Bytes, String)>, Option<String>) {
    let mut refused = Vec::new();
    let mut waiting = vec![records];
    while let Some(batch) = waiting.pop() {
        if batch.is_empty() {
            continue;
        }
        let bytes: usize = batch.iter().map(Bytes::len).sum();
        if batch.len() > MAX_RECORDS || (bytes > MAX_BYTES && batch.len() > 1) {
            let (first, second) = batch.split_at((batch.len() / 2).clamp(1, MAX_RECORDS));
            waiting.extend([second, first]);
            continue;
        }
        let mut refuse = |records: &[Bytes], reason: &str| {
            sent.refuse(records.len(), reason);
            let each = records
                .iter()
                .map(|record| (record.clone(), reason.to_owned()));
            refused.extend(each);
        };
        let answer = client.post("/v1/traces/ingest", key, &body(batch));
        let (status, text) = match answer {
            Ok(answer) => answer,
            Err(Failure::Refused) => {
                return (
                    refused,
                    Some(format!("no collector answers at {}", client.url())),
                );
            }
            Err(Failure::Other(error)) => return (refused, Some(format!("{error:#}"))),
        };
        match status {
            StatusCode::ACCEPTED => {
                let Ok(accepted) = serde_json::from_str::<Accepted>(&text) else {
                    let why = format!("{} is no carrot collector", client.url());
                    return (refused, Some(why));
                };
                for error in &accepted.errors {
                    if let Some(record) = batch.get(error.index..=error.index) {
                        refuse(record, &error.error);
                    }
                }
                sent.acked += batch.len().saturating_sub(accepted.errors.len()) as u64;
            }
            StatusCode::PAYLOAD_TOO_LARGE if batch.len() > 1 => {
                let (first, second) = batch.split_at(batch.len() / 2);
                waiting.extend([second, first]);
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                let why = format!("{} refuses the key: give one with --key", client.url());
                return (refused, Some(why));
            }
            StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => {
                return (refused, Some(format!("{} asks to wait", client.url())));
            }
            status if status.is_client_error() && status != StatusCode::NOT_FOUND => {
                refuse(batch, &client::reason(status, &text));
            }
            // Nobody that could refuse a record.
            status => {
                let why = format!("{} says: {}", client.url(), client::reason(status, &text));
                return (refused, Some(draw::one_line(&why, 2 * MAX_REASON)));
            }
        }
    }
    (refused, None)
}

fn body(records: &[Bytes]) -> Vec<u8> {
    let mut body = b"{\"traces\":[".to_vec();
    for (at, record) in records.iter().enumerate() {
        if at > 0 {
            body.push(b',');
        }
        body.extend_from_slice(record);
    }
    body.extend_from_slice(b"]}");
    body
}
