//! How much one file may hold. Every limit is named in the message that refuses what exceeds it.

/// Largest file in bytes. 50,000 users in one file take about 8 MB.
pub const FILE_BYTES_MAX: usize = 32 << 20;

/// Most keys and values in one file, those that aliases bring included. 50,000 users in one file have about a million.
pub const NODES_MAX: usize = 2_000_000;

/// Most values that the aliases of one file may stand for, and that its anchors may keep.
///
/// Nine levels of nine aliases would be 387 million; no estate needs a tenth of this.
pub const ALIAS_NODES_MAX: usize = 100_000;

/// Deepest nesting of lists and mappings. The language itself needs eight levels.
pub const DEPTH_MAX: usize = 64;

/// Longest single text in bytes.
pub const TEXT_BYTES_MAX: usize = 64 << 10;

/// Syntax errors reported for one file, after which the rest of it is not read.
pub const SYNTAX_ERRORS_MAX: usize = 25;
