use std::borrow::Cow;

use crate::llm::Usage;

/// What a model's tokens cost, in USD per million. `None`: nobody says.
///
/// ```
/// use carrot_wire::llm::Usage;
/// use carrot_wire::price::Rates;
///
/// let rates = Rates::per_million(2.0, 8.0).cached(0.5).tier("batch", Rates::per_million(1.0, 4.0));
/// let usage = Usage::new(1_000_000, 100_000).cached(400_000);
/// assert_eq!(rates.cost(&usage), Some(0.6 * 2.0 + 0.4 * 0.5 + 0.1 * 8.0));
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Rates {
    /// Prompt tokens.
    pub input: Option<f64>,
    /// Answer tokens.
    pub output: Option<f64>,
    /// Prompt tokens read from the cache.
    pub cached: Option<f64>,
    /// Prompt tokens written to the cache.
    pub cache_write: Option<f64>,
    /// Prompt tokens written to the cache, to be kept for an hour.
    pub cache_write_1h: Option<f64>,
    /// Reasoning tokens.
    pub reasoning: Option<f64>,
    /// Prompt tokens that are audio.
    pub audio_input: Option<f64>,
    /// Answer tokens that are audio.
    pub audio_output: Option<f64>,
    /// Other rates for calls with more input tokens than this.
    long: Vec<(u64, Rates)>,
    /// Other rates for calls of a service tier.
    tiers: Vec<(Cow<'static, str>, Rates)>,
}

impl Rates {
    /// So many USD for a million input tokens, and for a million output tokens. Kinds of tokens without
    /// a rate of their own are paid for as these.
    pub fn per_million(input: f64, output: f64) -> Rates {
        Rates {
            input: Some(input),
            output: Some(output),
            ..Rates::default()
        }
    }

    /// The rate of input tokens that were read from the cache.
    pub fn cached(mut self, rate: f64) -> Rates {
        self.cached = Some(rate);
        self
    }

    /// The rate of input tokens that were written to the cache.
    pub fn cache_write(mut self, rate: f64) -> Rates {
        self.cache_write = Some(rate);
        self
    }

    /// The rate of input tokens that were written to the cache to be kept for an hour.
    pub fn cache_write_1h(mut self, rate: f64) -> Rates {
        self.cache_write_1h = Some(rate);
        self
    }

    /// The rate of output tokens that are reasoning.
    pub fn reasoning(mut self, rate: f64) -> Rates {
        self.reasoning = Some(rate);
        self
    }

    /// The rates of audio tokens.
    pub fn audio(mut self, input: f64, output: f64) -> Rates {
        self.audio_input = Some(input);
        self.audio_output = Some(output);
        self
    }

    /// Other rates for calls with more than so many input tokens, cached ones included. What they leave
    /// open stays as it is.
    pub fn above(mut self, input_tokens: u64, rates: Rates) -> Rates {
        self.long.retain(|(from, _)| *from != input_tokens);
        self.long.push((input_tokens, rates));
        self
    }

    /// Other rates for calls of a service tier: `batch`, `flex`, `priority`, … What they leave open stays
    /// as it is.
    pub fn tier(mut self, name: impl Into<Cow<'static, str>>, rates: Rates) -> Rates {
        *self.tier_mut(name.into()) = rates;
        self
    }

    /// The rates of a tier, to be filled in.
    pub(super) fn tier_mut(&mut self, name: Cow<'static, str>) -> &mut Rates {
        let at = self.tiers.iter().position(|(known, _)| *known == name);
        let at = at.unwrap_or_else(|| {
            self.tiers.push((name, Rates::default()));
            self.tiers.len() - 1
        });
        &mut self.tiers[at].1
    }

    /// The cost of a call in USD, or `None` when no tokens or no rate for them are known.
    ///
    /// `usage.input` includes cached, cache-write and audio tokens and `usage.output` includes reasoning
    /// and audio, as everywhere here; each token is paid for once. A kind of token without a rate of its
    /// own is paid for as plain input or output.
    pub fn cost(&self, usage: &Usage) -> Option<f64> {
        self.cost_at(None, usage)
    }

    /// The cost of a call of a service tier. A tier without rates of its own costs what any call does.
    pub fn cost_at(&self, tier: Option<&str>, usage: &Usage) -> Option<f64> {
        if usage.input.is_none() && usage.output.is_none() {
            return None;
        }
        let mut input = usage.input.unwrap_or(0);
        let rates = self.holding(tier, input);
        let mut output = usage.output.unwrap_or(0);
        // Takes what is paid for otherwise out of the rest.
        let part = |rest: &mut u64, tokens: Option<u64>| {
            let tokens = tokens.unwrap_or(0).min(*rest);
            *rest -= tokens;
            tokens
        };
        let cached = part(&mut input, usage.cached);
        let mut written = part(&mut input, usage.cache_write);
        let for_an_hour = part(&mut written, usage.cache_write_1h);
        let cache_write = rates.cache_write.or(rates.input);
        let parts = [
            (cached, rates.cached.or(rates.input)),
            (for_an_hour, rates.cache_write_1h.or(cache_write)),
            (written, cache_write),
            (
                part(&mut input, usage.audio_input),
                rates.audio_input.or(rates.input),
            ),
            (
                part(&mut output, usage.reasoning),
                rates.reasoning.or(rates.output),
            ),
            (
                part(&mut output, usage.audio_output),
                rates.audio_output.or(rates.output),
            ),
            (input, rates.input),
            (output, rates.output),
        ];
        let mut millionths = 0.0;
        for (tokens, rate) in parts.into_iter().filter(|(tokens, _)| *tokens > 0) {
            millionths += tokens as f64 * rate?;
        }
        // USD to twelve places, so that sums read as prices and not as floating point.
        Some((millionths * 1e6).round() / 1e12)
    }

    /// The rates that hold for a tier and a prompt of this many tokens.
    fn holding(&self, tier: Option<&str>, tokens: u64) -> Rates {
        let mut rates = self.plain();
        let long = self.long.iter().filter(|(from, _)| tokens > *from);
        if let Some((_, long)) = long.max_by_key(|(from, _)| *from) {
            rates.overlay(long);
        }
        let named = |name: &str| tier.is_some_and(|tier| tier.eq_ignore_ascii_case(name));
        if let Some((_, tier)) = self.tiers.iter().find(|(name, _)| named(name)) {
            rates.overlay(&tier.holding(None, tokens));
        }
        rates
    }

    /// Those that hold where nothing particular does.
    fn plain(&self) -> Rates {
        Rates {
            long: Vec::new(),
            tiers: Vec::new(),
            ..*self
        }
    }

    fn overlay(&mut self, above: &Rates) {
        if above.output.is_some() {
            // A rate of reasoning belongs to the rate of output that it was given with.
            self.reasoning = None;
        }
        if let (Some(rate), Some(before), Some(now)) =
            (&mut self.cache_write_1h, self.input, above.input)
            && before > 0.0
        {
            // The table leaves it out for batches; it goes with the rate of input.
            *rate *= now / before;
        }
        for (rate, above) in self.all_mut().into_iter().zip(above.all()) {
            *rate = above.or(*rate);
        }
    }

    /// The rates as they are, without those of particular calls.
    pub(super) fn all(&self) -> [Option<f64>; 8] {
        [
            self.input,
            self.output,
            self.cached,
            self.cache_write,
            self.cache_write_1h,
            self.reasoning,
            self.audio_input,
            self.audio_output,
        ]
    }

    /// The same, to be filled in.
    pub(super) fn all_mut(&mut self) -> [&mut Option<f64>; 8] {
        [
            &mut self.input,
            &mut self.output,
            &mut self.cached,
            &mut self.cache_write,
            &mut self.cache_write_1h,
            &mut self.reasoning,
            &mut self.audio_input,
            &mut self.audio_output,
        ]
    }

    /// Whether every rate, those of particular calls included, is a number that a price can be.
    pub(super) fn are_sound(&self) -> bool {
        let rest = self.long.iter().map(|(_, rates)| rates);
        let mut rest = rest.chain(self.tiers.iter().map(|(_, rates)| rates));
        let sound = |rate: f64| rate.is_finite() && rate >= 0.0;
        self.all().into_iter().flatten().all(sound) && rest.all(Rates::are_sound)
    }
}
