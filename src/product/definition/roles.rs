//! Roles, and what each may do.

use crate::text::{Spanned, Word};
use crate::yaml::{Entries, decode_enum, decode_struct};

decode_struct! {
    /// A role that the product has built in.
    pub struct Role("a role") {
        /// The role's name on the vendor's screen.
        pub title: Option<String>,
        /// One sentence on what the role may do.
        pub text: Option<String>,
        /// Higher ranks may do more; used to tell a promotion from a demotion.
        pub rank: u32,
        /// Whether somebody with this role administers the account.
        pub administers: Option<bool>,
        /// The scope in which the vendor gives it, if that is not the account: it cannot be written under `access` then.
        pub scope: Option<Spanned<Word>>,
        /// Roles that somebody with this role may give, change and take.
        #[schemars(default)]
        pub may_assign: Vec<Spanned<Word>>,
        /// Rule ids that this covers.
        #[schemars(default)]
        pub rules: Vec<String>,
    }
}

decode_struct! {
    /// What each role may do: capabilities by role.
    pub struct Matrix("a matrix") {
        /// The roles, in the order of the columns.
        pub roles: Vec<Spanned<Word>>,
        /// One row per capability, one word per role.
        pub rows: Entries<MatrixRow>,
        /// Rule ids that the legend covers.
        #[schemars(default)]
        pub rules: Vec<String>,
    }
}

decode_struct! {
    /// One capability.
    pub struct MatrixRow("a matrix row") {
        /// One word per role, in the order of `roles`.
        pub may: Vec<Spanned<May>>,
        /// Rule ids that this covers.
        #[schemars(default)]
        pub rules: Vec<String>,
    }
}

decode_enum! {
    /// Whether a role may do something.
    pub enum May {
        /// It may.
        Allow = "allow",
        /// It may if an owner lets it.
        AskOwner = "ask-owner",
        /// It may not.
        Deny = "deny",
    }
}

decode_struct! {
    /// A role that exactly one person has, and that is moved in one step.
    pub struct Single("a single role") {
        /// The role.
        pub role: Spanned<Word>,
        /// The role that whoever gets it has first, and that its holder has between handing it on and losing access.
        pub otherwise: Spanned<Word>,
        /// The operation that moves it from its holder to somebody else: `access.transfer`.
        pub transfer: Spanned<Word>,
        /// Rule ids that this covers.
        #[schemars(default)]
        pub rules: Vec<String>,
    }
}
