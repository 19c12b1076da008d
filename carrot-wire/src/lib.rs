//! carrot-wire
