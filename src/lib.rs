//! Access as code for SaaS, with a plan that proves it fits the seats.
//!
//! seatplan keeps who may use which product, in which role, on which seat and with which add-ons, in YAML files in git. It
//! compares the files with what the vendors say, proves that a change fits the seats, shows it for review, and carries it
//! out. `validate` needs no network, `plan` only reads, `apply` writes. This page says how the program is put together;
//! what it does for a user is in `README.md`.
//!
//! # Five promises
//!
//! Everything is judged by these, and each has tests that would fail if it broke.
//!
//! 1. **A plan that is shown can be carried out.** For every seat pool the plan proves that no step, in any order in which
//!    it may run, takes more seats than there are, removes the last administrator or breaks a product's rule.
//! 2. **Nothing is done that was not reviewed.** A plan carries a digest of its effects, of the facts it rests on, of the
//!    target and of the guards. `apply` reads those facts again and refuses if one of them moved.
//! 3. **Nothing lost, nothing doubled.** Every effect is in the journal before it is sent. An answer is done, refused or
//!    unknown; unknown is settled by reading back. A run that was killed resumes.
//! 4. **Unknown is not zero.** Nothing is removed because of something that could not be read.
//! 5. **Every change has an address**: the file and line that cause it.
//!
//! # From a line to an effect
//!
//! ```text
//! text -> spanned document -> config -> desired State -\
//!                                                       diff -> plan (order, proof, guards, digest) -> apply -> journal -> verify
//!               provider.observe -> actual Observation -/
//! ```
//!
//! The same line, module by module, in reading order:
//!
//! | Module | Holds |
//! |---|---|
//! | [`text`] | sources, spans and places; the one way to show text from outside |
//! | [`diagnostic`] | what is wrong with an input, as data |
//! | [`yaml`] | text to a spanned document and typed values, and values back to text |
//! | [`model`] | the nouns: address, resource, state, observation, and what an estate wants |
//! | [`product`] | product definitions: the types, and the built-in ones as YAML |
//! | [`inventory`] | the actual state of an account in a reviewed file: read, recorded, written |
//! | [`config`] | documents to what was written, merged, resolved for one instant; the JSON Schemas |
//! | [`plan`] | difference, order, proof, guards, digest, the plan file, and an independent checker |
//! | [`rules`] | one file per rule: code, documentation, examples that are run, check |
//! | [`mod@env`] | the one door to clock, environment, files, randomness and other programs |
//! | [`provider`] | the port to vendors: reader, writer, abilities; one folder each |
//! | [`store`] | the journal, the lock and the audit log, in SQLite |
//! | [`apply`] | carrying a plan out: an engine that decides and does nothing, and its driver |
//! | [`directory`] | the embedded access directory: a foreign system that lives here |
//! | [`ops`] | one file per verb: wires the others together and returns a report |
//! | [`output`] | one file per format: reports to text |
//! | [`cli`] | one file per subcommand; failures to words and exit codes |
//!
//! # The words
//!
//! One word per idea, the same in YAML, code, output and documentation. An *estate* is all of a user's files below one
//! `seatplan.yaml`. A *product* is a vendor's access model as data; an *account* is one tenant of it. A *user* is a person or
//! service on any number of accounts; a *team* is a named set of users. *Access* is what one user has on one account: *roles*,
//! *options*, *grants*, and when. A *seat* is one unit of a *pool*. *Desired* is what the files say, *actual* what the vendor
//! says. A *change* is one difference, a *step* one action that makes it go away, a *plan* all steps with their proof. A *task*
//! is a step that a person must do. *Drift* is actual differing from desired though no file changed.
//!
//! # Invariants
//!
//! - **Arrows point down the table.** What a module may use is data in `tests/it/tidy.rs`, which reads every path of every
//!   file. `plan` never sees YAML, configuration or providers; `rules` never wait; providers never see each other; `output`
//!   does no I/O; `directory` shares only [`text`], [`model`] and [`product`] with the rest, so that what it enforces is an
//!   independent opinion.
//! - **Pure inside, effects at the edge.** Everything above [`mod@env`] in the table, and [`output`], is a synchronous function
//!   from values to values: no clock, no randomness, no order that depends on hashing.
//! - **One state type.** [`model::State`] is what is desired and what is actual; a difference is a comparison.
//! - **Decisions are made in the plan.** The executor has no choice left, and no dry-run flag: commands that only read are
//!   handed a [`provider::Reader`], and `apply` alone a [`provider::Writer`].
//! - **No product by name.** What is special about a vendor stands in its definition; the rest of `src/` names none.
//! - **Three kinds of failure.** The user's input is wrong: a [`diagnostic::Diagnostic`], collected, never an `Err`. The world
//!   failed: an `Err` of the module's own enum. The program is wrong: an assertion with the invariant as its message.
//! - **Whatever comes from outside is shown inert** ([`text::inert`]), and secrets are never in a type that can be printed.
//! - **Each foreign crate has one owner**, so that replacing one is a change in one room.
//!
//! # Adding things
//!
//! | To add | Write |
//! |---|---|
//! | a product | a YAML file in `src/product/built_in/` and its line in the table there; or one in an estate |
//! | a rule | a file in [`rules`] and a word in its sorted list; the examples in its documentation are its first tests |
//! | a provider | a folder in [`provider`], a word in its table; the conformance story runs on it |
//! | an output format | a file in [`output`] and a word in the command line |
//! | a command | a file in [`cli`], whose documentation is the help, and one in [`ops`] |
//! | another tool to import from | a folder in [`ops::import`], and what its words mean under `imports:` of a product |
//!
//! # What is deliberately absent
//!
//! - **A state file that says what we think is there.** The vendor says what is there; the journal says what we did.
//! - **Defaults for what somebody must decide**: what happens to people whom no file names is always written down.
//! - **Includes, templates, merge keys, variables** in YAML. A line that gives access says so where it stands.
//! - **A `--force`.** A guard is passed by naming the exact number of removals.
//! - **A dry run.** A command that cannot write has no way to write.
//! - **A serde data model for reading.** It stops at the first error and loses places; see [`yaml`].
//! - **Operations that exist only under a condition.** What a plan or a setting of the account keeps somebody from is said by
//!   a constraint (`plan_gate`, `cel`), which refuses before anything is done, and what an operation causes only then by the
//!   `when:` of an effect. No fact of the five systems needs more; a `when:` on operations would be a second way to say so.
//! - **Caches.** Reading fifty thousand users takes less than a second.

pub mod apply;
pub mod cli;
pub mod config;
pub mod diagnostic;
pub mod directory;
pub mod env;
pub mod inventory;
pub mod model;
pub mod ops;
pub mod output;
pub mod plan;
pub mod product;
pub mod provider;
pub mod rules;
pub mod store;
pub mod text;
pub mod yaml;

#[cfg(test)]
#[path = "../tests/it/support/chance.rs"]
mod chance;
