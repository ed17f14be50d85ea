//! `init`: a small estate to start from, with what an editor and a CI service need.
//!
//! What is written is read back and checked like any estate, so that a first `plan` does not begin with mistakes of ours.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;

use super::problems::Problems;
use super::{Error, desired, schema};
use crate::env::Env;
use crate::model::{AccountName, ProductId, SettingName, State, Value};
use crate::product::{self, Identity, OnePool, OptionKind, Product, Products, Scene, Tenant};

/// What to begin with.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder; made if it is not there.
    pub dir: PathBuf,
    /// The estate's name.
    pub name: String,
    /// An IANA time zone.
    pub timezone: String,
    /// The first account's name.
    pub account: String,
    /// Its product.
    pub product: String,
    /// The first user: an e-mail address, or any id.
    pub owner: String,
    /// The user's handle, for products that know people by a login.
    pub login: Option<String>,
    /// Where the CI workflow gets seatplan from; `None` leaves it to be filled in.
    pub source: Option<Source>,
}

/// A commit of a git repository.
#[derive(Clone, Debug)]
pub struct Source {
    /// The repository.
    pub url: String,
    /// The commit's whole id.
    pub commit: String,
}

/// What was written.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Report {
    /// Version of this format.
    pub version: u32,
    /// The files, relative to the folder, in the order in which they were written.
    pub files: Vec<String>,
    /// What is wrong with them, if what was asked for does not fit together.
    pub problems: Problems,
    /// Whether the CI workflow still has to be told where seatplan comes from.
    pub source_missing: bool,
}

/// The ids and titles of the products that are built in, by id.
pub fn products() -> Vec<(String, String)> {
    let products = built_in();
    let all = products.iter();
    all.map(|(id, it)| (id.as_str().to_owned(), it.title.clone()))
        .collect()
}

/// The built-in product with the shortest definition: what a first try is about where nobody says which.
pub fn simplest() -> String {
    let texts = product::built_in().iter();
    let shortest = texts.min_by_key(|(_, text)| text.len());
    shortest.map_or_else(String::new, |(id, _)| (*id).to_owned())
}

/// The login name that a product knows people by; `None` where that is the address, or there is no such product.
pub fn login_of(product: &str) -> Option<String> {
    match &built_in().get(product)?.user.identity.value {
        Identity::Email => None,
        Identity::Login(name) => Some(name.as_str().to_owned()),
    }
}

/// Writes the files. Nothing that is there is overwritten.
///
/// # Errors
/// If a file is there already (then nothing was written), the product is not known, or a file cannot be written.
pub fn run(env: &Env, options: &Options) -> Result<Report, Error> {
    let products = built_in();
    let Some(product) = products.get(&options.product) else {
        let known = products.iter().map(|(id, _)| ProductId::as_str(id));
        return Err(Error::unknown("product", &options.product, known));
    };
    let files = files(options, product);
    let there = files.iter().map(|(path, _)| options.dir.join(path));
    for path in there {
        if env.read(&path).is_ok() {
            return Err(Error::Exists { path });
        }
    }
    for (path, text) in &files {
        let path = options.dir.join(path);
        env.write(&path, text.as_bytes())
            .map_err(|error| Error::write(&path, &error))?;
    }
    let estate = desired::read(env, Some(&options.dir), None)?;
    Ok(Report {
        version: 1,
        files: files.into_iter().map(|(path, _)| path).collect(),
        problems: estate.problems(),
        source_missing: options.source.is_none(),
    })
}

/// The products that are built in.
pub(super) fn built_in() -> Products {
    let mut products = Products::new();
    for (id, text) in product::built_in() {
        let definition = product::read(id, text).expect("a test reads every built-in definition");
        products.insert(ProductId::new(id), Arc::new(definition));
    }
    products
}

fn files(options: &Options, product: &Product) -> Vec<(String, String)> {
    let text = |value: &serde_json::Value| {
        serde_json::to_string_pretty(value).expect("a JSON value can be written") + "\n"
    };
    vec![
        ("seatplan.yaml".to_owned(), settings(options)),
        (
            format!("accounts/{}.yaml", file_name(&options.account)),
            account(options, product),
        ),
        ("people/first.yaml".to_owned(), people(options, product)),
        (
            "schemas/settings.schema.json".to_owned(),
            text(&schema::settings()),
        ),
        (
            "schemas/estate.schema.json".to_owned(),
            text(&schema::estate()),
        ),
        (
            "schemas/inventory.schema.json".to_owned(),
            text(&schema::inventory()),
        ),
        (".vscode/settings.json".to_owned(), EDITOR.to_owned()),
        (
            ".github/workflows/seatplan.yaml".to_owned(),
            workflow(options.source.as_ref()),
        ),
        (".gitignore".to_owned(), "/.seatplan/\n".to_owned()),
    ]
}

/// A name as a file name: what could mean something to a file system becomes a hyphen.
fn file_name(name: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || "._-".contains(c) {
            c
        } else {
            '-'
        }
    };
    let name: String = name.chars().map(plain).collect();
    let name = name.trim_start_matches('.');
    if name.is_empty() {
        "account".to_owned()
    } else {
        name.to_owned()
    }
}

fn settings(options: &Options) -> String {
    format!(
        "# yaml-language-server: $schema=./schemas/settings.schema.json
# Settings of the estate. Guards stand here, away from the lines that they guard.
seatplan: 1
name: {}
timezone: {}
defaults:
  # What happens to people at a vendor whom no line names: remove, report or ignore.
  # `report` changes nothing; `seatplan import` writes the lines for people who are there.
  unmanaged: report
guards:
  removals: {{max: 5, percent: 10, window: 7d}}
  min_admins: 1
",
        scalar(&options.name),
        scalar(&options.timezone)
    )
}

fn account(options: &Options, product: &Product) -> String {
    let mut text = format!(
        "# yaml-language-server: $schema=../schemas/estate.schema.json
accounts:
  {}:
    product: {}
    # Without a URL the account lives in the embedded directory, under .seatplan/, to try things out.
    connection: {{provider: directory}}
",
        scalar(&options.account),
        scalar(&options.product)
    );
    let settings = first_values(product);
    if !settings.is_empty() {
        let words = settings
            .iter()
            .map(|(name, value)| format!("{name}: {value}"));
        let words: Vec<_> = words.collect();
        text.push_str(&format!("    settings: {{{}}}\n", words.join(", ")));
    }
    let (account, id) = (
        AccountName::new(&options.account),
        ProductId::new(&options.product),
    );
    let tenant = Tenant {
        name: &account,
        product: &id,
        parent: None,
    };
    let scene = Scene::new(product, tenant, &State::new());
    let written = settings.iter().map(|(name, value)| {
        let value = Value::Word((*value).into());
        (SettingName::new(name), value)
    });
    let all = scene.settings().clone().into_iter().chain(written);
    let scene = scene.with_settings(all.collect());
    let bought = |one: &OnePool<'_>| {
        let capacity = scene.capacity(*one);
        capacity.is_some_and(|it| it.purchased == Some(true))
    };
    let bought = product.each_pool().filter(bought);
    let seats: Vec<_> = bought
        .map(|one| format!("{}: 5", one.name.as_str()))
        .collect();
    if !seats.is_empty() {
        text.push_str(&format!("    seats: {{{}}}\n", seats.join(", ")));
    }
    text
}

/// The first word of each setting that has words and no default: what such an account must say.
fn first_values(product: &Product) -> BTreeMap<&str, &str> {
    let settings = product
        .settings
        .iter()
        .filter(|(_, it)| it.default.is_none());
    let words = settings.filter_map(|(name, it)| {
        let first = it.values.first()?;
        Some((name.value.as_str(), first.value.as_str()))
    });
    words.collect()
}

fn people(options: &Options, product: &Product) -> String {
    let mut text = format!(
        "# yaml-language-server: $schema=../schemas/estate.schema.json
users:
  {}:
",
        scalar(&options.owner)
    );
    if let Identity::Login(name) = &product.user.identity.value {
        let handle = options.login.as_deref().unwrap_or(&options.owner);
        text.push_str(&format!(
            "    logins: {{{}: {}}}\n",
            scalar(name),
            scalar(handle)
        ));
    }
    let roles = product.roles.iter();
    let administers = roles.filter(|(_, role)| role.administers == Some(true));
    let access = match administers.max_by_key(|(_, role)| role.rank) {
        Some((role, _)) => format!("{{role: {}}}", scalar(&role.value)),
        None => {
            let mut options = product.options.iter();
            let administers = options
                .find(|(_, it)| it.administers == Some(true) && it.r#type == OptionKind::Switch);
            match administers {
                Some((name, _)) => format!("{{options: {{{}: true}}}}", scalar(&name.value)),
                None => "{}".to_owned(),
            }
        }
    };
    text.push_str(&format!(
        "    access:\n      {}: {access}\n",
        scalar(&options.account)
    ));
    text
}

/// A text as a YAML scalar: plain where nobody could take it for anything else, else in double quotes, in which JSON's
/// escapes are YAML's.
fn scalar(text: &str) -> String {
    let starts_plain = text.starts_with(|c: char| c.is_ascii_alphabetic());
    let plain = |c: char| c.is_ascii_alphanumeric() || "@._/+-".contains(c);
    let words = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];
    let is_word = words.iter().any(|it| it.eq_ignore_ascii_case(text));
    if starts_plain && text.chars().all(plain) && !is_word {
        text.to_owned()
    } else {
        serde_json::Value::from(text).to_string()
    }
}

/// Settings for editors with the YAML extension that speaks yaml-language-server.
const EDITOR: &str = r#"{
  "yaml.schemas": {
    "./schemas/settings.schema.json": "seatplan.yaml",
    "./schemas/estate.schema.json": ["accounts/**/*.yaml", "people/**/*.yaml"],
    "./schemas/inventory.schema.json": "inventory/**/*.yaml"
  },
  "files.associations": {"*.yaml": "yaml"}
}
"#;

/// A check of every change, with the plan in the job's summary. It reads only.
///
/// # Design
/// seatplan is in no package registry, so a name there would be somebody else's program. The workflow builds it from a git
/// repository that the user names, at a commit that the user trusts; without them it says so and fails.
fn workflow(source: Option<&Source>) -> String {
    let (url, commit) = source.map_or(("", ""), |it| (it.url.as_str(), it.commit.as_str()));
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    WORKFLOW
        .replace("@URL@", &quoted(url))
        .replace("@COMMIT@", &quoted(commit))
        .replace("@RUST@", env!("CARGO_PKG_RUST_VERSION"))
}

/// `@URL@`, `@COMMIT@` and `@RUST@` are filled in. The action is v5.0.0.
const WORKFLOW: &str = r#"# Checks every change of the estate and shows the plan in the summary of the run.
# It has no credentials and changes nothing: `seatplan apply` is for a machine that keeps its journal.
# Accounts without a URL are empty here: their directory is in .seatplan/, which is not in git.
name: seatplan
on:
  pull_request:
  push:
    branches: [main]
permissions:
  contents: read
env:
  # seatplan is in no package registry yet, so it is built from its source. Write here which git repository you take it from
  # (https://...) and the whole id of a commit that you trust. An install by name could run somebody else's program.
  source: @URL@
  commit: @COMMIT@
jobs:
  check:
    runs-on: ubuntu-24.04
    timeout-minutes: 30
    steps:
      - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0
        with:
          persist-credentials: false
          fetch-depth: 0 # the base of a change, and who wrote what
      - name: Install seatplan
        run: |
          if [ -z "$source" ] || [ -z "$commit" ]; then
            echo "::error::say in this workflow, under env:, where seatplan comes from"
            exit 1
          fi
          rustup toolchain install @RUST@ --profile minimal
          cargo +@RUST@ install --locked --git "$source" --rev "$commit" seatplan
      - name: Validate
        run: seatplan validate --format github
      - name: Plan
        env:
          # What is checked out for a pull request is its merge into the base branch, and the first parent is that branch:
          # guards and inventories are read from there, whatever the change says. It can change this file as well, so let
          # .github/ have owners who must approve.
          SEATPLAN_BASE: ${{ github.event_name == 'pull_request' && 'HEAD^1' || '' }}
        run: seatplan plan --format markdown >> "$GITHUB_STEP_SUMMARY"
"#;
