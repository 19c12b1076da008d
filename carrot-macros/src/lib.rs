//! carrot-macros
