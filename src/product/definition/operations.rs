//! How each kind of change is made, and the states that follow.

use super::pools::TakesEffect;
use crate::text::{Spanned, Word};
use crate::yaml::{Entries, OneOrMany, decode_enum, decode_struct};

decode_struct! {
    /// How one kind of change is made.
    pub struct Operation("an operation") {
        /// Who carries it out where the provider cannot.
        pub via: Via,
        /// Who asks the vendor for it, and how, where `via` is `vendor`.
        pub by: Option<String>,
        /// The exact screen path, in the vendor's words.
        pub path: Option<String>,
        /// Other screen paths that lead to the same.
        #[schemars(default)]
        pub also: Vec<String>,
        /// What to set there, in the vendor's words; the values are filled in behind it.
        #[schemars(default)]
        pub set: OneOrMany<String>,
        /// What to press in the end.
        pub confirm: Option<String>,
        /// What to do first.
        #[schemars(default)]
        pub prepare: OneOrMany<String>,
        /// What else to know while doing it.
        #[schemars(default)]
        pub note: OneOrMany<String>,
        /// Whether the screen offers to do it to all objects of the kind at once, so that those to keep must be named.
        pub keep: Option<bool>,
        /// Values that are not in the files: asked for when the task is done, unless they are secret.
        #[schemars(default)]
        pub inputs: Entries<Input>,
        /// Roles that may do it; whoever may administer if not written.
        #[schemars(default)]
        pub actor: Vec<Spanned<Word>>,
        /// The life-cycle state that follows; active if not written.
        pub then: Option<Spanned<Word>>,
        /// Whether it can be undone by the opposite change; yes if not written.
        pub irreversible: Option<bool>,
        /// Whether it spends money.
        pub spends_money: Option<bool>,
        /// When it takes effect; now if not written.
        pub takes_effect: Option<TakesEffect>,
        /// Rule ids that this covers.
        #[schemars(default)]
        pub rules: Vec<String>,
    }
}

decode_struct! {
    /// A value that is not in the files.
    pub struct Input("an input") {
        /// What it is, and who gives or chooses it.
        pub text: String,
        /// Whether it is a secret: then it is never asked for and never written down.
        pub secret: Option<bool>,
        /// Rule ids that this covers.
        #[schemars(default)]
        pub rules: Vec<String>,
    }
}

decode_enum! {
    /// Who carries out an operation.
    pub enum Via {
        /// The vendor's API.
        Api = "api",
        /// A person on the vendor's screens.
        Person = "person",
        /// The vendor, on request.
        Vendor = "vendor",
        /// The user concerned.
        User = "user",
    }
}

decode_struct! {
    /// A life-cycle state other than active.
    pub struct StateRule("a state") {
        /// What can be in it: `access`, or a kind of owned objects; `access` if not written.
        pub of: Option<Spanned<Word>>,
        /// Who moves somebody out of it.
        pub moved_by: Via,
        /// How, as a sentence.
        pub text: Option<String>,
        /// Whether somebody in it takes units of the pools.
        pub holds_seat: bool,
        /// Whether somebody in it can act already; no if not written.
        pub works: Option<bool>,
        /// When it ends by itself, if it does.
        pub ends: Option<TakesEffect>,
        /// Rule ids that this covers.
        #[schemars(default)]
        pub rules: Vec<String>,
    }
}
