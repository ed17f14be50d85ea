//! The schemas say what the program does: what it accepts, an editor accepts.

use std::sync::Arc;

use seatplan::config::{self, Config};
use seatplan::diagnostic::Sink;
use seatplan::model::ProductId;
use seatplan::product::Products;
use seatplan::text::{Source, Sources};
use seatplan::yaml::{self, Node, NodeKind};
use serde_json::Value;

/// The built-in products pass the schema that editors check the estate's own ones with.
#[test]
fn built_in_products_pass_their_schema() {
    let validator = jsonschema::validator_for(&config::product_schema()).unwrap();
    for (id, text) in seatplan::product::built_in() {
        let errors = errors(&validator, text);
        assert!(errors.is_empty(), "{id}: {errors:#?}");
    }
}

/// What the program accepts, an editor accepts: every good example of every code. What the program refuses for its shape,
/// an editor refuses.
#[test]
fn editors_and_the_program_agree_on_the_examples() {
    let settings = jsonschema::validator_for(&config::settings_schema()).unwrap();
    let mut wrong = Vec::new();
    for code in seatplan::rules::catalog() {
        for rest in code.doc.split("```yaml ").skip(1) {
            let (block, _) = rest.split_once("```").unwrap();
            let (kind, text) = block.split_once('\n').unwrap();
            for text in text.split("---\n") {
                let estate = jsonschema::validator_for(&estate_schema(text)).unwrap();
                for file in text.split("# file: ") {
                    let is_settings = file.lines().any(|line| line.starts_with("seatplan:"));
                    let validator = if is_settings { &settings } else { &estate };
                    let file = match file.split_once('\n') {
                        Some((first, rest)) if first.ends_with(".yaml") => rest,
                        _ => file,
                    };
                    let errors = errors(validator, file);
                    if kind == "good" && !errors.is_empty() {
                        wrong.push(format!("{} good: {errors:#?}", code.id));
                    }
                    let is_shape = matches!(
                        code.id,
                        "SCHEMA001" | "SCHEMA002" | "SCHEMA003" | "SCHEMA004"
                    );
                    if kind == "bad" && is_shape && errors.is_empty() {
                        wrong.push(format!("{} bad is accepted", code.id));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The inventories of the examples, and one with all that can stand in one.
#[test]
fn editors_accept_inventories() {
    let products = Products::built_in();
    let schema = config::inventory_schema::<seatplan::inventory::File>(&products);
    let validator = jsonschema::validator_for(&schema).unwrap();
    let examples = format!("{}/examples", env!("CARGO_MANIFEST_DIR"));
    let mut count = 0;
    for example in std::fs::read_dir(examples).unwrap() {
        let folder = example.unwrap().path().join("inventory");
        for file in std::fs::read_dir(folder).into_iter().flatten() {
            let path = file.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            assert_eq!(errors(&validator, &text), Vec::<String>::new(), "{path:?}");
            count += 1;
        }
    }
    assert!(count >= 9, "only {count}");
    let whole = "\
inventory:
  account: acme
  target: '12'
  read: {from: users.csv, on: 2026-11-02}
  settings: {plan: {unknown: nobody looked}, included_crm: {is: 1, read: {from: x, on: 2026-11-02}}}
  seats: {crm: {is: 2, attested: {by: ana@acme.example, on: 2026-11-20}}, sub_accounts: {is: [{size: 25, count: 1}]}}
  access:
    bob@acme.example: {roles: [a], options: {mask: {is: [phone], attested: {by: ana, on: 2026-11-20}}}, grants: {g: none}, state: invited}
    eve@acme.example:
  teams: {front: {leads: [bob@acme.example], parent: back}, back: }
  roles: {clerk: {module: crm, allow: {unknown: no}, state: x, attested: {by: ana, on: 2026-11-20}}}
";
    assert_eq!(errors(&validator, whole), Vec::<String>::new());
    for (broken, instead) in [
        ("account: acme", "acount: acme"),
        ("from: users.csv", "from: users.csv, by: ana"),
        ("unknown: nobody looked", "unknown: nobody looked, is: x"),
        ("count: 1", "count: one"),
        ("grants: {g: none}", "grants: {g: inherit}"),
        ("state: invited", "until: 2027-01-01"),
        ("module: crm", "module: sales"),
        ("module: crm", "modul: crm"),
        (
            "{module: crm, allow: {unknown: no}, state: x, attested: {by: ana, on: 2026-11-20}}",
            "none",
        ),
    ] {
        let text = whole.replace(broken, instead);
        assert!(
            !errors(&validator, &text).is_empty(),
            "{instead} is accepted"
        );
    }
}

/// Everything that the language has, once: an editor must accept it, and so must the program.
#[test]
fn editors_and_the_program_accept_the_whole_language() {
    let files = include_str!("language/whole.yaml");
    let validator = jsonschema::validator_for(&estate_schema(files)).unwrap();
    assert_eq!(errors(&validator, files), Vec::<String>::new());
    let (mut sources, mut sink) = (Sources::new(), Sink::new());
    let source = Source::new("whole.yaml", files);
    let document = yaml::parse(&source, sources.next_id(), &mut sink);
    let file = config::decode_file(&document, &source, &mut sink);
    sources.add(Source::new("whole.yaml", files));
    let source = Source::new(
        "seatplan.yaml",
        "{seatplan: 1, name: x, timezone: Europe/Paris, files: ['**/*.yaml'], defaults: {unmanaged: remove}, guards: {removals: {max: 5, percent: 10, window: 7d}, min_admins: 1, protected: [dana]}, apply: {at_once: 8, lock_wait: 2m}}",
    );
    let document = yaml::parse(&source, sources.next_id(), &mut sink);
    let settings = config::decode_settings(&document, &mut sink).unwrap();
    let validator = jsonschema::validator_for(&config::settings_schema()).unwrap();
    assert_eq!(errors(&validator, source.text()), Vec::<String>::new());
    let config = Config::merge(settings, vec![file], &mut sink);
    let products = config::products(&config, &mut sink);
    let at = "2026-11-21T12:00:00Z".parse().unwrap();
    config::resolve(config, &products, at, &mut sink);
    let problems: Vec<_> = sink.diagnostics().iter().map(|it| &it.message).collect();
    assert!(problems.is_empty(), "{problems:#?}");
}

/// The schema that an editor has for an estate: its own products are known.
fn estate_schema(text: &str) -> Value {
    let mut products = Products::built_in();
    for file in text.split("# file: ") {
        let file = match file.split_once('\n') {
            Some((first, rest)) if first.ends_with(".yaml") => rest,
            _ => file,
        };
        let (sources, mut sink) = (Sources::new(), Sink::new());
        let source = Source::new("x.yaml", file);
        let document = yaml::parse(&source, sources.next_id(), &mut sink);
        for (id, product) in config::decode_file(&document, &source, &mut sink)
            .products
            .iter()
        {
            let id = ProductId::from(id.value.clone());
            products.insert(id, Arc::new(product.value.clone()));
        }
    }
    config::estate_schema(&products)
}

fn errors(validator: &jsonschema::Validator, text: &str) -> Vec<String> {
    let (sources, mut sink) = (Sources::new(), Sink::new());
    let source = Source::new("x.yaml", text);
    let document = yaml::parse(&source, sources.next_id(), &mut sink);
    let value = document.root.as_ref().map_or(Value::Null, json);
    validator
        .iter_errors(&value)
        .map(|it| format!("{} at {}", it, it.instance_path()))
        .collect()
}

/// A node as an editor reads it: the core schema's types.
fn json(node: &Node<'_>) -> Value {
    match &node.kind {
        _ if node.is_null() => Value::Null,
        NodeKind::Scalar { text, plain: true } => match text.as_ref() {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            text => serde_json::from_str::<serde_json::Number>(text)
                .map_or_else(|_| Value::from(text), Value::Number),
        },
        NodeKind::Scalar { text, .. } => Value::from(text.as_ref()),
        NodeKind::Sequence(items) => items.iter().map(json).collect(),
        NodeKind::Mapping(entries) => entries
            .iter()
            .map(|it| (it.key.text.to_string(), json(&it.value)))
            .collect(),
    }
}
