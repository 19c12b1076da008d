//! The numbers that are checked in, and what has changed since.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context, Error, ensure};

use super::callgrind::Counted;
use crate::run::output_of;

/// So much more than the baseline is too much.
const ALLOWED: f64 = 0.05;

/// What was counted, and where.
#[derive(Debug, PartialEq)]
pub(super) struct Baseline {
    pub(super) machine: Machine,
    pub(super) counted: Vec<Counted>,
}

/// What decides which instructions there are.
#[derive(Debug, PartialEq)]
pub(super) struct Machine {
    /// Processor, system and clock source: a span reads the processor's counter only where Linux trusts it, and a longer
    /// way to the time elsewhere.
    pub(super) kind: String,
    /// The compiler, with its version.
    pub(super) rustc: String,
}

/// A comparison in words.
pub(super) struct Comparison {
    pub(super) table: String,
    pub(super) worse: Vec<String>,
    pub(super) better: Vec<String>,
}

impl Machine {
    /// The one that this runs on.
    pub(super) fn this() -> anyhow::Result<Machine> {
        let source = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
        let clock = std::fs::read_to_string(source).unwrap_or_default();
        let clock = match clock.trim() {
            "" => "unknown",
            name => name,
        };
        let (arch, os) = (std::env::consts::ARCH, std::env::consts::OS);
        let version = output_of("rustc", &["--version"])?;
        let words: Vec<&str> = version.split_whitespace().take(2).collect();
        Ok(Machine {
            kind: format!("{arch}-{os} with clock {clock}"),
            rustc: words.join(" "),
        })
    }
}

impl Baseline {
    /// Compares with what is counted now.
    pub(super) fn compare(&self, counted: &[Counted]) -> Comparison {
        let mut table = format!("{:<12}{:>10}{:>10}{:>10}", "", "baseline", "now", "change");
        let (mut worse, mut better) = (Vec::new(), Vec::new());
        for (name, now) in counted {
            let Some((_, then)) = self.counted.iter().find(|(known, _)| known == name) else {
                table += &format!("\n{name:<12}{:>10}{now:>10.1}{:>10}", "-", "-");
                worse.push(format!("{name} is not in the baseline: `--write` adds it"));
                continue;
            };
            let change = now / then - 1.0;
            let percent = change * 100.0;
            table += &format!("\n{name:<12}{then:>10.1}{now:>10.1}{percent:>+9.1}%");
            if change > ALLOWED {
                worse.push(format!(
                    "{name} takes {percent:.1} % more instructions than the baseline, and {:.0} % are allowed",
                    ALLOWED * 100.0
                ));
            } else if change < -ALLOWED {
                better.push(format!(
                    "{name} takes {:.1} % less than the baseline: `--write` keeps it there",
                    -percent
                ));
            }
        }
        for (name, _) in &self.counted {
            if !counted.iter().any(|(now, _)| now == name) {
                worse.push(format!(
                    "{name} is in the baseline and no scenario any more: `--write` takes it out"
                ));
            }
        }
        Comparison {
            table,
            worse,
            better,
        }
    }
}

impl fmt::Display for Baseline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Machine { kind, rustc } = &self.machine;
        writeln!(
            f,
            "# Instructions a span, by `cargo xtask instructions --write`."
        )?;
        writeln!(f, "machine: {kind}\ncompiler: {rustc}")?;
        for (name, instructions) in &self.counted {
            writeln!(f, "{name} {instructions:.1}")?;
        }
        Ok(())
    }
}

impl FromStr for Baseline {
    type Err = Error;

    fn from_str(text: &str) -> anyhow::Result<Baseline> {
        let (mut kind, mut rustc, mut counted) = (None, None, Vec::new());
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if let Some(it) = line.strip_prefix("machine: ") {
                kind = Some(it.to_owned());
            } else if let Some(it) = line.strip_prefix("compiler: ") {
                rustc = Some(it.to_owned());
            } else {
                let read = line.split_once(' ').and_then(|(name, number)| {
                    let number: f64 = number.parse().ok()?;
                    (number > 0.0).then(|| (name.to_owned(), number))
                });
                counted.push(read.with_context(|| format!("{line:?} is no `scenario number`"))?);
            }
        }
        ensure!(!counted.is_empty(), "there is no scenario");
        let machine = Machine {
            kind: kind.context("there is no line `machine: …`")?,
            rustc: rustc.context("there is no line `compiler: …`")?,
        };
        Ok(Baseline { machine, counted })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn baseline(counted: &[(&str, f64)]) -> Baseline {
        let machine = Machine {
            kind: "z80-cpm with clock unknown".to_owned(),
            rustc: "rustc 1.0.0".to_owned(),
        };
        let counted = counted.iter().map(|(name, it)| ((*name).to_owned(), *it));
        Baseline {
            machine,
            counted: counted.collect(),
        }
    }

    #[test]
    fn is_read_as_it_was_written() {
        let written = baseline(&[("flat", 174.1), ("disabled", 33.0)]);
        assert_eq!(written.to_string().parse::<Baseline>().unwrap(), written);
    }

    #[test]
    fn what_is_no_baseline_is_named() {
        let error = |text: &str| text.parse::<Baseline>().unwrap_err().to_string();
        assert_eq!(error("flat many"), "\"flat many\" is no `scenario number`");
        assert_eq!(error("flat 0"), "\"flat 0\" is no `scenario number`");
        assert_eq!(error("flat 1"), "there is no line `machine: …`");
        assert_eq!(error("# nothing"), "there is no scenario");
    }

    #[test]
    fn only_much_more_is_too_much() {
        let then = baseline(&[("flat", 100.0), ("nested", 100.0), ("async", 100.0)]);
        let now = baseline(&[("flat", 104.9), ("nested", 105.1), ("async", 94.0)]);
        let comparison = then.compare(&now.counted);
        let [worse] = &comparison.worse[..] else {
            panic!("{:?}", comparison.worse)
        };
        assert!(worse.starts_with("nested takes 5.1 % more"), "{worse}");
        let [better] = &comparison.better[..] else {
            panic!("{:?}", comparison.better)
        };
        assert!(better.starts_with("async takes 6.0 % less"), "{better}");
    }

    #[test]
    fn scenarios_that_come_and_go_are_named() {
        let comparison = baseline(&[("old", 1.0)]).compare(&baseline(&[("new", 1.0)]).counted);
        let [new, old] = &comparison.worse[..] else {
            panic!("{:?}", comparison.worse)
        };
        assert!(new.starts_with("new is not in the baseline"), "{new}");
        assert!(old.starts_with("old is in the baseline"), "{old}");
    }
}
