//! A type for each kind of name, so that a team's name cannot be passed where a role's is meant.

use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;

use serde::{Deserialize, Serialize};

use crate::text::{Word, inert};

macro_rules! names {
    ($( $(#[$meta:meta])* $name:ident ),* $(,)?) => { $(
        $(#[$meta])*
        ///
        /// Dereferences to the raw text; `Display` makes it inert.
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Word);

        impl $name {
            /// The name of a text.
            pub fn new(text: impl AsRef<str>) -> Self {
                Self(Word::from(text.as_ref()))
            }

            /// The raw text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn inline_schema() -> bool {
                true
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({"type": "string"})
            }
        }

        impl From<Word> for $name {
            fn from(text: Word) -> Self {
                Self(text)
            }
        }
        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }
        impl Deref for $name {
            type Target = str;
            fn deref(&self) -> &str {
                &self.0
            }
        }
        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&inert(&self.0))
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(self.0.as_str(), f)
            }
        }
    )* };
}

names! {
    /// A product's id: `github-organization`.
    ProductId,
    /// An account's name in the estate: `acme-code`.
    AccountName,
    /// A user's key in the estate: an address or any id.
    UserKey,
    /// Who somebody is at one account: the identity that the product keys on, folded as the product folds it. An address
    /// for one product, a login for another.
    Subject,
    /// A team's name, in the estate or at an account.
    TeamName,
    /// A role's name: built in by the product or an object of the account.
    RoleName,
    /// An option's name.
    OptionName,
    /// An add-on grant's name.
    GrantName,
    /// An account setting's name.
    SettingName,
    /// A seat pool's name.
    PoolName,
    /// A kind of object that accounts of a product own: `roles`, `sub_accounts`.
    KindName,
    /// An object's name within its account and kind.
    ObjectName,
}
