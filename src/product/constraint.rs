//! The closed set of constraints, and the selectors that say which accesses they are about.

use super::Condition;
use super::definition::GrantValue;
use crate::text::{Spanned, Word};
use crate::yaml::{Decode, Decoder, Entries, Node, OneOrMany, decode_enum, decode_struct};

/// What must hold on an account. A definition writes `type:` and the keys of that type.
#[derive(Clone, Debug, serde::Serialize, schemars::JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Constraint {
    /// No access is both.
    Excludes(Excludes),
    /// Every access that is one is also the other.
    Requires(Requires),
    /// At most so many accesses are this.
    MaxCount(Count),
    /// At least so many accesses are this.
    MinCount(Count),
    /// Exactly one access is this.
    ExactlyOne(ExactlyOne),
    /// What matches needs one of these values of an account setting.
    PlanGate(PlanGate),
    /// Who may carry out an operation.
    Actor(Actor),
    /// An option or setting that cannot be changed once set.
    Immutable(Immutable),
    /// Teams, or accounts, lie at most so deep in each other.
    MaxDepth(MaxDepth),
    /// No two have the same value.
    Unique(UniqueRule),
    /// What nothing else can say, as an expression.
    Cel(CelRule),
}

decode_struct! {
    /// No access is both.
    pub struct Excludes("a constraint of type excludes") {
        /// One side.
        pub a: Selector,
        /// The other side.
        pub b: Selector,
        /// What is wrong and why, for a message.
        pub text: String,
        /// How bad it is; `deny` if not written.
        pub level: Option<Level>,
        /// Rule ids that this covers.
        #[schemars(default)]
        pub rules: Vec<String>,
    }
}

decode_struct! {
    /// Every access that is one is also the other.
    pub struct Requires("a constraint of type requires") {
        /// Which accesses it is about.
        pub a: Selector,
        /// What they must be as well.
        pub b: Selector,
        /// What is wrong and why, for a message.
        pub text: String,
        /// How bad it is; `deny` if not written.
        pub level: Option<Level>,
        /// Rule ids that this covers.
        #[schemars(default)]
        pub rules: Vec<String>,
    }
}

decode_struct! {
    /// A limit on how many accesses, or owned objects, are something.
    pub struct Count("a constraint on a number") {
        /// Which accesses are counted.
        pub of: Option<Selector>,
        /// The kind of owned objects that is counted, instead of accesses.
        pub objects: Option<Spanned<Word>>,
        /// Of those objects, the ones whose fields have these values.
        #[schemars(default)]
        pub fields: Entries<OneOrMany<Spanned<Word>>>,
        /// The field whose values each have a limit of their own.
        pub per: Option<Spanned<Word>>,
        /// The limit.
        pub limit: u32,
        /// Only for `min_count`: it must hold only where there is an access that this is about; always if not written.
        pub where_any: Option<Selector>,
        /// What is wrong and why, for a message.
        pub text: String,
        /// How bad it is; `deny` if not written.
        pub level: Option<Level>,
        /// Rule ids that this covers.
        #[schemars(default)]
        pub rules: Vec<String>,
    }
}

decode_struct! {
    /// Exactly one access is something.
    pub struct ExactlyOne("a constraint of type exactly_one") {
        /// Which accesses are counted.
        pub of: Selector,
        /// What is wrong and why, for a message.
        pub text: String,
        /// How bad it is; `deny` if not written.
        pub level: Option<Level>,
        /// Rule ids that this covers.
        #[schemars(default)]
        pub rules: Vec<String>,
    }
}

decode_struct! {
    /// What matches needs one of these values of an account setting.
    pub struct PlanGate("a constraint of type plan_gate") {
        /// Which accesses it is about.
        pub of: Selector,
        /// The setting.
        pub setting: Spanned<Word>,
        /// The values that allow it.
        pub values: Vec<Spanned<Word>>,
        /// What is wrong and why, for a message.
        pub text: String,
        /// How bad it is; `deny` if not written.
        pub level: Option<Level>,
        /// Rule ids that this covers.
        #[schemars(default)]
        pub rules: Vec<String>,
    }
}

decode_struct! {
    /// Who may carry out an operation.
    pub struct Actor("a constraint of type actor") {
        /// Operations, as `KIND.ACTION`.
        pub operations: OneOrMany<Spanned<Word>>,
        /// The roles that may; any if not written.
        #[schemars(default)]
        pub roles: Vec<Spanned<Word>>,
        /// A capability of the matrix that the actor must have.
        pub capability: Option<Spanned<Word>>,
        /// Whether the actor must be somebody else than the person concerned.
        pub not_self: Option<bool>,
        /// Whether the actor's role must be one that may assign the roles concerned, before and after.
        pub may_assign: Option<bool>,
        /// What is wrong and why, for a message.
        pub text: String,
        /// Rule ids that this covers.
        #[schemars(default)]
        pub rules: Vec<String>,
    }
}

decode_struct! {
    /// An option or setting that cannot be changed once set.
    pub struct Immutable("a constraint of type immutable") {
        /// The options.
        #[schemars(default)]
        pub options: Vec<Spanned<Word>>,
        /// The settings.
        #[schemars(default)]
        pub settings: Vec<Spanned<Word>>,
        /// What is wrong and why, for a message.
        pub text: String,
        /// Rule ids that this covers.
        #[schemars(default)]
        pub rules: Vec<String>,
    }
}

decode_struct! {
    /// No two have the same value.
    pub struct UniqueRule("a constraint of type unique") {
        /// The kind of owned objects; accesses if not written.
        pub objects: Option<Spanned<Word>>,
        /// Which accesses, where no kind of objects is written.
        pub across: Option<Selector>,
        /// The field of the objects; `email` for accesses.
        pub field: Spanned<Word>,
        /// What is wrong and why, for a message.
        pub text: String,
        /// How bad it is; `deny` if not written.
        pub level: Option<Level>,
        /// Rule ids that this covers.
        #[schemars(default)]
        pub rules: Vec<String>,
    }
}

decode_struct! {
    /// What nothing else can say, as an expression.
    pub struct CelRule("a constraint of type cel") {
        /// What is looked at one by one: `account`, `access`, or `object:KIND`.
        pub on: Spanned<Word>,
        /// What must hold. Where it looks at `actor` it is asked of each step of a plan and of whoever does the step; for
        /// whom it does not hold, somebody else must do it.
        pub must: Condition,
        /// What is wrong and why, for a message.
        pub text: String,
        /// How bad it is; `deny` if not written.
        pub level: Option<Level>,
        /// Rule ids that this covers.
        #[schemars(default)]
        pub rules: Vec<String>,
    }
}

decode_struct! {
    /// Teams, or accounts, lie at most so deep in each other.
    pub struct MaxDepth("a constraint of type max_depth") {
        /// What lies in each other; teams if not written.
        pub of: Option<DepthOf>,
        /// The number of levels.
        pub limit: u32,
        /// What is wrong and why, for a message.
        pub text: String,
        /// Rule ids that this covers.
        #[schemars(default)]
        pub rules: Vec<String>,
    }
}

decode_enum! {
    /// What lies in each other.
    pub enum DepthOf {
        /// The account's teams.
        Teams = "teams",
        /// Accounts, by `parent`.
        Accounts = "accounts",
    }
}

decode_enum! {
    /// How bad a broken constraint is.
    pub enum Level {
        /// The plan is refused.
        Deny = "deny",
        /// The plan says so.
        Warn = "warn",
    }
}

decode_struct! {
    /// Which accesses are meant: those for which everything that is written holds.
    pub struct Selector("a selector") {
        /// One of the access's roles is one of these.
        pub role: Option<OneOrMany<Spanned<Word>>>,
        /// Each named option has one of these values; `any` stands for every value but the default.
        #[schemars(default)]
        pub options: Entries<OneOrMany<Spanned<Word>>>,
        /// Any of these options has another value than its default.
        #[schemars(default)]
        pub any_option: Vec<Spanned<Word>>,
        /// The person leads a team of the account.
        pub leads_team: Option<bool>,
        /// The person is in a team of the account.
        pub in_team: Option<bool>,
        /// The person administers the account, by a role or an option.
        pub administers: Option<bool>,
        /// The person has a role at all.
        pub has_role: Option<bool>,
        /// Each named grant has this value, written or by default.
        #[schemars(default)]
        pub grants: Entries<GrantValue>,
        /// One of the roles is an owned object of the account whose fields have these values, all of them on the same
        /// object. `each` stands for the word of a pool with `each:`.
        #[schemars(default)]
        pub role_fields: Entries<OneOrMany<Spanned<Word>>>,
    }
}

impl Count {
    /// Whether an owned object is counted, and then among which: the value of the field that `per` names, as text;
    /// `Some(None)` where all of them are counted together.
    pub fn group(
        &self,
        product: &super::Product,
        kind: &str,
        object: &crate::model::Object,
    ) -> Option<Option<String>> {
        if self.objects.as_ref().is_none_or(|it| it.value != kind) {
            return None;
        }
        let has = |name: &Word, values: &OneOrMany<Spanned<Word>>| {
            let value = product.field(kind, object, name);
            let mut wanted = values.0.iter();
            wanted.any(|it| value.is_some_and(|value| super::value_is(value, &it.value)))
        };
        if !self.fields.iter().all(|(name, it)| has(&name.value, it)) {
            return None;
        }
        Some(match &self.per {
            None => None,
            Some(field) => Some(product.field(kind, object, &field.value)?.to_string()),
        })
    }
}

impl Constraint {
    /// The selectors in it.
    pub fn selectors(&self) -> Vec<&Selector> {
        match self {
            Self::Excludes(it) => vec![&it.a, &it.b],
            Self::Requires(it) => vec![&it.a, &it.b],
            Self::MaxCount(it) | Self::MinCount(it) => it.of.iter().collect(),
            Self::ExactlyOne(it) => vec![&it.of],
            Self::PlanGate(it) => vec![&it.of],
            Self::Unique(it) => it.across.iter().collect(),
            Self::Actor(_) | Self::Immutable(_) | Self::MaxDepth(_) | Self::Cel(_) => Vec::new(),
        }
    }

    /// What is wrong and why when it does not hold, as a phrase.
    pub fn text(&self) -> &str {
        match self {
            Self::Excludes(it) => &it.text,
            Self::Requires(it) => &it.text,
            Self::MaxCount(it) | Self::MinCount(it) => &it.text,
            Self::ExactlyOne(it) => &it.text,
            Self::PlanGate(it) => &it.text,
            Self::Actor(it) => &it.text,
            Self::Immutable(it) => &it.text,
            Self::MaxDepth(it) => &it.text,
            Self::Unique(it) => &it.text,
            Self::Cel(it) => &it.text,
        }
    }

    /// How bad it is when it does not hold.
    pub fn level(&self) -> Level {
        let written = match self {
            Self::Excludes(it) => it.level,
            Self::Requires(it) => it.level,
            Self::MaxCount(it) | Self::MinCount(it) => it.level,
            Self::ExactlyOne(it) => it.level,
            Self::PlanGate(it) => it.level,
            Self::Unique(it) => it.level,
            Self::Cel(it) => it.level,
            Self::Actor(_) | Self::Immutable(_) | Self::MaxDepth(_) => None,
        };
        written.unwrap_or(Level::Deny)
    }

    /// Rule ids that it covers.
    pub fn rules(&self) -> &[String] {
        match self {
            Self::Excludes(it) => &it.rules,
            Self::Requires(it) => &it.rules,
            Self::MaxCount(it) | Self::MinCount(it) => &it.rules,
            Self::ExactlyOne(it) => &it.rules,
            Self::PlanGate(it) => &it.rules,
            Self::Actor(it) => &it.rules,
            Self::Immutable(it) => &it.rules,
            Self::MaxDepth(it) => &it.rules,
            Self::Unique(it) => &it.rules,
            Self::Cel(it) => &it.rules,
        }
    }
}

impl Decode for Constraint {
    fn decode(node: &Node<'_>, cx: &mut Decoder) -> Option<Self> {
        decode_tagged(node, cx)
    }
}

const TYPES: &[&str] = &[
    "excludes",
    "requires",
    "max_count",
    "min_count",
    "exactly_one",
    "plan_gate",
    "actor",
    "immutable",
    "max_depth",
    "unique",
    "cel",
];

/// Reads `type:` first, then the rest of the mapping as that type.
fn decode_tagged(node: &Node<'_>, cx: &mut Decoder) -> Option<Constraint> {
    let crate::yaml::NodeKind::Mapping(entries) = &node.kind else {
        return cx.expected(node, "a mapping (a constraint)");
    };
    let Some(tag) = entries.iter().find(|it| it.key.text == "type") else {
        cx.missing_key::<Constraint>("type", node.span, "a constraint");
        return None;
    };
    let rest = Node {
        span: node.span,
        kind: crate::yaml::NodeKind::Mapping(
            entries
                .iter()
                .filter(|it| it.key.text != "type")
                .cloned()
                .collect(),
        ),
    };
    let crate::yaml::NodeKind::Scalar { text, .. } = &tag.value.kind else {
        return cx.expected(&tag.value, "a word");
    };
    match text.as_ref() {
        "excludes" => Excludes::decode(&rest, cx).map(Constraint::Excludes),
        "requires" => Requires::decode(&rest, cx).map(Constraint::Requires),
        "max_count" => Count::decode(&rest, cx).map(Constraint::MaxCount),
        "min_count" => Count::decode(&rest, cx).map(Constraint::MinCount),
        "exactly_one" => ExactlyOne::decode(&rest, cx).map(Constraint::ExactlyOne),
        "plan_gate" => PlanGate::decode(&rest, cx).map(Constraint::PlanGate),
        "actor" => Actor::decode(&rest, cx).map(Constraint::Actor),
        "immutable" => Immutable::decode(&rest, cx).map(Constraint::Immutable),
        "max_depth" => MaxDepth::decode(&rest, cx).map(Constraint::MaxDepth),
        "unique" => UniqueRule::decode(&rest, cx).map(Constraint::Unique),
        "cel" => CelRule::decode(&rest, cx).map(Constraint::Cel),
        _ => {
            crate::yaml::refuse_word(&tag.value, TYPES, cx);
            None
        }
    }
}
