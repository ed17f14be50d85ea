//! Adoption: what an account has becomes what the files want, and nothing is left to do.

use std::path::Path;

use crate::console::{self, seatplan};

/// A folder with the example, applied, and beside it an estate that sees the same accounts and names nobody.
fn two_estates() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let example = console::repository().join("examples/acme");
    console::copy(&example, &folder.path().join("acme"));
    seatplan(
        "seatplan apply --dir acme --account acme-code --account acme-support --yes --quiet",
        folder.path(),
        0,
    );
    let (from, to) = (
        folder.path().join("acme/.seatplan"),
        folder.path().join("new/.seatplan"),
    );
    std::fs::create_dir_all(&to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with("directory.db") {
            std::fs::copy(&path, to.join(name)).unwrap();
        }
    }
    write(
        folder.path(),
        "new/seatplan.yaml",
        "seatplan: 1\nname: new\ntimezone: Europe/Paris\ndefaults: {unmanaged: remove}\n",
    );
    folder
}

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn read(folder: &Path, path: &str) -> String {
    std::fs::read_to_string(folder.join(path)).unwrap()
}

const CODE: &str = "seatplan import --dir new --account acme-code --product github-organization";
const SUPPORT: &str = "seatplan import --dir new --account acme-support --product respond-io";

#[test]
fn adopted_accounts_are_valid_and_plan_to_nothing() {
    let folder = two_estates();
    seatplan(CODE, folder.path(), 0);
    seatplan(SUPPORT, folder.path(), 0);
    seatplan("seatplan validate --dir new", folder.path(), 0);
    let plan = seatplan(
        "seatplan plan --dir new --detailed-exitcode",
        folder.path(),
        0,
    );
    assert!(plan.starts_with("No changes: 2 accounts"), "{plan}");
    let account = read(folder.path(), "new/accounts/acme-code.yaml");
    for line in [
        "    seats:\n      member: 5\n",
        "        leads:\n          - ruicosta\n",
    ] {
        assert!(account.contains(line), "{account}");
    }
    let again = seatplan(
        "seatplan import --dir new --account acme-code",
        folder.path(),
        0,
    );
    assert!(again.starts_with("Nothing to import"), "{again}");
}

#[test]
fn people_whom_the_estate_knows_keep_their_keys() {
    let folder = two_estates();
    let users = "users:\n  dana@acme.example: {logins: {github: Dana-K}}\n";
    write(folder.path(), "new/people.yaml", users);
    seatplan(CODE, folder.path(), 0);
    let account = read(folder.path(), "new/accounts/acme-code.yaml");
    assert!(
        account.contains("      dana@acme.example:\n        role: admin\n"),
        "{account}"
    );
    let people = read(folder.path(), "new/people/acme-code.yaml");
    assert!(
        !people.contains("dana") && people.contains("  ruicosta:\n"),
        "{people}"
    );
    let plan = seatplan(
        "seatplan plan --dir new --detailed-exitcode",
        folder.path(),
        0,
    );
    assert!(plan.starts_with("No changes"), "{plan}");
}

#[test]
fn lines_for_an_account_that_is_written_are_handed_to_a_person() {
    let folder = two_estates();
    let account = "accounts:\n  acme-code: {product: github-organization, unmanaged: report}\n";
    write(folder.path(), "new/accounts.yaml", account);
    let said = seatplan(
        "seatplan import --dir new --account acme-code",
        folder.path(),
        0,
    );
    assert!(
        said.contains("under \"teams\" of the account \"acme-code\""),
        "{said}"
    );
    assert_eq!(read(folder.path(), "new/accounts.yaml"), account);
    let people = read(folder.path(), "new/people/acme-code.yaml");
    assert!(
        people.contains("      acme-code:\n        role: admin\n"),
        "{people}"
    );
    seatplan("seatplan validate --dir new", folder.path(), 0);
}
