//! The Python SDKs, ours and OpenTelemetry's, as their users install them, with our collector.

use crate::run::{cargo, run};
use crate::tools::python;

const REQUIREMENTS: &str = "tests/conformance/requirements.txt";

pub(super) fn check() -> anyhow::Result<()> {
    run(cargo("test --workspace --test conformance -- --ignored")
        .env("CARROT_CONFORMANCE_PYTHON", python("python", REQUIREMENTS)?))
}
