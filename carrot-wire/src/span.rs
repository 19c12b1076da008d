//! What a span is and how it ended.

use serde::{Deserialize, Serialize};

/// A plain enum with a wire name for each variant.
macro_rules! wire_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $text:literal $(| $alias:literal)*,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$variant_meta])* #[serde(rename = $text $(, alias = $alias)*)] $variant,)*
        }

        impl $name {
            /// All of them, in the order of their codes.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// The name on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text,)* }
            }

            /// The one with this name on the wire.
            pub fn from_name(name: &str) -> Option<$name> {
                match name { $($text $(| $alias)* => Some($name::$variant),)* _ => None }
            }

            /// The one with this code, which is its place in [`ALL`](Self::ALL).
            pub fn from_code(code: u8) -> Option<$name> {
                Self::ALL.get(usize::from(code)).copied()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

wire_enum! {
    /// What kind of step a span is.
    SpanKind {
        /// A traced function, or a step of no other kind.
        Function = "function",
        /// A call of a language model.
        LlmCall = "llm_call",
        /// A tool that the model asked for, being run.
        ToolCall = "tool_call",
        /// What a tool gave back, where it is recorded apart from the call.
        ToolResult = "tool_result",
        /// A search for documents.
        Retrieval = "retrieval",
        /// Vectors made of texts.
        Embedding = "embedding",
        /// One agent's run.
        Agent = "agent",
        /// A step of thought.
        Reasoning = "reasoning",
        /// Something done to the world.
        Action = "action",
        /// A point in time.
        Event = "event",
        /// A failure recorded as a step of its own.
        Error = "error",
        /// A place where a run can be forked.
        ForkPoint = "fork_point",
    }
}

wire_enum! {
    /// How far a span is.
    Status {
        /// Not finished, or never heard of again.
        Running = "running",
        /// Finished.
        Success = "success" | "completed",
        /// Finished with an error or a panic.
        Error = "error" | "failed",
        /// Dropped before it finished.
        Cancelled = "cancelled",
    }
}

wire_enum! {
    /// How much a span matters.
    Level {
        /// For debugging only.
        Debug = "DEBUG",
        /// Nothing special.
        Default = "DEFAULT",
        /// Something to look at.
        Warning = "WARNING",
        /// A failure.
        Error = "ERROR",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_codes_are_read_back() {
        for (code, &kind) in SpanKind::ALL.iter().enumerate() {
            assert_eq!(SpanKind::from_name(kind.as_str()), Some(kind));
            assert_eq!(SpanKind::from_code(code as u8), Some(kind));
            assert_eq!(code, kind as usize);
        }
        assert_eq!(Status::from_name("completed"), Some(Status::Success));
        assert_eq!(Status::from_name("failed"), Some(Status::Error));
        assert_eq!(Level::from_name("debug"), None);
    }
}
