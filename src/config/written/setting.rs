//! A setting of an account, and one that changes by itself.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use super::scalars::{Day, Literal};
use crate::text::Spanned;
use crate::yaml::{Decode, Decoder, Node, NodeKind, decode_struct};

/// What a setting of an account shall be.
///
/// # Design
/// A mapping is always the form with a day: no type of setting that a product can declare has a mapping as its value.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum SettingEntry {
    /// The same on every day.
    Always(Literal),
    /// One value through a day, another one from the next day on.
    Dated(Box<DatedSetting>),
}

decode_struct! {
    /// A value that holds through a day, and the one from the next day on: a trial that ends.
    pub struct DatedSetting("a setting with a last day") {
        /// The value through `until`.
        pub value: Spanned<Literal>,
        /// The last day of that value, in the estate's time zone.
        pub until: Spanned<Day>,
        /// The value from the next day on.
        pub then: Spanned<Literal>,
    }
}

impl Decode for SettingEntry {
    fn decode(node: &Node<'_>, cx: &mut Decoder) -> Option<Self> {
        match &node.kind {
            NodeKind::Mapping(_) => {
                DatedSetting::decode(node, cx).map(|it| Self::Dated(Box::new(it)))
            }
            NodeKind::Scalar { .. } | NodeKind::Sequence(_) => {
                Literal::decode(node, cx).map(Self::Always)
            }
        }
    }
}

impl JsonSchema for SettingEntry {
    fn schema_name() -> Cow<'static, str> {
        "Setting".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let always = generator.subschema_for::<Literal>();
        let dated = generator.subschema_for::<DatedSetting>();
        json_schema!({
            "description": "A value, or `{value, until, then}` for one that changes on a day.",
            "anyOf": [always, dated],
        })
    }
}
