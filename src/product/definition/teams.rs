//! Teams at the vendor.

use crate::text::{Spanned, Word};
use crate::yaml::decode_struct;

decode_struct! {
    /// Teams at the vendor.
    pub struct Teams("the teams of a product") {
        /// Whether a team may lie in another one.
        pub nested: bool,
        /// The vendor's word for somebody who leads a team, if there are such people.
        pub lead: Option<String>,
        /// Roles whose holders lead every team they are in, whatever is written.
        #[schemars(default)]
        pub always_lead: Vec<Spanned<Word>>,
        /// Rule ids that this covers.
        #[schemars(default)]
        pub rules: Vec<String>,
    }
}
