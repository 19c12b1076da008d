//! `carrot tail`

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::time::Duration;

use anyhow::bail;
use carrot_wire::{RecordId, Status, Timestamp};
use ureq::http::StatusCode;

use crate::args;
use crate::client::{Client, Failure};
use crate::source::{default_url, named_url};
use crate::trace::{self, Row};

/// Between tries to reach a collector that went away.
const RETRY: Duration = Duration::from_secs(1);
/// Traces that were printed are remembered up to this many.
const MAX_SEEN: usize = 100_000;

pub(crate) fn run(args: &args::Tail) -> anyhow::Result<()> {
    let url = named_url(args.url.as_ref()).unwrap_or_else(default_url);
    let client = Client::new(&url, &args.project.name)?;
    let mut tail = Tail {
        client,
        begun: Timestamp::now(),
        seen: HashSet::new(),
    };
    tail.follow(&url)
}

/// One run of the stream ended.
enum End {
    /// It had begun: the collector went away, and may come back.
    Lost,
    /// Nobody listens there.
    Refused,
}

struct Tail {
    client: Client,
    /// What ended before is not followed.
    begun: Timestamp,
    seen: HashSet<RecordId>,
}

impl Tail {
    /// Follows for ever, once a collector has answered.
    fn follow(&mut self, url: &str) -> anyhow::Result<()> {
        let mut reached = false;
        loop {
            match self.listen(reached)? {
                End::Lost => {
                    reached = true;
                    say(&format!("lost the collector at {url}, trying again"));
                }
                End::Refused if reached => {}
                End::Refused => {
                    bail!("no collector answers at {url}: start one with `carrot serve`")
                }
            }
            std::thread::sleep(RETRY);
        }
    }

    /// Reads the events of one connection.
    fn listen(&mut self, again: bool) -> anyhow::Result<End> {
        let (status, body) = match self.client.open("/v1/live") {
            Ok(answer) => answer,
            Err(Failure::Refused) => return Ok(End::Refused),
            // A collector that is being stopped may cut a connection short.
            Err(Failure::Other(_)) if again => return Ok(End::Refused),
            Err(Failure::Other(error)) => return Err(error),
        };
        if status != StatusCode::OK {
            bail!("{} is no carrot collector ({status})", self.client.url());
        }
        if again {
            self.catch_up()?;
        }
        let mut kind = String::new();
        for line in BufReader::new(body.into_reader()).lines() {
            let Ok(line) = line else { break };
            if let Some(name) = line.strip_prefix("event: ") {
                kind = name.to_owned();
            } else if let Some(data) = line.strip_prefix("data: ") {
                match kind.as_str() {
                    "trace" => self.print(&trace::row(data)?)?,
                    "refresh" => self.catch_up()?,
                    _ => {}
                }
            }
        }
        Ok(End::Lost)
    }

    /// Prints what ended while nobody told us.
    fn catch_up(&mut self) -> anyhow::Result<()> {
        // If the collector is gone again, the stream will say so.
        if let Ok(Some(page)) = self.client.get("/v1/traces?limit=500") {
            for row in trace::rows(&page)?.iter().rev() {
                if row.ended_at.is_some_and(|ended| ended >= self.begun) {
                    self.print(row)?;
                }
            }
        }
        Ok(())
    }

    /// Prints a trace when it has finished, once.
    fn print(&mut self, row: &Row) -> anyhow::Result<()> {
        if row.status == Status::Running || self.seen.contains(&row.id) {
            return Ok(());
        }
        if self.seen.len() >= MAX_SEEN {
            self.seen.clear();
        }
        self.seen.insert(row.id);
        let [time, name, status, spans, latency, tokens, cost, id] = row.cells();
        let mut line = format!("{time}  {status:<9}  {latency:>8}  {id}  {name}");
        line.push_str(&match spans.as_str() {
            "1" => "  1 span".to_owned(),
            spans => format!("  {spans} spans"),
        });
        if !tokens.is_empty() {
            line.push_str(&format!("  {tokens} tok"));
        }
        if !cost.is_empty() {
            line.push_str(&format!("  {cost}"));
        }
        let mut out = std::io::stdout().lock();
        writeln!(out, "{line}")?;
        out.flush()?;
        Ok(())
    }
}

#[allow(clippy::print_stderr, reason = "a note beside the output")]
fn say(note: &str) {
    eprintln!("carrot: {note}");
}
