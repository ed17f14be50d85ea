//! The embedded access directory as a vendor: read and written over HTTP, whether it runs in this process or elsewhere.
//!
//! # Design
//! An observation costs as many requests as there are pages, and two more. A step is one request: the step's id of
//! operation is the idempotency key, and what the step believes the thing to be goes along, so that comparing and writing
//! are one act at the server. A removal of what is gone already is done. What a third party gives later is no part of an
//! observed object: no file asks for it.

use std::sync::Arc;

use super::http::{Client, Limits};
use super::{Capabilities, ReadError, Target};
use crate::model::{AccountName, Action, Kind};
use crate::product::Product;

mod read;
mod wire;
mod write;

/// One account at a directory.
#[derive(Debug)]
pub struct Directory {
    client: Client,
    account: AccountName,
    product: Arc<Product>,
}

impl Directory {
    /// An account at the directory of a target. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ReadError::Connection`] if the target's URL cannot be used.
    pub fn new(
        account: &AccountName,
        product: &Arc<Product>,
        target: &Target,
        limits: Limits,
    ) -> Result<Self, ReadError> {
        let client = Client::new(&target.url, target.token.clone(), limits)?;
        Ok(Self {
            client,
            account: account.clone(),
            product: Arc::clone(product),
        })
    }

    /// Everything there is at a directory, by API.
    pub fn abilities() -> Capabilities {
        use Action::{Create, Remove, Rename, Update};
        let executes = [
            (Kind::Setting, [Create, Update, Remove].as_slice()),
            (Kind::Seats, &[Create, Update, Remove]),
            (Kind::Object, &[Create, Update, Rename, Remove]),
            (Kind::Team, &[Create, Update, Rename, Remove]),
            (Kind::Access, &[Create, Update, Rename, Remove]),
            (Kind::Member, &[Create, Update, Rename, Remove]),
        ];
        let pairs = executes
            .into_iter()
            .flat_map(|(kind, actions)| actions.iter().map(move |action| (kind, *action)));
        Capabilities {
            executes: pairs.collect(),
        }
    }
}
