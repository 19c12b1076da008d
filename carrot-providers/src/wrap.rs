use crate::WrapOptions;

/// A model client that can be wrapped.
///
/// Wherever the client has a door for it, `Wrapped` is the client's own type. For any other the compiler names the
/// features of the adapters, and the relay:
///
/// ```compile_fail,E0277
/// # use carrot_providers as carrot_ai;
/// struct Client;
/// carrot_ai::wrap(Client);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be wrapped",
    note = "each client has a cargo feature of its own: `carrot-ai = {{ features = [\"async-openai\"] }}`",
    note = "a client without an adapter is recorded by its base URL: see `carrot_ai::relay`"
)]
pub trait Wrap {
    /// What comes back: the same methods, the same types, and every call recorded.
    type Wrapped;

    /// Wraps the client.
    fn wrap(self, options: WrapOptions) -> Self::Wrapped;
}

/// Wraps a model client, so that every call becomes a span of the trace it is made in, or a trace of
/// its own outside of one. See [`wrapper`](crate::wrapper) for a name and tags.
pub fn wrap<W: Wrap>(client: W) -> W::Wrapped {
    client.wrap(WrapOptions::default())
}
