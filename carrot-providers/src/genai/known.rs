use std::sync::Arc;

use ::genai::chat::{ChatFrameSink, ChatOptions};
use ::genai::embed::EmbedOptions;
use ::genai::{Client, ClientConfig};

use super::target::Places;

/// What is known of a client's default options.
#[derive(Clone, Debug)]
pub struct Known {
    defaults: Arc<Defaults>,
    /// Where its calls went last.
    pub(super) places: Arc<Places>,
}

#[derive(Debug)]
enum Defaults {
    /// The options themselves.
    Shown {
        chat: Option<Box<ChatOptions>>,
        embed: Option<EmbedOptions>,
    },
    /// What the client's `Debug` tells of them.
    Hidden {
        stop_sequences: bool,
        frame_sink: bool,
        raw_body: bool,
        embed: bool,
    },
}

/// Options for a call that bring the answer's raw body.
pub(super) struct WithBody<O> {
    pub(super) options: O,
    /// Whether the user asked for the body too.
    pub(super) wanted: bool,
}

impl Known {
    fn new(defaults: Defaults) -> Known {
        Known {
            defaults: Arc::new(defaults),
            places: Arc::default(),
        }
    }

    pub(super) fn of_config(config: &ClientConfig) -> Known {
        Known::new(Defaults::Shown {
            chat: config.chat_options().cloned().map(Box::new),
            embed: config.embed_options().cloned(),
        })
    }

    /// The client's `Debug` is the only place where its options show; the text is looked through and
    /// thrown away, since it may hold secrets.
    pub(super) fn of_client(client: &Client) -> Known {
        let defaults = Defaults::told(&format!("{client:?}"));
        if let Defaults::Hidden {
            stop_sequences,
            frame_sink,
            ..
        } = &defaults
            && (*stop_sequences || *frame_sink)
        {
            carrot_runtime::warn_once(
                "genai-defaults",
                "this genai::Client has default stop sequences or a default frame sink, which it does \
                 not show: what its calls answer is recorded in part only; build it by \
                 carrot_ai::wrap(client_config)? to record all of it",
            );
        }
        Known::new(defaults)
    }

    /// The client's default chat options, if they are known.
    pub(super) fn chat(&self) -> Option<&ChatOptions> {
        match &*self.defaults {
            Defaults::Shown { chat, .. } => chat.as_deref(),
            Defaults::Hidden { .. } => None,
        }
    }

    /// Options that also bring the raw body of an answer; `None` if they cannot be had without changing
    /// the call.
    pub(super) fn with_body(&self, asked: Option<&ChatOptions>) -> Option<WithBody<ChatOptions>> {
        let default = match &*self.defaults {
            Defaults::Shown { chat, .. } => chat.as_ref().and_then(|it| it.capture_raw_body),
            Defaults::Hidden { raw_body, .. } => Some(*raw_body),
        };
        let mut options = self.base(asked)?;
        let wanted = options.capture_raw_body.or(default) == Some(true);
        options.capture_raw_body = Some(true);
        Some(WithBody { options, wanted })
    }

    /// Options to put a sink into, and the sink that the user has; `None` if they cannot be had without
    /// changing the call.
    pub(super) fn with_sink(
        &self,
        asked: Option<&ChatOptions>,
    ) -> Option<(ChatOptions, Option<Arc<dyn ChatFrameSink>>)> {
        let mut options = self.base(asked)?;
        let theirs = match (options.raw_frame_sink.take(), &*self.defaults) {
            (Some(sink), _) => Some(sink),
            (None, Defaults::Shown { chat, .. }) => {
                chat.as_ref().and_then(|it| it.raw_frame_sink.clone())
            }
            (None, Defaults::Hidden { frame_sink, .. }) if *frame_sink => return None,
            (None, Defaults::Hidden { .. }) => None,
        };
        Some((options, theirs))
    }

    /// Options that also bring the raw body of embeddings.
    pub(super) fn embed_with_body(
        &self,
        asked: Option<&EmbedOptions>,
    ) -> Option<WithBody<EmbedOptions>> {
        let mut options = match (asked, &*self.defaults) {
            (Some(options), _) => options.clone(),
            (None, Defaults::Shown { embed, .. }) => embed.clone().unwrap_or_default(),
            (None, Defaults::Hidden { embed, .. }) if *embed => return None,
            (None, Defaults::Hidden { .. }) => EmbedOptions::default(),
        };
        let wanted = options.capture_raw_body();
        options.capture_raw_body = Some(true);
        Some(WithBody { options, wanted })
    }

    /// Options that change nothing: those of the call, or such as leave the defaults be. Of all defaults
    /// only the stop sequences are replaced by a call that says nothing of them.
    fn base(&self, asked: Option<&ChatOptions>) -> Option<ChatOptions> {
        if let Some(options) = asked {
            return Some(options.clone());
        }
        let stop_sequences = match &*self.defaults {
            Defaults::Shown { chat, .. } => chat.as_ref().map(|it| it.stop_sequences.clone()),
            Defaults::Hidden { stop_sequences, .. } if *stop_sequences => return None,
            Defaults::Hidden { .. } => None,
        };
        Some(ChatOptions {
            stop_sequences: stop_sequences.unwrap_or_default(),
            ..ChatOptions::default()
        })
    }
}

impl Defaults {
    /// What a client's `Debug` tells. A form that is not known counts as one with defaults.
    fn told(debug: &str) -> Defaults {
        let parts = debug.split_once(", chat_options: ").and_then(|(_, rest)| {
            let (chat, rest) = rest.split_once(", embed_options: ")?;
            Some((chat, !rest.starts_with("None")))
        });
        let Some((chat, embed)) = parts else {
            return Defaults::Hidden {
                stop_sequences: true,
                frame_sink: true,
                raw_body: true,
                embed: true,
            };
        };
        let has = |field: &str| chat.contains(field);
        Defaults::Hidden {
            stop_sequences: chat != "None" && !has("stop_sequences: []"),
            frame_sink: has("raw_frame_sink: Some("),
            raw_body: has("capture_raw_body: Some(true)"),
            embed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(config: ClientConfig) -> (bool, bool, bool, bool) {
        crate::tls::install_ring();
        let client = Client::builder().with_config(config).build().unwrap();
        match Defaults::told(&format!("{client:?}")) {
            Defaults::Hidden {
                stop_sequences,
                frame_sink,
                raw_body,
                embed,
            } => (stop_sequences, frame_sink, raw_body, embed),
            Defaults::Shown { .. } => unreachable!("Debug shows no options"),
        }
    }

    #[test]
    fn a_client_tells_by_debug_which_defaults_it_has() {
        let config = ClientConfig::default;
        assert_eq!(told(config()), (false, false, false, false));
        let plain = ChatOptions::default().with_temperature(0.5);
        assert_eq!(
            told(config().with_chat_options(plain)),
            (false, false, false, false)
        );
        let all = ChatOptions::default()
            .with_stop_sequences(vec!["END".to_owned()])
            .with_capture_raw_body(true)
            .with_raw_frame_fn(|_, _| ());
        let config = config()
            .with_chat_options(all)
            .with_embed_options(EmbedOptions::default());
        assert_eq!(told(config), (true, true, true, true));
    }

    #[test]
    fn a_form_that_is_not_known_counts_as_one_with_defaults() {
        let Defaults::Hidden {
            stop_sequences: true,
            frame_sink: true,
            embed: true,
            ..
        } = Defaults::told("Client { .. }")
        else {
            panic!("it may have defaults");
        };
    }
}
