//! The tool that the model may ask for.

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};

/// An order, as its customer may know it.
#[derive(Debug, Serialize)]
pub struct Order {
    /// Its number.
    pub number: u32,
    /// Where it is.
    pub state: &'static str,
}

/// Looks an order up. `arguments` are the model's.
#[carrot_ai::trace(kind = ToolCall)]
pub fn order_status(arguments: &str) -> anyhow::Result<Order> {
    #[derive(Deserialize)]
    struct Arguments {
        number: u32,
    }
    let Arguments { number } = serde_json::from_str(arguments)
        .context("the model's arguments are not what was asked for")?;
    match number {
        0..=1999 => Ok(Order {
            number,
            state: "delivered",
        }),
        2000..=2999 => Ok(Order {
            number,
            state: "on its way",
        }),
        _ => bail!("there is no order {number}"),
    }
}
