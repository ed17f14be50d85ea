//! Small organisations in, whole files out.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::from_peribolos;
use crate::diagnostic::Sink;
use crate::env::Env;
use crate::model::ProductId;
use crate::ops::import::{Import, ImportError};
use crate::product::{Product, Products};
use crate::text::{Source, Sources};
use crate::yaml::{self, Decode as _, Decoder};

const PRODUCT: &str = "
title: Forge
user: {identity: forge, fold: case, roles: one}
roles: {member: {rank: 1}, owner: {rank: 2, administers: true}}
teams: {nested: true, lead: maintainer, always_lead: [owner]}
imports: {peribolos: {roles: {admins: owner, members: member}}}
";

fn products() -> Products {
    let mut sources = Sources::new();
    let id = sources.add(Source::new("forge.yaml", PRODUCT));
    let document = yaml::parse(sources.get(id), id, &mut Sink::new());
    let root = document.root.expect("the definition is not empty");
    let product = Product::decode(&root, &mut Decoder::new()).expect("the definition is right");
    let mut products = Products::new();
    products.insert(ProductId::new("forge"), Arc::new(product));
    products
}

/// Imports files, given as path and text.
fn import(files: &[(&str, &str)]) -> Result<Import, ImportError> {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let env = Env::fixed(jiff::Timestamp::UNIX_EPOCH, BTreeMap::new(), folder.path());
    from_peribolos(&env, Path::new("."), &products(), "acme", true)
}

/// Files as one text, each behind its path.
fn shown(import: &Import) -> String {
    let files = import.files.iter();
    files
        .map(|file| format!("== {}\n{}", file.path, file.text))
        .collect()
}

fn problems(import: &Import) -> Vec<String> {
    let shown = import.sink.diagnostics().iter().map(|it| {
        let place = it.primary().map(|span| import.sources.place(span));
        format!(
            "{} {}: {}",
            place.map(|it| it.to_string()).unwrap_or_default(),
            it.code.id,
            it.message
        )
    });
    shown.collect()
}

fn count(counts: &[super::Count], what: &str) -> usize {
    let found = counts.iter().find(|it| it.what == what);
    found.map_or(0, |it| it.count)
}

#[test]
fn an_organisation_becomes_an_account_and_its_people_users() {
    let import = import(&[
        (
            "acme/org.yaml",
            "
name: Acme
admins: [Ana]
members: [bo, '249043822', cy]
teams:
  core:
    description: everything
    maintainers: [bo]
    members: [ana]
    repos: {site: admin}
    teams:
      core/docs: {members: [Cy], previously: [writers], privacy: closed}
",
        ),
        (
            "acme/sig-x/teams.yaml",
            "teams:\n  bots: {members: ['249043822']}\n",
        ),
        ("lab/org.yaml", "admins: [ana]\n"),
    ])
    .unwrap();
    assert_eq!(problems(&import), [""; 0]);
    insta::assert_snapshot!(shown(&import), @r#"
    == accounts/acme.yaml
    # Imported from a peribolos configuration.
    accounts:
      acme:
        product: forge
        teams:
          bots:
            members:
              - "249043822"
          core:
            leads:
              - ana
              - bo
          core/docs:
            parent: core
            formerly:
              - writers
            members:
              - Cy
    == accounts/lab.yaml
    # Imported from a peribolos configuration.
    accounts:
      lab:
        product: forge
    == people/0.yaml
    # Imported from a peribolos configuration.
    users:
      "249043822":
        logins:
          forge: "249043822"
        access:
          acme:
            role: member
    == people/a.yaml
    # Imported from a peribolos configuration.
    users:
      ana:
        logins:
          forge: ana
        access:
          acme:
            role: owner
          lab:
            role: owner
    == people/b.yaml
    # Imported from a peribolos configuration.
    users:
      bo:
        logins:
          forge: bo
        access:
          acme:
            role: member
    == people/c.yaml
    # Imported from a peribolos configuration.
    users:
      Cy:
        logins:
          forge: Cy
        access:
          acme:
            role: member
    == seatplan.yaml
    # Whoever the files do not name is removed, as peribolos does.
    seatplan: 1
    name: acme
    timezone: UTC
    defaults:
      unmanaged: remove
    "#);
    assert_eq!(count(&import.left_out, "settings of organisations"), 1);
    assert_eq!(
        count(&import.left_out, "permissions of teams on repositories"),
        1
    );
    assert_eq!(count(&import.carried, "maintainers among them"), 2);
}

#[test]
fn a_team_in_two_files_is_an_error_with_both_places() {
    let import = import(&[
        (
            "org.yaml",
            "members: [ana]\nteams:\n  x: {teams: {Release: {}}}\n",
        ),
        ("sig/teams.yaml", "teams:\n  release: {members: [ana]}\n"),
    ])
    .unwrap();
    assert_eq!(
        problems(&import),
        ["sig/teams.yaml:2:3 IMPORT001: the team \"release\" is described twice"]
    );
    assert!(import.files.is_empty());
}

#[test]
fn people_outside_the_organisation_stay_out_of_its_teams() {
    let import = import(&[(
        "org.yaml",
        "members: [ana]\nteams:\n  x: {members: [ana, zoe]}\n",
    )])
    .unwrap();
    assert_eq!(
        problems(&import),
        ["org.yaml:3:22 IMPORT003: \"zoe\" is in the team \"x\" and not in the organisation"]
    );
    assert!(!shown(&import).contains("zoe"));
}

#[test]
fn the_higher_of_two_roles_counts() {
    let import = import(&[("org.yaml", "admins: [ana]\nmembers: [Ana]\n")]).unwrap();
    assert_eq!(
        problems(&import),
        ["org.yaml:2:11 IMPORT002: \"Ana\" is listed twice in the organisation"]
    );
    assert!(shown(&import).contains("role: owner"));
}

#[test]
fn a_key_that_peribolos_does_not_know_is_an_error() {
    let import = import(&[("org.yaml", "admin: [ana]\n")]).unwrap();
    assert_eq!(
        problems(&import),
        ["org.yaml:1:1 SCHEMA001: unknown key \"admin\" in an organisation"]
    );
}

#[test]
fn a_folder_without_organisations_is_refused() {
    let error = import(&[("readme.md", "hello")]).unwrap_err();
    assert_eq!(
        error.to_string(),
        ". holds no peribolos configuration: neither an org.yaml nor folders with one"
    );
}
