//! Documents to typed configuration to the desired state.
