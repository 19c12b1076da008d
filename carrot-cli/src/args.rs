//! What can be said on the command line.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

use carrot_collector::{DEFAULT_DATA, DEFAULT_PORT};
use clap::{Parser, Subcommand, ValueEnum};

/// Tracing for LLM pipelines and agents.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Collect traces, keep them and serve the dashboard
    Serve(Serve),
    /// Draw one trace
    Show(Show),
    /// List the newest traces
    Ls(Ls),
    /// Print each trace as it finishes
    Tail(Tail),
    /// Records that programs could not deliver: list, send or delete them
    Spool(Spool),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Serve {
    /// Port to listen on; 0 for one that is free
    #[arg(long, default_value_t = DEFAULT_PORT)]
    pub(crate) port: u16,
    /// Folder of the store; made if it is not there
    #[arg(long, value_name = "DIR", default_value = DEFAULT_DATA)]
    pub(crate) data: PathBuf,
    /// Address to listen on, one of this machine's own
    #[arg(long, default_value = "127.0.0.1")]
    pub(crate) host: String,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    /// The trace: its id, the id of a span in it, or its sender's own id
    #[arg(required_unless_present = "last", conflicts_with = "last")]
    pub(crate) id: Option<String>,
    /// The newest trace
    #[arg(long)]
    pub(crate) last: bool,
    /// Print the collector's JSON instead
    #[arg(long)]
    pub(crate) json: bool,
    /// Whether to use colours
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,
    #[command(flatten)]
    pub(crate) from: From,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Ls {
    /// How many traces, up to 500
    #[arg(long, short = 'n', value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=500))]
    pub(crate) limit: u16,
    /// Print the collector's JSON instead
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) from: From,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Tail {
    /// The collector [default: CARROT_BASE_URL if that is an http URL, else http://127.0.0.1:7420]
    #[arg(long)]
    pub(crate) url: Option<String>,
    #[command(flatten)]
    pub(crate) project: Project,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Spool {
    /// The folder of all spools [default: CARROT_SPOOL, else carrot/spool in $XDG_STATE_HOME or ~/.local/state]
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) root: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: SpoolCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SpoolCommand {
    /// List what waits, what was refused and what is damaged
    Ls,
    /// Deliver what no living program owns
    Send(SpoolSend),
    /// Delete what no living program owns
    Drop(SpoolDrop),
}

#[derive(Debug, clap::Args)]
pub(crate) struct SpoolSend {
    /// The collector [default: the one that each record was meant for]
    #[arg(long)]
    pub(crate) url: Option<String>,
    /// Only of this program
    #[arg(long, value_name = "NAME")]
    pub(crate) program: Option<String>,
    /// What a collector refused, too
    #[arg(long)]
    pub(crate) refused: bool,
    /// The collector's key
    #[arg(long, env = "CARROT_API_KEY", hide_env_values = true)]
    pub(crate) key: Option<String>,
    /// What was meant for another key, too
    #[arg(long)]
    pub(crate) any_key: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct SpoolDrop {
    /// Only of this program
    #[arg(long, value_name = "NAME")]
    pub(crate) program: Option<String>,
    /// Only what is older, such as 90s, 30m, 12h or 7d
    #[arg(long, value_name = "AGE", value_parser = age)]
    pub(crate) older_than: Option<Duration>,
    /// Only what a collector refused
    #[arg(long)]
    pub(crate) refused: bool,
    /// Only what is damaged
    #[arg(long)]
    pub(crate) corrupt: bool,
    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
}

fn age(text: &str) -> Result<Duration, String> {
    let units = [('s', 1), ('m', 60), ('h', 60 * 60), ('d', 24 * 60 * 60)];
    let (count, seconds) = units
        .into_iter()
        .find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, seconds)))
        .ok_or("write it like 90s, 30m, 12h or 7d")?;
    let count: u32 = count
        .parse()
        .map_err(|_| "write it like 90s, 30m, 12h or 7d")?;
    Ok(Duration::from_secs(u64::from(count) * seconds))
}

/// Where to read traces.
#[derive(Debug, clap::Args)]
pub(crate) struct From {
    /// The collector to ask [default: CARROT_BASE_URL if that is an http URL, else http://127.0.0.1:7420, else the store in ./.carrot]
    #[arg(long, conflicts_with = "data")]
    pub(crate) url: Option<String>,
    /// Read the store in this folder, without a collector
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) project: Project,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Project {
    /// The project; each is a space of its own
    #[arg(
        long = "project",
        value_name = "NAME",
        env = "CARROT_PROJECT_ID",
        default_value = "default"
    )]
    pub(crate) name: String,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

impl Color {
    /// `auto` colours for a terminal, unless `NO_COLOR` is set (no-color.org).
    pub(crate) fn is_on(self) -> bool {
        match self {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
                std::io::stdout().is_terminal() && !unwanted
            }
        }
    }
}
