//! Refreshes the price table from the newest LiteLLM on PyPI.
//!
//! Only what is paid by the token is taken, of models that read or write text or speech, in USD per
//! million tokens. A price that is not given stays empty; a model that costs nothing is left out, because
//! there zero mostly means "not known".

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use serde_json::{Map, Value};

use crate::run::{program, root, run};

/// Where the wheel keeps its table.
const TABLE: &str = "litellm/model_prices_and_context_window_backup.json";
const MODES: [&str; 5] = ["chat", "completion", "responses", "embedding", "realtime"];

/// The columns, and their names in LiteLLM's table. The prices of particular calls stand behind them, in
/// the same order.
const COLUMNS: [(&str, &str); 8] = [
    ("input", "input_cost_per_token"),
    ("output", "output_cost_per_token"),
    ("cached", "cache_read_input_token_cost"),
    ("cache_write", "cache_creation_input_token_cost"),
    (
        "cache_write_1h",
        "cache_creation_input_token_cost_above_1hr",
    ),
    ("reasoning", "output_cost_per_reasoning_token"),
    ("audio_input", "input_cost_per_audio_token"),
    ("audio_output", "output_cost_per_audio_token"),
];

/// Service tiers, and how LiteLLM's names for their prices end.
const TIERS: [(&str, &str); 4] = [
    ("", ""),
    ("batch", "_batches"),
    ("flex", "_flex"),
    ("priority", "_priority"),
];

/// Fetches LiteLLM with pip and writes `carrot-wire/data` anew.
pub(crate) fn refresh() -> anyhow::Result<()> {
    let folder = tempfile::tempdir().context("cannot make a folder for the download")?;
    let mut pip = program("python3");
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ])
    .args([
        "--no-deps",
        "--upgrade",
        "--root-user-action=ignore",
        "--target",
    ])
    .arg(folder.path())
    .arg("litellm");
    run(&mut pip).context("Python 3 with pip is needed, and a way to PyPI")?;

    let about = about(folder.path())?;
    let name = about.file_name().unwrap_or_default().to_string_lossy();
    let version = name
        .trim_start_matches("litellm-")
        .trim_end_matches(".dist-info");
    let table = fs::read(folder.path().join(TABLE)).context("the wheel has no price table")?;
    let table: Map<String, Value> = serde_json::from_slice(&table)?;
    let licence = fs::read_to_string(about.join("licenses/LICENSE"))
        .context("the wheel has no licence where it was")?;

    let mut rows: Vec<(&str, String)> = table
        .iter()
        .filter_map(|(model, entry)| Some((model.as_str(), row(model, entry)?)))
        .collect();
    ensure!(
        rows.len() > 1_000,
        "only {} models have a price",
        rows.len()
    );
    rows.sort_unstable();
    let columns = COLUMNS.map(|(name, _)| name).join("\t");
    let mut text = format!(
        "# LiteLLM {version}, MIT (LICENSE-litellm); USD per million tokens; see xtask/src/prices.rs\n\
         model\t{columns}\tparticular calls\n"
    );
    for (model, cells) in &rows {
        writeln!(text, "{model}\t{cells}")?;
    }
    let data = root().join("carrot-wire/data");
    fs::write(data.join("model-prices.tsv"), text)?;
    fs::write(data.join("LICENSE-litellm"), licence)?;
    println!("{} models from LiteLLM {version}.", rows.len());
    Ok(())
}

/// The folder in which an installed package tells about itself.
fn about(packages: &Path) -> anyhow::Result<PathBuf> {
    let entries: Vec<_> = fs::read_dir(packages)?.collect::<Result<_, _>>()?;
    let is_it = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("litellm-") && name.ends_with(".dist-info")
    };
    let mut paths = entries.into_iter().map(|entry| entry.path());
    paths.find(is_it).context("pip installed no litellm")
}

/// The cells of a model, without those that are empty at the end; `None` if it is not taken.
fn row(model: &str, entry: &Value) -> Option<String> {
    let is_priced = COLUMNS[..2]
        .iter()
        .any(|(_, key)| entry[*key].as_f64().is_some_and(|cost| cost > 0.0));
    let is_taken = entry["mode"]
        .as_str()
        .is_some_and(|mode| MODES.contains(&mode));
    if !is_priced || !is_taken || model.is_empty() || model.chars().any(char::is_control) {
        return None;
    }
    let mut cells = vec![prices(entry, "", "\t")];
    for (tier, ending) in TIERS {
        let mut add = |when: String, ending: String| {
            let prices = prices(entry, &ending, ",");
            let prices = prices.trim_end_matches(',');
            if !prices.is_empty() {
                cells.push(format!("{when}:{prices}"));
            }
        };
        if !tier.is_empty() {
            add(tier.to_owned(), ending.to_owned());
        }
        for step in steps(entry) {
            add(
                format!("{tier}>{}000", step),
                format!("_above_{step}k_tokens{ending}"),
            );
        }
    }
    Some(cells.join("\t").trim_end_matches('\t').to_owned())
}

/// One price for each column, under names that end so.
fn prices(entry: &Value, ending: &str, between: &str) -> String {
    let cells = COLUMNS.map(|(_, key)| {
        let cost = entry[format!("{key}{ending}")].as_f64();
        cost.map_or_else(String::new, per_million)
    });
    cells.join(between)
}

/// Above how many thousand tokens other prices hold.
fn steps(entry: &Value) -> Vec<u64> {
    let keys = entry.as_object().into_iter().flatten().map(|(key, _)| key);
    let mut steps: Vec<u64> = keys
        .filter_map(|key| {
            let (_, rest) = key.split_once("_cost_per_token_above_")?;
            rest.split_once("k_tokens")?.0.parse().ok()
        })
        .collect();
    steps.sort_unstable();
    steps.dedup();
    steps
}

/// USD per million, without what floating point leaves behind.
fn per_million(cost: f64) -> String {
    let cost = format!("{:.9}", cost * 1e6);
    cost.trim_end_matches('0').trim_end_matches('.').to_owned()
}
