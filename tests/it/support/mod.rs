//! Stand-ins for tests.

pub(crate) mod estate;
