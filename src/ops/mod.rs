//! One file per verb: wires pure parts and effects, returns a report, prints nothing.
