//! carrot-collector
