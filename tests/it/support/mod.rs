//! Stand-ins for tests.

pub(crate) mod chance;
pub(crate) mod estate;
