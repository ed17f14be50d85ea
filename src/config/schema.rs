//! JSON Schemas of the files, for editors: the same declarations that are decoded.
//!
//! # Design
//! Draft-07, which every editor reads. Objects are flat and closed (`additionalProperties: false`): with anything cleverer
//! editors blame the wrong key. What a schema cannot know (names that exist, what an option takes) is left to `validate`.

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use super::owned_schema;
use super::written::{File, Settings};
use crate::product::{Product, Products};

/// The schema of a file of an estate whose accounts are of these products.
pub fn estate_schema(products: &Products) -> Value {
    let mut schema = schema::<File>("A file of a seatplan estate");
    let account = schema.pointer_mut("/definitions/Account/properties");
    let account = account.and_then(Value::as_object_mut);
    account
        .expect("an estate has accounts, and they have keys")
        .extend(owned_schema::properties(products));
    schema
}

/// The schema of `seatplan.yaml`.
pub fn settings_schema() -> Value {
    schema::<Settings>("seatplan.yaml")
}

/// The schema of a product definition.
pub fn product_schema() -> Value {
    schema::<Product>("A seatplan product definition")
}

/// The schema of an inventory of type `T`, of accounts of these products.
pub fn inventory_schema<T: JsonSchema>(products: &Products) -> Value {
    let mut schema = schema::<T>("A seatplan inventory");
    let inventory = schema.pointer_mut("/definitions/Inventory/properties");
    let inventory = inventory.and_then(Value::as_object_mut);
    inventory
        .expect("an inventory has sections")
        .extend(owned_schema::seen(products));
    schema
}

fn schema<T: JsonSchema>(title: &str) -> Value {
    let settings =
        SchemaSettings::draft07().with_transform(RecursiveTransform(|it: &mut Schema| {
            if let Some(object) = it.as_object_mut() {
                tidy(object);
            }
        }));
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.insert("title".to_owned(), Value::from(title));
    schema.to_value()
}

/// Makes one schema what the program reads and what strict validators take.
fn tidy(schema: &mut Map<String, Value>) {
    // Empty collections and nothings: editors would write them out.
    schema.remove("default");
    if schema.get("format").and_then(Value::as_str) == Some("uint32") {
        schema.remove("format");
        schema.insert("maximum".to_owned(), json!(u32::MAX));
    }
    words(schema);
    any_of_types(schema);
    // A mapping without required keys may be left empty: `staff:`.
    let is_mapping = schema.get("type") == Some(&json!("object"));
    if is_mapping && !schema.contains_key("required") && !schema.contains_key("minProperties") {
        schema.insert("type".to_owned(), json!(["object", "null"]));
    }
    if schema.get("type") == Some(&json!("array")) {
        schema.insert("type".to_owned(), json!(["array", "null"]));
    }
}

/// One of a few words, each with a description: a plain list, which editors complete, and the descriptions in one text.
fn words(schema: &mut Map<String, Value>) {
    let Some(Value::Array(choices)) = schema.get("oneOf") else {
        return;
    };
    let of = |choice: &Value| {
        let word = choice.get("const")?.as_str()?.to_owned();
        let text = choice.get("description").and_then(Value::as_str);
        Some((word, text.unwrap_or_default().to_owned()))
    };
    let Some(words) = choices.iter().map(of).collect::<Option<Vec<_>>>() else {
        return;
    };
    let mut description = schema
        .get("description")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    for (word, text) in &words {
        description.push_str(&format!("\n- `{word}`: {text}"));
    }
    let list: Vec<_> = words.into_iter().map(|(word, _)| word).collect();
    schema.remove("oneOf");
    schema.insert("type".to_owned(), json!("string"));
    schema.insert("enum".to_owned(), json!(list));
    schema.insert("description".to_owned(), json!(description));
}

/// Several types: one schema each, since strict validators take no list of more than a type and `null`.
fn any_of_types(schema: &mut Map<String, Value>) {
    let Some(Value::Array(types)) = schema.get("type") else {
        return;
    };
    let is_nullable = types.len() == 2 && types.contains(&json!("null"));
    if is_nullable {
        return;
    }
    let items = schema.get("items").cloned();
    let one = |of: &Value| match (&items, of.as_str()) {
        (Some(items), Some("array")) => json!({"type": "array", "items": items}),
        _ => json!({"type": of}),
    };
    let choices: Vec<_> = types.iter().map(one).collect();
    schema.remove("type");
    schema.remove("items");
    schema.insert("anyOf".to_owned(), Value::Array(choices));
}
