//! The body of a write, and comparing before writing.

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

use super::problem::Problem;

/// The body of a write.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Body {
    /// What the caller believes the thing to be; `null` for "not there"; not compared if not written.
    #[serde(default, deserialize_with = "written")]
    pub(super) if_before: Option<Value>,
    /// What the thing shall be.
    #[serde(default, deserialize_with = "written")]
    pub(super) value: Option<Value>,
    /// The new name, for a rename.
    pub(super) to: Option<String>,
    /// Who takes over, for a removal of access.
    pub(super) hand_over_to: Option<String>,
    /// Who has the role that is moved, and what they have afterwards, for a transfer.
    pub(super) other: Option<Box<OtherBody>>,
    /// That data may be lost, for a removal of something that holds data.
    pub(super) accept_data_loss: Option<bool>,
    /// That what is there goes and is made anew, for a PUT of something that the account owns.
    pub(super) replace: Option<bool>,
}

/// The other thing that a transfer changes.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Value")]
pub(super) struct OtherBody {
    /// Who it is.
    pub(super) subject: String,
    /// `if_before` and `value`.
    pub(super) body: Body,
}

impl TryFrom<Value> for OtherBody {
    type Error = serde_json::Error;

    fn try_from(mut value: Value) -> Result<Self, Self::Error> {
        let subject = value.as_object_mut().and_then(|it| it.remove("subject"));
        Ok(Self {
            subject: serde_json::from_value(subject.unwrap_or_default())?,
            body: serde_json::from_value(value)?,
        })
    }
}

/// Tells `null` from a key that is not written.
fn written<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl Body {
    /// A body that says what the thing shall be, without comparing.
    pub(super) fn of(value: Value) -> Self {
        Self {
            value: Some(value),
            ..Self::default()
        }
    }

    /// What the thing shall be, which a PUT must say.
    pub(super) fn value<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let value = self.value.clone().unwrap_or(Value::Null);
        serde_json::from_value(value)
            .map_err(|error| Problem::malformed(format!("\"value\" cannot be read: {error}")))
    }

    /// Refuses the write if the thing is not what the caller believes it to be.
    pub(super) fn unmoved<T: DeserializeOwned + PartialEq>(
        &self,
        current: Option<&T>,
        canonical: impl Fn(T) -> T,
        shown: Value,
    ) -> Result<(), Problem> {
        let Some(before) = &self.if_before else {
            return Ok(());
        };
        let before: Option<T> = serde_json::from_value(before.clone()).map_err(|error| {
            Problem::malformed(format!("\"if_before\" cannot be read: {error}"))
        })?;
        if before.map(canonical).as_ref() == current {
            return Ok(());
        }
        Err(
            Problem::new(412, "moved", "it is not what you believe it to be")
                .with("current", shown),
        )
    }

    /// The new name, which a rename must say.
    pub(super) fn to(&self) -> Result<&str, Problem> {
        match self.to.as_deref() {
            None | Some("") => Err(Problem::malformed("\"to\" is missing: the new name")),
            Some(to) => Ok(to),
        }
    }
}
