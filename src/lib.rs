//! seatplan: access as code, with a plan that proves it fits the seats.

pub mod apply;
pub mod cli;
pub mod config;
pub mod diagnostic;
pub mod directory;
pub mod env;
pub mod model;
pub mod ops;
pub mod output;
pub mod plan;
pub mod product;
pub mod provider;
pub mod rules;
pub mod store;
pub mod text;
pub mod yaml;
