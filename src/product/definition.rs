//! The elements of a product definition. Every element names the rule ids it covers (`rules:`).

use serde::Serialize;

use super::constraint::Constraint;
use crate::text::{Spanned, Word};
use crate::yaml::{Entries, OneOrMany, decode_enum, decode_struct};

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
        /// Roles that the product has built in.
        #[schemars(default)]
        pub roles: Entries<Role>,
        /// What each role may do.
        pub matrix: Option<Matrix>,
        /// Switches, enums, sets and hours of one user's access.
        #[schemars(default)]
        pub options: Entries<OptionRule>,
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
        /// How each kind of change is made, by `KIND.ACTION`: `access.create`.
        #[schemars(default)]
        pub operations: Entries<Operation>,
        /// Life-cycle states other than active.
        #[schemars(default)]
        pub states: Entries<StateRule>,
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
    /// Who a user is for the product.
    pub struct AccessRules("the user of a product") {
        /// The identity that the product keys on: `email`, or the name of a login (`github`).
        pub identity: Spanned<Identity>,
        /// Which identities are the same one.
        pub fold: Fold,
        /// How many roles one user has.
        pub roles: RolesPerUser,
        /// Rule ids that this covers.
        #[schemars(default)]
        pub rules: Vec<String>,
    }
}

/// The identity that a product keys on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// The user's e-mail address.
    Email,
    /// The user's handle under this login name.
    Login(Word),
}

impl Serialize for Identity {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Email => serializer.serialize_str("email"),
            Self::Login(name) => serializer.serialize_str(name),
        }
    }
}

impl crate::yaml::Decode for Identity {
    fn decode(node: &crate::yaml::Node<'_>, cx: &mut crate::yaml::Decoder) -> Option<Self> {
        let word = Word::decode(node, cx)?;
        match word.as_str() {
            "email" => Some(Self::Email),
            _ => Some(Self::Login(word)),
        }
    }
}

impl schemars::JsonSchema for Identity {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Identity".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "minLength": 1})
    }
}

decode_enum! {
    /// Which identities are the same one.
    pub enum Fold {
        /// Only equal texts.
        Exact = "exact",
        /// Texts that are equal when case is ignored.
        Case = "case",
    }
}

decode_enum! {
    /// How many roles one user has.
    pub enum RolesPerUser {
        /// Exactly one.
        One = "one",
        /// One or none.
        Optional = "optional",
        /// Any number, none included.
        Many = "many",
    }
}

decode_struct! {
    /// An attribute or switch of the account.
    pub struct SettingRule("a setting") {
        /// The type of its values.
        pub r#type: OptionKind,
        /// The words of an enum or set.
        #[schemars(default)]
        pub values: Vec<Spanned<Word>>,
        /// The value that holds where nothing is written or read.
        pub default: Option<SettingDefault>,
        /// Where its actual value comes from.
        pub source: Source,
        /// One sentence on what it is.
        pub text: Option<String>,
        /// Rule ids that this covers.
        #[schemars(default)]
        pub rules: Vec<String>,
    }
}

/// A default as written: a switch, a count, a word, or a list of words for a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingDefault(pub crate::model::Value);

impl Serialize for SettingDefault {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use crate::model::Value;
        match &self.0 {
            Value::Switch(on) => serializer.serialize_bool(*on),
            Value::Count(count) => serializer.serialize_u32(*count),
            Value::Words(words) => serializer.collect_seq(words),
            other => serializer.collect_str(other),
        }
    }
}

impl crate::yaml::Decode for SettingDefault {
    fn decode(node: &crate::yaml::Node<'_>, cx: &mut crate::yaml::Decoder) -> Option<Self> {
        use crate::model::Value;
        if let crate::yaml::NodeKind::Sequence(_) = &node.kind {
            return Vec::<Word>::decode(node, cx).map(|words| Self(Value::words(words)));
        }
        let crate::yaml::NodeKind::Scalar { text, plain } = &node.kind else {
            return cx.expected(node, "a switch, a count, a word or a list of words");
        };
        Some(Self(match (text.as_ref(), *plain) {
            ("true", true) => Value::Switch(true),
            ("false", true) => Value::Switch(false),
            (digits, true) if digits.parse::<u32>().is_ok() => Value::Count(u32::decode(node, cx)?),
            _ => Value::Word(Word::decode(node, cx)?),
        }))
    }
}

impl schemars::JsonSchema for SettingDefault {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Default".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": ["boolean", "integer", "string", "array"], "items": {"type": "string"}
        })
    }
}

decode_enum! {
    /// Where an actual value comes from.
    pub enum Source {
        /// The vendor's API tells it.
        Api = "api",
        /// A person wrote it into the inventory.
        Inventory = "inventory",
        /// The estate's `settings:` is all that is known.
        Written = "written",
    }
}

decode_enum! {
    /// The type of an option's or setting's values.
    pub enum OptionKind {
        /// `true` or `false`.
        Switch = "switch",
        /// A whole number.
        Count = "count",
        /// One of `values`.
        Enum = "enum",
        /// Any of `values`.
        Set = "set",
        /// Any text.
        Text = "text",
        /// Weekly hours: `Mon-Fri 08:00-19:00`.
        Hours = "hours",
        /// A user of the estate.
        User = "user",
    }
}

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
    /// A switch, enum, set or schedule of one user's access.
    pub struct OptionRule("an option") {
        /// The type of its values.
        pub r#type: OptionKind,
        /// The words of an enum or set.
        #[schemars(default)]
        pub values: Vec<Spanned<Word>>,
        /// The value that holds where nothing is written. Without one, an option that is not written is left alone.
        pub default: Option<SettingDefault>,
        /// The roles that can have it; all if not written.
        #[schemars(default)]
        pub roles: Vec<Spanned<Word>>,
        /// Capabilities of the matrix that it takes away when it is not at its default.
        #[schemars(default)]
        pub denies: Vec<Spanned<Word>>,
        /// Whether the vendor's API tells its value; yes if not written.
        pub readable: Option<bool>,
        /// One sentence on what it does.
        pub text: Option<String>,
        /// Rule ids that this covers.
        #[schemars(default)]
        pub rules: Vec<String>,
    }
}

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

decode_struct! {
    /// Something limited or paid that people take units of.
    pub struct Pool("a pool") {
        /// What one unit is called: `seat`.
        pub unit: String,
        /// How many there are; the first whose condition holds.
        pub capacity: Vec<PoolCapacity>,
        /// Which accesses take a unit; all if not written.
        pub counts: Option<super::Selector>,
        /// Which accesses never take one, even if they are counted above.
        pub never_counts: Option<super::Selector>,
        /// What happens when more are used than there are.
        pub overflow: Overflow,
        /// Rule ids that this covers.
        #[schemars(default)]
        pub rules: Vec<String>,
    }
}

decode_struct! {
    /// How many units a pool has, under a condition. Exactly one of `purchased`, `number`, `setting` and `unlimited`.
    pub struct PoolCapacity("a pool's capacity") {
        /// The condition; always if not written.
        pub when: Option<When>,
        /// As many as are bought: the quantity that `seats:` asks for and the vendor confirms.
        pub purchased: Option<bool>,
        /// A fixed number.
        pub number: Option<u32>,
        /// The value of an account setting.
        pub setting: Option<Spanned<Word>>,
        /// No limit.
        pub unlimited: Option<bool>,
        /// Rule ids that this covers.
        #[schemars(default)]
        pub rules: Vec<String>,
    }
}

decode_struct! {
    /// A condition on the account: every setting that is named has one of the named values.
    pub struct When("a condition") {
        /// Values by setting.
        pub settings: Entries<OneOrMany<Spanned<Word>>>,
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
        pub when: Option<When>,
        /// Rule ids that this covers.
        #[schemars(default)]
        pub rules: Vec<String>,
    }
}

decode_struct! {
    /// A kind of change: an operation, and if written the part of the access that changes.
    pub struct Transition("a transition") {
        /// Operations, as `KIND.ACTION`.
        pub operation: OneOrMany<Spanned<Word>>,
        /// What the access is afterwards (before, for a removal).
        pub access: Option<super::Selector>,
        /// The option that changes.
        pub option: Option<Spanned<Word>>,
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
    /// How one kind of change is made.
    pub struct Operation("an operation") {
        /// Who carries it out where the provider cannot.
        pub via: Via,
        /// The exact screen path, in the vendor's words.
        pub path: Option<String>,
        /// What to press in the end.
        pub confirm: Option<String>,
        /// Roles that may do it; whoever may administer if not written.
        #[schemars(default)]
        pub actor: Vec<Spanned<Word>>,
        /// The life-cycle state that follows; active if not written.
        pub then: Option<Spanned<Word>>,
        /// Whether it can be undone by the opposite change; yes if not written.
        pub irreversible: Option<bool>,
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
        /// Who moves somebody out of it.
        pub moved_by: Via,
        /// How, as a sentence.
        pub text: Option<String>,
        /// Whether somebody in it takes units of the pools.
        pub holds_seat: bool,
        /// Rule ids that this covers.
        #[schemars(default)]
        pub rules: Vec<String>,
    }
}

decode_struct! {
    /// What the words of another tool's configuration mean here.
    pub struct ImportRule("an import") {
        /// The role behind each of its words.
        pub roles: Entries<Spanned<Word>>,
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
