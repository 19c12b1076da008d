//! carrot-providers
