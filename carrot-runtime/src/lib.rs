//! carrot-runtime
