//! ureq, wrapped and bare.
