//! Pools: what is limited or paid, how many units there are, and who takes them.

use super::super::Condition;
use super::super::constraint::Selector;
use crate::text::{Spanned, Word};
use crate::yaml::{Entries, OneOrMany, decode_enum, decode_struct};

decode_struct! {
    /// Something limited or paid that people take units of.
    pub struct Pool("a pool") {
        /// What one unit is called: `seat`.
        pub unit: String,
        /// The words that there is one such pool for; each is a pool of that name. In its selectors the value `each`
        /// stands for the word.
        #[schemars(default)]
        pub each: Vec<Spanned<Word>>,
        /// How many there are; the first whose condition holds.
        pub capacity: Vec<PoolCapacity>,
        /// Which accesses take a unit: those that one of these is about; all if not written.
        pub counts: Option<OneOrMany<Selector>>,
        /// Which accesses never take one, even if they are counted above.
        pub never_counts: Option<OneOrMany<Selector>>,
        /// The kind of owned objects that take units, instead of accesses.
        pub counts_objects: Option<Spanned<Word>>,
        /// The field that says how many units such an object takes; one if not written.
        pub weight_field: Option<Spanned<Word>>,
        /// What such an object takes; units of the sum if not written.
        pub takes: Option<Takes>,
        /// With whom an account shares the pool; with nobody if not written.
        pub shared: Option<Shared>,
        /// What happens when more are used than there are.
        pub overflow: Overflow,
        /// How units are sold; by the unit if not written.
        pub sold_in: Option<SoldIn>,
        /// What of a lot can be cancelled; any number of units if not written.
        pub cancels: Option<Cancels>,
        /// When a cancellation takes effect; now if not written.
        pub cancel_takes_effect: Option<TakesEffect>,
        /// What is paid at once for units that are bought within a billing cycle; unknown if not written.
        pub charged: Option<Charged>,
        /// The fewest units that can be had.
        pub minimum: Option<u32>,
        /// How many days before a renewal a cancellation must be in.
        pub notice_days: Option<u32>,
        /// Whether the vendor's API tells how many are bought; yes if not written.
        pub observable: Option<bool>,
        /// Rule ids that this covers.
        #[schemars(default)]
        pub rules: Vec<String>,
    }
}

decode_struct! {
    /// How many units a pool has, under a condition: `unlimited`, or the sum of everything else that is written.
    pub struct PoolCapacity("a pool's capacity") {
        /// The condition on the account; always if not written.
        pub when: Option<Condition>,
        /// As many as are bought: the quantity that `seats:` asks for and the vendor confirms.
        pub purchased: Option<bool>,
        /// A fixed number.
        pub number: Option<u32>,
        /// The value of an account setting.
        pub setting: Option<Spanned<Word>>,
        /// For a pool of `each:`, the account setting of each of its words.
        #[schemars(default)]
        pub setting_each: Entries<Spanned<Word>>,
        /// As many as there are accesses that this is about.
        pub people: Option<Selector>,
        /// No limit.
        pub unlimited: Option<bool>,
        /// Rule ids that this covers.
        #[schemars(default)]
        pub rules: Vec<String>,
    }
}

decode_enum! {
    /// What happens when a pool has fewer units than are used.
    pub enum Overflow {
        /// The vendor refuses; so does the plan.
        Refuse = "refuse",
        /// The vendor charges; the plan says so.
        Charge = "charge",
        /// The plan warns.
        Warn = "warn",
    }
}

decode_enum! {
    /// What an object takes of a pool.
    pub enum Takes {
        /// As many units as its weight, whatever they were bought as.
        Units = "units",
        /// A whole lot that is as large as its weight, and no other.
        Lots = "lots",
    }
}

decode_enum! {
    /// Which accounts take units of one pool.
    pub enum Shared {
        /// An account and all its sub-accounts. It belongs to the topmost of them whose product says the same of a pool of
        /// that name, and has its size from there; whoever is counted on any of them takes units of it.
        Family = "family",
    }
}

decode_enum! {
    /// How units are sold.
    pub enum SoldIn {
        /// Any number of units.
        Units = "units",
        /// Batches of a size.
        Lots = "lots",
    }
}

decode_enum! {
    /// What can be cancelled.
    pub enum Cancels {
        /// Only a whole lot.
        Whole = "whole",
        /// Any number of units.
        Any = "any",
    }
}

decode_enum! {
    /// What is paid at once for units that are bought within a billing cycle.
    pub enum Charged {
        /// The price of the days that are left of the cycle.
        ProRata = "pro-rata",
        /// The price of a whole cycle.
        Full = "full",
    }
}

decode_enum! {
    /// When something takes effect.
    pub enum TakesEffect {
        /// At once.
        Now = "now",
        /// When the billing cycle ends.
        CycleEnd = "cycle-end",
    }
}
