//! One [`Site`] for each place in the code that opens `tracing` spans.

use std::collections::HashMap;
use std::sync::{LazyLock, PoisonError, RwLock};

use tracing_core::Metadata;
use tracing_core::callsite::Identifier;

use crate::Site;

static SITES: LazyLock<RwLock<HashMap<Identifier, &'static Site>>> = LazyLock::new(RwLock::default);

/// The site of a callsite. A callsite lives as long as the program, and so does what is leaked here for it: there are as many
/// as there are `span!` in the code.
pub(super) fn of(metadata: &'static Metadata<'static>) -> &'static Site {
    let callsite = metadata.callsite();
    let known = SITES.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(site) = known.get(&callsite) {
        return site;
    }
    drop(known);
    let mut sites = SITES.write().unwrap_or_else(PoisonError::into_inner);
    sites.entry(callsite).or_insert_with(|| {
        let module = metadata.module_path().unwrap_or(metadata.target());
        let (file, line) = (metadata.file(), metadata.line());
        let site = Site::new(metadata.name())
            .location(module, file.unwrap_or(""), line.unwrap_or(0))
            .source("tracing");
        Box::leak(Box::new(site))
    })
}

/// What a forked child goes on with.
#[cfg(unix)]
pub(crate) fn kept() -> &'static dyn crate::lock::Kept {
    &*SITES
}
