use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};

use super::names::{find, is_edition};
use super::{Rates, table};
use crate::llm::Usage;

/// The price table, and prices of the user's own that come before it.
#[derive(Debug, Clone, Default)]
pub struct Prices {
    pub(super) own: BTreeMap<String, Rates>,
}

impl Prices {
    /// Sets the price of a model, found by the rules of [`rates`](super::rates).
    ///
    /// It holds for other editions of the model too (`gpt-4o-2024-08-06` for `gpt-4o`), but not for
    /// models that the table knows by a longer name (`gpt-4o-mini`).
    ///
    /// # Errors
    ///
    /// When the name is empty, or a rate is negative or no number.
    pub fn set(&mut self, model: impl Into<String>, rates: Rates) -> Result<(), PricesError> {
        let model = model.into();
        if model.is_empty() {
            return Err(PricesError::new("a model's name is empty"));
        }
        if !rates.are_sound() {
            let what = format!("{} has a rate that is negative or no number", shown(&model));
            return Err(PricesError::new(what));
        }
        self.own.insert(model, rates);
        Ok(())
    }

    /// Takes prices from JSON: an object of models, each with its rates in USD per million tokens.
    ///
    /// ```
    /// # let mut prices = carrot_wire::price::Prices::default();
    /// prices.read(r#"{
    ///     "my-model": {
    ///         "input": 2.0, "output": 8.0, "cached": 0.5, "cache_write": 2.5, "cache_write_1h": 4.0,
    ///         "reasoning": 8.0, "audio_input": 10.0, "audio_output": 20.0,
    ///         "above": {"200000": {"input": 4.0, "output": 12.0}},
    ///         "tiers": {"batch": {"input": 1.0, "output": 4.0}}
    ///     }
    /// }"#)?;
    /// assert_eq!(prices.rates("openai", "my-model").unwrap().cached, Some(0.5));
    /// # Ok::<(), carrot_wire::price::PricesError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the text is no such JSON; nothing is taken from it then.
    pub fn read(&mut self, json: &str) -> Result<(), PricesError> {
        let Value::Object(models) = serde_json::from_str(json)
            .map_err(|error| PricesError::new(format!("it is no JSON ({error})")))?
        else {
            return Err(PricesError::new(
                "it is no object of models and their rates",
            ));
        };
        let mut read = self.clone();
        for (model, rates) in models {
            let rates = rates_of(&shown(&model), &rates)?;
            read.set(model, rates)?;
        }
        *self = read;
        Ok(())
    }

    /// The rates of a model, or `None` if it is unknown. See [`rates`](super::rates).
    pub fn rates(&self, provider: &str, model: &str) -> Option<Rates> {
        self.own(provider, model).or_else(|| {
            let found = find(provider, model, table::exact);
            found.map(|found| found.value)
        })
    }

    /// What a call cost in USD, by the first of its names that has a price: as a rule that of the model
    /// that answered and that of the model that was asked for. `tier` is the service tier, if any.
    pub fn cost(
        &self,
        provider: &str,
        models: [Option<&str>; 2],
        tier: Option<&str>,
        usage: &Usage,
    ) -> Option<f64> {
        let models = models.into_iter().flatten();
        // A price for the name that was asked for says more than the table does of the one that answered.
        let own = models.clone().find_map(|model| self.own(provider, model));
        let rates = own.or_else(|| models.clone().find_map(|model| self.rates(provider, model)));
        rates?.cost_at(tier, usage)
    }

    /// A price of the user's own, unless the table knows more of the name.
    fn own(&self, provider: &str, model: &str) -> Option<Rates> {
        if self.own.is_empty() {
            return None;
        }
        let own = find(provider, model, |name| self.own.get(name))?;
        let known = find(provider, model, table::exact);
        let is_another = known.is_some_and(|known| {
            let (from, to) = (model.len() - own.rest, model.len() - known.rest);
            from < to && !is_edition(&model[from..to])
        });
        (!is_another).then(|| own.value.clone())
    }
}

/// Reads the rates of one model; `name` is for the error.
fn rates_of(name: &str, json: &Value) -> Result<Rates, PricesError> {
    const KINDS: [&str; 8] = [
        "input",
        "output",
        "cached",
        "cache_write",
        "cache_write_1h",
        "reasoning",
        "audio_input",
        "audio_output",
    ];
    let object = |json: &Value, of: &str| match json {
        Value::Object(fields) => Ok::<Map<String, Value>, _>(fields.clone()),
        _ => Err(PricesError::new(format!("{of} is no object of rates"))),
    };
    let mut rates = Rates::default();
    for (key, value) in object(json, name)? {
        if let Some(at) = KINDS.iter().position(|kind| *kind == key) {
            let rate = value
                .as_f64()
                .ok_or_else(|| PricesError::new(format!("{name}: {key} is no number")))?;
            *rates.all_mut()[at] = Some(rate);
        } else if key == "above" {
            for (tokens, long) in object(&value, &format!("{name}: above"))? {
                let from = tokens.parse().map_err(|_| {
                    let what = format!("{name}: above {} is no count of tokens", shown(&tokens));
                    PricesError::new(what)
                })?;
                rates = rates.above(from, rates_of(&format!("{name}: above"), &long)?);
            }
        } else if key == "tiers" {
            for (tier, tiered) in object(&value, &format!("{name}: tiers"))? {
                let tiered = rates_of(&format!("{name}: {}", shown(&tier)), &tiered)?;
                rates = rates.tier(tier, tiered);
            }
        } else {
            return Err(PricesError::new(format!(
                "{name} has {}: use {}, above or tiers, in USD per million tokens",
                shown(&key),
                KINDS.join(", ")
            )));
        }
    }
    Ok(rates)
}

/// No more of a name than shows which it is.
fn shown(name: &str) -> String {
    format!("{:?}", name.chars().take(60).collect::<String>())
}

/// Why prices cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PricesError {
    message: String,
}

impl PricesError {
    fn new(message: impl Into<String>) -> PricesError {
        PricesError {
            message: message.into(),
        }
    }
}

impl fmt::Display for PricesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for PricesError {}
