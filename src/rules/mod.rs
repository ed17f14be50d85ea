//! The rules: what must hold of what the files say, and of what a plan is about to do.
//!
//! One rule is one file: its code with the whole text of `seatplan explain`, its examples, its check. To add one, write the
//! file and put its name into the sorted list below; a test compares list and folder and says which word is missing.
//!
//! # Design
//! A rule is a plain function over facts that were gathered once per account, never over the network: what a rule needs
//! from a vendor is in the observation. Rules of the desired scope run before anything is read, rules of the plan scope
//! run over a finished plan. The guards are rules of the plan scope; that they are guards shows only in their code.
//! What a product's `constraints:` say has one rule per type, so that a new product needs no new rule.

use crate::diagnostic::{Code, Sink};

mod facts;
mod moment;
mod wording;

pub use facts::{DesiredContext, PlanContext};
use facts::{DesiredFacts, PlanFacts};

/// One rule: its documentation and its check.
#[derive(Debug)]
pub struct Rule {
    /// Identity, severity and documentation.
    pub code: Code,
    /// The version of seatplan that had it first.
    pub since: &'static str,
    check: Check,
}

/// When a rule looks at what.
#[derive(Clone, Copy, Debug)]
enum Check {
    /// Once per account, over what the files say.
    Desired(fn(&DesiredFacts<'_>, &mut Sink)),
    /// Once per account, over a plan.
    Plan(fn(&PlanFacts<'_>, &mut Sink)),
    /// Both: what the files say where that is the whole truth, else the plan's outcome.
    Both(
        fn(&DesiredFacts<'_>, &mut Sink),
        fn(&PlanFacts<'_>, &mut Sink),
    ),
}

macro_rules! rules {
    ($($name:ident),* $(,)?) => {
        $( mod $name; )*

        /// Every rule, in the order of their files' names.
        pub static RULES: &[&Rule] = &[$( &$name::RULE ),*];

        #[cfg(test)]
        const NAMES: &[&str] = &[$( stringify!($name) ),*];
    };
}

rules! {
    cel,
    exactly_one,
    excludes,
    grant_requires,
    hand_over,
    immutable,
    incomplete_observation,
    last_administrator,
    locked_out,
    max_count,
    max_depth,
    member_without_access,
    min_count,
    missing_role,
    nobody_may_do_it,
    option_not_for_role,
    order_cycle,
    own_access,
    plan_gate,
    protected_object,
    protected_user,
    quantity_not_on_offer,
    quantity_not_sold,
    requires,
    role_count,
    seat_over_limit,
    seats_charged,
    shared_pool,
    shared_unlike,
    too_many_removals,
    unique,
    unknown_capacity,
}

/// Checks what the files say, before any account is read.
pub fn check_desired(cx: &DesiredContext<'_>, sink: &mut Sink) {
    for facts in cx.accounts() {
        for rule in RULES {
            if let Check::Desired(check) | Check::Both(check, _) = rule.check {
                check(&facts, sink);
            }
        }
    }
}

/// Checks a plan: its refusals in words, the products' rules over its outcome, and the guards.
pub fn check_plan(cx: &PlanContext<'_>, sink: &mut Sink) {
    for facts in cx.accounts() {
        for rule in RULES {
            if let Check::Plan(check) | Check::Both(_, check) = rule.check {
                check(&facts, sink);
            }
        }
    }
}

/// Every code of the program that `explain` knows, in the order of the ids.
pub fn catalog() -> Vec<&'static Code> {
    let mut codes: Vec<&'static Code> = crate::yaml::codes::CODES.to_vec();
    codes.extend(crate::config::codes::CODES);
    codes.extend(crate::config::codes::base::CODES);
    codes.extend(crate::config::codes::files::CODES);
    codes.extend(crate::config::codes::imports::CODES);
    codes.extend(crate::product::codes::CODES);
    codes.extend(crate::inventory::codes::CODES);
    codes.extend(RULES.iter().map(|rule| &rule.code));
    codes.sort_by_key(|code| code.id);
    codes
}

/// The code of an id, whatever the case of its letters; also found by its name in words.
///
/// ```
/// assert_eq!(seatplan::rules::find("seat001").unwrap().name, "seat-over-limit");
/// assert_eq!(seatplan::rules::find("seat-over-limit").unwrap().id, "SEAT001");
/// assert!(seatplan::rules::find("SEAT999").is_none());
/// ```
pub fn find(text: &str) -> Option<&'static Code> {
    catalog()
        .into_iter()
        .find(|code| code.id.eq_ignore_ascii_case(text) || code.name == text)
}

/// Whether a code is a guard's: then a plan that raises it ends with the exit code of guards.
pub fn is_guard(code: &Code) -> bool {
    code.id.starts_with("GUARD")
}

#[cfg(test)]
mod tests {
    use super::NAMES;

    #[test]
    fn list_is_sorted_and_is_the_folder() {
        const NOT_RULES: [&str; 4] = ["facts", "mod", "moment", "wording"];
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/rules");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .expect("the folder is part of the sources")
            .filter_map(|entry| {
                let name = entry.expect("readable").file_name();
                Some(name.to_str()?.strip_suffix(".rs")?.to_owned())
            })
            .filter(|name| !NOT_RULES.contains(&name.as_str()))
            .collect();
        files.sort();
        assert_eq!(
            NAMES, files,
            "one word per file, in the order of the alphabet"
        );
    }
}
