//! What the JSON Schema of an estate says about the things that accounts own: a key per kind that a product declares.
//!
//! # Design
//! Editors do not look at an account's `product:` to choose what it may own, and a schema that makes them do so has them
//! blame the wrong key. So an account takes the kinds of all products that are known; that a kind is not this product's,
//! and what is required, is told by `validate`. Where two products declare a kind of one name, a field is described by
//! whichever says more.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::product::{FieldKind, FieldRule, ObjectKind, Products};

/// The properties of an account for the kinds of some products, by kind.
pub(super) fn properties(products: &Products) -> BTreeMap<String, Value> {
    let formerly = json!({
        "description": "Earlier names at the vendor.",
        "type": ["array", "null"],
        "items": {"type": "string"},
    });
    let formerly = [("formerly", formerly)];
    let kinds = by_name(products).into_iter();
    let or_none = |thing: Value| json!({"anyOf": [{"type": "string", "const": "none"}, thing]});
    kinds
        .map(|(name, kinds)| (name, of_kind(&kinds, &of_field, &formerly, &or_none)))
        .collect()
}

/// The same for an inventory: each value may say who has seen it, or that nobody knows it.
pub(super) fn seen(products: &Products) -> BTreeMap<String, Value> {
    let attested = json!({"$ref": "#/definitions/Attested"});
    let read = json!({"$ref": "#/definitions/ReadFrom"});
    let of_field = |rule: &FieldRule| {
        let value = of_field(rule);
        json!({"anyOf": [
            value,
            {
                "type": "object", "additionalProperties": false, "required": ["is"],
                "properties": {"is": value, "attested": attested, "read": read},
            },
            {
                "type": "object", "additionalProperties": false, "required": ["unknown"],
                "properties": {"unknown": {"type": "string"}},
            },
        ]})
    };
    let state = json!({
        "type": "string",
        "description": "The life-cycle state; active if not written.",
    });
    let others = [
        ("state", state),
        ("attested", attested.clone()),
        ("read", read.clone()),
    ];
    let kinds = by_name(products).into_iter();
    kinds
        // What is not there is not written: `none` is what somebody wants.
        .map(|(name, kinds)| (name, of_kind(&kinds, &of_field, &others, &|thing| thing)))
        .collect()
}

fn by_name(products: &Products) -> BTreeMap<String, Vec<&ObjectKind>> {
    let mut kinds: BTreeMap<String, Vec<&ObjectKind>> = BTreeMap::new();
    for (_, product) in products.iter() {
        for (name, kind) in product.objects.iter() {
            kinds.entry(name.value.to_string()).or_default().push(kind);
        }
    }
    kinds
}

/// A kind, its fields as `of_field` has them, with some keys that every thing has; `entry` says what stands under the name
/// of a thing.
fn of_kind(
    kinds: &[&ObjectKind],
    of_field: &dyn Fn(&FieldRule) -> Value,
    others: &[(&str, Value)],
    entry: &dyn Fn(Value) -> Value,
) -> Value {
    let mut fields = Map::new();
    for (name, rule) in kinds.iter().flat_map(|kind| kind.fields.iter()) {
        let field = of_field(rule);
        match fields.get(name.value.as_str()) {
            None => {
                fields.insert(name.value.to_string(), field);
            }
            Some(other) if *other == field => {}
            Some(other) => {
                let either = json!({"anyOf": [other, field]});
                fields.insert(name.value.to_string(), either);
            }
        }
    }
    let others = others.iter();
    fields.extend(others.map(|(key, schema)| ((*key).to_owned(), schema.clone())));
    let texts: Vec<&str> = kinds.iter().filter_map(|it| it.text.as_deref()).collect();
    let thing = json!({
        "type": ["object", "null"],
        "additionalProperties": false,
        "properties": fields,
    });
    let mut schema = json!({"type": ["object", "null"], "additionalProperties": entry(thing)});
    if !texts.is_empty() {
        schema["description"] = Value::from(texts.join(" "));
    }
    schema
}

fn of_field(rule: &FieldRule) -> Value {
    let words: Vec<&str> = rule.values.iter().map(|it| it.value.as_str()).collect();
    let word = match words.is_empty() {
        true => json!({"type": "string"}),
        false => json!({"type": "string", "enum": words}),
    };
    let mut schema = match rule.r#type {
        FieldKind::Switch => json!({"type": "boolean"}),
        FieldKind::Count => json!({"type": "integer", "minimum": 0, "maximum": u32::MAX}),
        FieldKind::Enum => word,
        FieldKind::Set => json!({"type": ["array", "null"], "items": word}),
        // Digits without quotes are a number to an editor and a text to the program.
        FieldKind::Text => json!({"anyOf": [{"type": "string"}, {"type": "number"}]}),
        FieldKind::User => json!({"type": "string"}),
    };
    if let Some(text) = &rule.text {
        schema["description"] = Value::from(text.as_str());
    }
    schema
}
