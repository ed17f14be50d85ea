//! What a change causes, what must come before it, and what it cannot do in place.

use super::super::Condition;
use super::super::constraint::Selector;
use crate::text::{Spanned, Word};
use crate::yaml::{OneOrMany, decode_enum, decode_struct};

decode_struct! {
    /// What a change causes besides itself.
    pub struct Effect("an effect") {
        /// The change that causes it.
        pub upon: Transition,
        /// What sort of thing it is.
        pub kind: EffectKind,
        /// One sentence for the person who approves.
        pub text: String,
        /// Whether it can be undone; yes if not written.
        pub irreversible: Option<bool>,
        /// The condition on the account; always if not written.
        pub when: Option<Condition>,
        /// Whether it also reaches everybody who has the object that changes: the plan says how many.
        pub each_user: Option<bool>,
        /// Rule ids that this covers.
        #[schemars(default)]
        pub rules: Vec<String>,
    }
}

decode_struct! {
    /// Which changes are meant: those for which everything that is written holds.
    pub struct Transition("a transition") {
        /// Operations: `KIND.ACTION`, or `KIND.ACTION.PART`. Required unless `overflow` is written.
        #[schemars(default)]
        pub operation: OneOrMany<Spanned<Word>>,
        /// What the access is before.
        pub before: Option<Selector>,
        /// What the access is afterwards (before, for a removal).
        pub access: Option<Selector>,
        /// The option that changes.
        pub option: Option<Spanned<Word>>,
        /// The grant that changes, in what it means for the person: also when the account's default flips.
        pub grant: Option<Spanned<Word>>,
        /// The setting that changes.
        pub setting: Option<Spanned<Word>>,
        /// What the option, grant or setting becomes.
        pub to: Option<OneOrMany<Spanned<Word>>>,
        /// The pool of which the change takes a unit that there is not.
        pub overflow: Option<Spanned<Word>>,
    }
}

decode_enum! {
    /// What sort of thing an effect is.
    pub enum EffectKind {
        /// It costs or saves money.
        Billing = "billing",
        /// Somebody sees more or less.
        Visibility = "visibility",
        /// Something is lost.
        DataLoss = "data-loss",
        /// It takes time.
        Delay = "delay",
        /// A mail is sent.
        Mail = "mail",
        /// Somebody may be locked out.
        LockOut = "lock-out",
        /// Anything else.
        Other = "other",
    }
}

decode_struct! {
    /// What becomes of a leaver's belongings.
    pub struct HandOver("a hand-over") {
        /// What is handed over: "contacts".
        pub what: String,
        /// What happens to it when nobody takes over, as a phrase.
        pub otherwise: String,
        /// Rule ids that this covers.
        #[schemars(default)]
        pub rules: Vec<String>,
    }
}

decode_struct! {
    /// Which of two kinds of change comes first.
    pub struct Order("an order") {
        /// The changes that come first.
        pub first: Transition,
        /// The changes that wait for them.
        pub then: Transition,
        /// Why, as a phrase.
        pub why: Option<String>,
        /// Rule ids that this covers.
        #[schemars(default)]
        pub rules: Vec<String>,
    }
}

decode_struct! {
    /// What a person must do elsewhere before a change.
    pub struct Preparation("a preparation") {
        /// The change that needs it.
        pub upon: Transition,
        /// What to do, as a sentence.
        pub text: String,
        /// The screen path, in the vendor's words.
        pub path: Option<String>,
        /// Rule ids that this covers.
        #[schemars(default)]
        pub rules: Vec<String>,
    }
}

decode_struct! {
    /// How something gets another identity where the vendor cannot rename it.
    pub struct Replace("a replacement") {
        /// What is replaced: `access`, or a kind of owned objects.
        pub of: Spanned<Word>,
        /// Which comes first.
        pub how: ReplaceHow,
        /// The state that the new one must reach before the old one goes; active if not written.
        pub wait_for: Option<Spanned<Word>>,
        /// What is carried over from the old one to the new one.
        pub carry: Option<Carry>,
        /// Rule ids that this covers.
        #[schemars(default)]
        pub rules: Vec<String>,
    }
}

decode_enum! {
    /// Which comes first when something is replaced.
    pub enum ReplaceHow {
        /// The new one is made, then the old one goes.
        CreateFirst = "create-first",
        /// The old one goes, then the new one is made.
        DestroyFirst = "destroy-first",
    }
}

decode_enum! {
    /// What is carried over to the new one.
    pub enum Carry {
        /// What `hand_over:` names.
        HandOver = "hand_over",
    }
}
