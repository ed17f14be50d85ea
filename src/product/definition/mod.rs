//! The elements of a product definition. Every element names the rule ids it covers (`rules:`).

mod effects;
mod grants;
mod objects;
mod operations;
mod pools;
mod roles;
mod teams;
mod user;
mod values;

pub use effects::{
    Carry, Effect, EffectKind, HandOver, Order, Preparation, Replace, ReplaceHow, Transition,
};
pub use grants::{Alias, Date, GrantDefault, GrantRule, GrantValue};
pub use objects::{ChangeHow, FieldKind, FieldRule, ObjectKind, Pattern, Under, Unique};
pub use operations::{Input, Operation, StateRule, Via};
pub use pools::{
    Cancels, Charged, Overflow, Pool, PoolCapacity, Shared, SoldIn, Takes, TakesEffect,
};
pub use roles::{Matrix, May, Role, Single};
pub use teams::Teams;
pub use user::{AccessRules, Fold, Identity, RolesPerUser};
pub use values::{OptionKind, OptionRule, SettingDefault, SettingRule, Source};

use super::constraint::Constraint;
use crate::text::{Spanned, Word};
use crate::yaml::{Entries, decode_struct};

decode_struct! {
    /// A vendor's access model as data.
    pub struct Product("a product definition") {
        /// The product's name for people.
        pub title: String,
        /// One or two sentences on what is modelled.
        pub description: Option<String>,
        /// Pages or files that the facts come from.
        #[schemars(default)]
        pub sources: Vec<String>,
        /// Organisation, workspace, event: what is per which.
        #[schemars(default)]
        pub scopes: Entries<Scope>,
        /// Who a user is, and how many roles one has.
        pub user: AccessRules,
        /// Attributes and switches of the account.
        #[schemars(default)]
        pub settings: Entries<SettingRule>,
        /// Other names that the product has or had.
        #[schemars(default)]
        pub aliases: Entries<Alias>,
        /// Roles that the product has built in.
        #[schemars(default)]
        pub roles: Entries<Role>,
        /// Roles that exactly one person has, and how each is moved.
        #[schemars(default)]
        pub single: Entries<Single>,
        /// What each role may do.
        pub matrix: Option<Matrix>,
        /// Switches, enums, sets and hours of one user's access.
        #[schemars(default)]
        pub options: Entries<OptionRule>,
        /// Kinds of things that an account owns, by the key under which accounts write them.
        #[schemars(default)]
        pub objects: Entries<ObjectKind>,
        /// Rights to use add-ons of the account.
        #[schemars(default)]
        pub grants: Entries<GrantRule>,
        /// Teams at the vendor; none if not written.
        pub teams: Option<Teams>,
        /// Quantities that are limited or paid.
        #[schemars(default)]
        pub pools: Entries<Pool>,
        /// What must hold.
        #[schemars(default)]
        pub constraints: Entries<Constraint>,
        /// What else a change causes.
        #[schemars(default)]
        pub effects: Entries<Effect>,
        /// What becomes of a leaver's belongings.
        pub hand_over: Option<HandOver>,
        /// Which changes come before which.
        #[schemars(default)]
        pub order: Entries<Order>,
        /// What people must do elsewhere before a change.
        #[schemars(default)]
        pub preparations: Entries<Preparation>,
        /// How things get another identity where the vendor cannot rename them.
        #[schemars(default)]
        pub replace: Entries<Replace>,
        /// How each kind of change is made, by `KIND.ACTION` (`access.create`), or by `KIND.ACTION.PART` for an option, a
        /// grant, a setting, a pool or `role` (`access.update.role`); the most specific counts.
        #[schemars(default)]
        pub operations: Entries<Operation>,
        /// Life-cycle states other than active.
        #[schemars(default)]
        pub states: Entries<StateRule>,
        /// Facts that are only read.
        #[schemars(default)]
        pub observed: Entries<Observed>,
        /// Configurations of other tools that describe an account of this product, by the tool's name.
        #[schemars(default)]
        pub imports: Entries<ImportRule>,
        /// Facts that are left out, with the reason.
        #[schemars(default)]
        pub outside: Entries<Outside>,
        /// Documented contradictions and other remarks; the stricter reading holds.
        #[schemars(default)]
        pub notes: Entries<Note>,
    }
}

decode_struct! {
    /// A level that things are per.
    pub struct Scope("a scope") {
        /// What is per this scope, and what a change here does elsewhere.
        pub text: String,
        /// Rule ids that this covers.
        #[schemars(default)]
        pub rules: Vec<String>,
    }
}

decode_struct! {
    /// A fact that is only read.
    pub struct Observed("something observed") {
        /// What it is.
        pub text: String,
        /// Where it is read.
        pub r#where: Option<String>,
        /// The roles that can see it there; all if not written.
        #[schemars(default)]
        pub visible_to: Vec<Spanned<Word>>,
        /// What it is used for.
        pub r#use: Option<String>,
        /// Rule ids that this covers.
        #[schemars(default)]
        pub rules: Vec<String>,
    }
}

decode_struct! {
    /// What the words of another tool's configuration mean here.
    pub struct ImportRule("an import") {
        /// The role behind each of its words.
        #[schemars(default)]
        pub roles: Entries<Spanned<Word>>,
        /// What an export of users says, as a table.
        pub export: Option<super::ExportMap>,
        /// Rule ids that this covers.
        #[schemars(default)]
        pub rules: Vec<String>,
    }
}

decode_struct! {
    /// A fact that is left out.
    pub struct Outside("something left out") {
        /// Why.
        pub why: String,
        /// Rule ids that this covers.
        #[schemars(default)]
        pub rules: Vec<String>,
    }
}

decode_struct! {
    /// A remark.
    pub struct Note("a note") {
        /// The remark.
        pub text: String,
        /// Whether it records that the vendor's own pages contradict each other.
        pub contradiction: Option<bool>,
        /// Rule ids that this covers.
        #[schemars(default)]
        pub rules: Vec<String>,
    }
}
