//! What model calls cost, where the user knows better than the table.

use std::fs::File;
use std::io::Read;

use carrot_wire::price::{Prices, Rates};

use super::{Builder, InitError};
use crate::env;

/// The longest file of prices that is read, in bytes.
const MAX_FILE: u64 = 16 * 1024 * 1024;

impl Builder {
    /// What a model's tokens cost. It comes before `CARROT_PRICES`, which comes before the built-in table; a model is found
    /// by the longest beginning of its name in each.
    ///
    /// ```
    /// # use carrot_runtime as carrot_ai;
    /// use carrot_ai::Rates;
    ///
    /// let builder = carrot_ai::builder()
    ///     .price("my-model", Rates::per_million(2.0, 8.0).cached(0.5))
    ///     .price("azure/gpt-4o", Rates::per_million(2.0, 7.5));
    /// # drop(builder);
    /// ```
    pub fn price(mut self, model: impl Into<String>, rates: Rates) -> Builder {
        self.prices.push((model.into(), rates));
        self
    }
}

pub(super) fn resolve(
    given: Vec<(String, Rates)>,
    var: &dyn Fn(&'static str) -> Option<String>,
) -> Result<Prices, InitError> {
    let mut prices = Prices::default();
    if let Some(path) = var(env::PRICES) {
        let bad = |why: String| {
            let shown: String = path.chars().take(200).collect();
            let why = format!("names {shown:?}, which cannot be used: {why}");
            InitError::setting(env::PRICES, why)
        };
        let json = read(&path).map_err(|error| bad(error.to_string()))?;
        prices.read(&json).map_err(|error| bad(error.to_string()))?;
    }
    for (model, rates) in given {
        let set = prices.set(model, rates);
        set.map_err(|error| InitError::setting("price", format!("cannot be used: {error}")))?;
    }
    Ok(prices)
}

fn read(path: &str) -> std::io::Result<String> {
    let mut text = String::new();
    File::open(path)?
        .take(MAX_FILE + 1)
        .read_to_string(&mut text)?;
    if text.len() as u64 > MAX_FILE {
        return Err(std::io::Error::other("it is longer than 16 MiB"));
    }
    Ok(text)
}
