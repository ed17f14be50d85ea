//! Carrying a plan out: the engine without I/O, its driver, and verification.
