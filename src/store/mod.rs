//! Where runs, locks and the audit log are kept.
