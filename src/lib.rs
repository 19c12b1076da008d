//! carrot-ai
