//! What a managed thing is, desired or actual.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::names::{GrantName, OptionName, RoleName, TeamName};
use super::value::Value;
use crate::text::Word;

/// What a managed thing is. The variant always fits the address's [`ResourceId`](super::ResourceId).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Resource {
    /// A setting's value.
    Setting(Value),
    /// A pool's purchased quantity.
    Seats(Quantity),
    /// An owned object's fields.
    Object(Object),
    /// A team.
    Team(Team),
    /// A person's access.
    Access(Access),
    /// A person's place in a team.
    Member(Member),
}

/// What one person has on one account.
///
/// Desired and observed options both leave out what equals the product's default, so that they compare plainly.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Access {
    /// Roles, sorted, each once; empty for somebody without a role, where the product allows that.
    #[serde(default)]
    pub roles: Vec<RoleName>,
    /// Options that differ from the product's default, or have none.
    #[serde(default)]
    pub options: Fields<OptionName, Value>,
    /// Add-on rights that are set; a grant that is not here inherits the account's default.
    #[serde(default)]
    pub grants: Fields<GrantName, Grant>,
}

/// An add-on right that is set; "inherit" is the absence of both.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Grant {
    /// The right is given.
    Access,
    /// The right is withheld.
    None,
}

impl Grant {
    /// The word in YAML and in output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::None => "none",
        }
    }
}

/// A team at the vendor. Its members are resources of their own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Team {
    /// The team that this one lies in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<TeamName>,
}

/// A person's place in a team.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct Member {
    /// Whether the person leads the team (maintainer, team leader).
    #[serde(default)]
    pub lead: bool,
}

/// An object that the account owns, as the product declares its kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Object {
    /// Field values, by field name.
    #[serde(default)]
    pub fields: Fields<Word, Value>,
}

/// How much of a pool is bought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum Quantity {
    /// A number of seats.
    Number(u32),
    /// Batches that are bought and cancelled whole, by size.
    Lots(Vec<Lot>),
}

/// Some batches of one size.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct Lot {
    /// Seats in one batch.
    pub size: u32,
    /// Number of batches.
    pub count: u32,
}

impl Quantity {
    /// The seats in all.
    pub fn seats(&self) -> u64 {
        match self {
            Self::Number(number) => u64::from(*number),
            Self::Lots(lots) => lots
                .iter()
                .map(|lot| u64::from(lot.size) * u64::from(lot.count))
                .sum(),
        }
    }
}

impl Quantity {
    /// What must be bought and what cancelled so that this becomes another quantity: by size where both are lots, else in
    /// sum.
    ///
    /// ```
    /// use seatplan::model::{Lot, Quantity};
    ///
    /// let lots = |size, count| Quantity::Lots(vec![Lot { size, count }]);
    /// assert_eq!(lots(100, 1).change_to(&lots(50, 2)), (lots(50, 2), lots(100, 1)));
    /// let (bought, cancelled) = Quantity::Number(100).change_to(&lots(50, 2));
    /// assert_eq!((bought.seats(), cancelled.seats()), (0, 0));
    /// ```
    pub fn change_to(&self, after: &Self) -> (Self, Self) {
        match (self.lots(), after.lots()) {
            (Some(now), Some(then)) => (beyond(then, now), beyond(now, then)),
            _ => {
                let number = |it: u64| Self::Number(u32::try_from(it).unwrap_or(u32::MAX));
                let (now, then) = (self.seats(), after.seats());
                (
                    number(then.saturating_sub(now)),
                    number(now.saturating_sub(then)),
                )
            }
        }
    }

    /// What is bought and cancelled so that this becomes another quantity, as `buy 2 x 50 and cancel 1 x 100`.
    pub fn words_to(&self, after: &Self) -> String {
        let (bought, cancelled) = self.change_to(after);
        let parts = [("buy", bought), ("cancel", cancelled)];
        let parts = parts.into_iter().filter(|it| it.1.seats() > 0);
        let parts: Vec<_> = parts.map(|(verb, it)| format!("{verb} {it}")).collect();
        parts.join(" and ")
    }

    /// How many lots there are of each size; `None` for a number of which nobody knows in lots of which sizes.
    pub fn by_size(&self) -> Option<BTreeMap<u32, u64>> {
        let mut by_size = BTreeMap::new();
        for lot in self.lots()?.iter().filter(|it| it.count > 0) {
            *by_size.entry(lot.size).or_default() += u64::from(lot.count);
        }
        Some(by_size)
    }

    /// This and some lots more, the smallest first; `None` where it is not known which lots this is.
    pub fn with_lots(&self, more: &[Lot]) -> Option<Self> {
        let mut by_size = self.by_size()?;
        for lot in more {
            *by_size.entry(lot.size).or_default() += u64::from(lot.count);
        }
        let lots = by_size.into_iter().map(|(size, count)| Lot {
            size,
            count: u32::try_from(count).unwrap_or(u32::MAX),
        });
        Some(Self::Lots(lots.collect()))
    }

    /// The lots, where it is known which they are: nothing at all is no lot.
    fn lots(&self) -> Option<&[Lot]> {
        match self {
            Self::Lots(lots) => Some(lots),
            Self::Number(0) => Some(&[]),
            Self::Number(_) => None,
        }
    }
}

/// The lots that the first have beyond the others, by size.
fn beyond(lots: &[Lot], others: &[Lot]) -> Quantity {
    let counted = |size: u32| {
        let of_size = others.iter().filter(|it| it.size == size);
        of_size.map(|it| it.count).fold(0, u32::saturating_add)
    };
    let more = lots.iter().map(|lot| Lot {
        count: lot.count.saturating_sub(counted(lot.size)),
        ..*lot
    });
    Quantity::Lots(more.filter(|it| it.count > 0).collect())
}

impl std::fmt::Display for Quantity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Lots(lots) => {
                let words: Vec<_> = lots
                    .iter()
                    .map(|lot| format!("{} x {}", lot.count, lot.size))
                    .collect();
                f.write_str(&words.join(" + "))
            }
        }
    }
}

/// The part of a resource that a difference or a line is about.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// All of it: that it exists at all; also a setting's value and a quantity.
    Whole,
    /// An access's roles.
    Roles,
    /// One option of an access.
    Option(OptionName),
    /// One grant of an access.
    Grant(GrantName),
    /// A team's parent.
    Parent,
    /// Whether a member leads the team.
    Lead,
    /// One field of an object.
    Object(Word),
}

impl std::fmt::Display for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Whole => f.write_str("value"),
            Self::Roles => f.write_str("role"),
            Self::Option(name) => write!(f, "{name}"),
            Self::Grant(name) => write!(f, "{name}"),
            Self::Parent => f.write_str("parent"),
            Self::Lead => f.write_str("lead"),
            Self::Object(name) => write!(f, "{name}"),
        }
    }
}

/// A map kept as a sorted list, for what is put together once: an access has a handful of fields, an estate many accesses
/// and many people. It takes no more memory than what is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    from = "std::collections::BTreeMap<K, V>",
    into = "std::collections::BTreeMap<K, V>"
)]
#[serde(bound(
    serialize = "K: Clone + Ord + Serialize, V: Clone + Serialize",
    deserialize = "K: Ord + Deserialize<'de>, V: Deserialize<'de>"
))]
pub struct Fields<K, V>(Box<[(K, V)]>);

impl<K, V> Default for Fields<K, V> {
    fn default() -> Self {
        Self(Box::default())
    }
}

impl<K: Ord, V> Fields<K, V> {
    /// The value of a name.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: std::borrow::Borrow<Q>,
    {
        self.0
            .binary_search_by(|(it, _)| it.borrow().cmp(key))
            .ok()
            .map(|at| &self.0[at].1)
    }

    /// Sets a value, giving back the one that was there.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.0.binary_search_by(|(it, _)| it.cmp(&key)) {
            Ok(at) => Some(std::mem::replace(&mut self.0[at].1, value)),
            Err(at) => {
                let mut all = std::mem::take(&mut self.0).into_vec();
                all.insert(at, (key, value));
                self.0 = all.into_boxed_slice();
                None
            }
        }
    }

    /// Takes a value out.
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: std::borrow::Borrow<Q>,
    {
        let at = self
            .0
            .binary_search_by(|(it, _)| it.borrow().cmp(key))
            .ok()?;
        let mut all = std::mem::take(&mut self.0).into_vec();
        let (_, value) = all.remove(at);
        self.0 = all.into_boxed_slice();
        Some(value)
    }

    /// Whether there is a value of a name.
    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: std::borrow::Borrow<Q>,
    {
        self.get(key).is_some()
    }

    /// The names in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &K> + ExactSizeIterator {
        self.0.iter().map(|(key, _)| key)
    }

    /// Names and values in the order of the names.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> + ExactSizeIterator {
        self.0.iter().map(|(key, value)| (key, value))
    }

    /// Whether nothing is set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<K, V, Q> std::ops::Index<&Q> for Fields<K, V>
where
    K: Ord + std::borrow::Borrow<Q>,
    Q: Ord + ?Sized,
{
    type Output = V;

    /// The value of a name that is there.
    fn index(&self, key: &Q) -> &V {
        self.get(key).expect("the caller knows that it is there")
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for Fields<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let mut all: Vec<(K, V)> = pairs.into_iter().collect();
        // Stable, so that of two values of one name the last can be kept.
        all.sort_by(|(a, _), (b, _)| a.cmp(b));
        all.dedup_by(|later, earlier| {
            let is_same = later.0 == earlier.0;
            if is_same {
                std::mem::swap(later, earlier);
            }
            is_same
        });
        Self(all.into_boxed_slice())
    }
}

impl<K: Ord, V> From<std::collections::BTreeMap<K, V>> for Fields<K, V> {
    fn from(map: std::collections::BTreeMap<K, V>) -> Self {
        Self(map.into_iter().collect())
    }
}
impl<K: Ord, V> From<Fields<K, V>> for std::collections::BTreeMap<K, V> {
    fn from(fields: Fields<K, V>) -> Self {
        fields.0.into_iter().collect()
    }
}

impl<K: schemars::JsonSchema, V: schemars::JsonSchema> schemars::JsonSchema for Fields<K, V> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Fields_{}", V::schema_name()).into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let value = generator.subschema_for::<V>();
        schemars::json_schema!({"type": "object", "additionalProperties": value})
    }
}
