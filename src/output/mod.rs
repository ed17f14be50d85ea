//! One file per format: a report to text.
