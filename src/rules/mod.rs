//! One file per rule: code, documentation, example, check.
