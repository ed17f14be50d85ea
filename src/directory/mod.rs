//! The embedded access directory: a foreign system that lives here.
