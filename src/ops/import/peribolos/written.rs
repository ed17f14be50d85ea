//! The words of a peribolos configuration.
//!
//! Source: `pkg/config/org/org.go` of kubernetes-sigs/prow, read from a stored copy at 11dd8905. Unknown keys are errors
//! there too (`DisallowUnknownFields`).

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::text::{Spanned, Word};
use crate::yaml::{Decode, Decoder, Entries, Node, decode_struct};

decode_struct! {
    /// Several organisations in one file.
    pub(super) struct Full("a peribolos configuration") {
        /// Organisations by name.
        pub(super) orgs: Entries<Org>,
    }
}

decode_struct! {
    /// One organisation.
    pub(super) struct Org("an organisation") {
        /// Logins of the owners.
        #[schemars(default)]
        pub(super) admins: Vec<Spanned<Word>>,
        /// Logins of everybody else.
        #[schemars(default)]
        pub(super) members: Vec<Spanned<Word>>,
        /// Teams by name.
        #[schemars(default)]
        pub(super) teams: Entries<Team>,
        /// Repositories by name.
        #[schemars(default)]
        pub(super) repos: Entries<Anything>,
        /// Mail address for invoices.
        pub(super) billing_email: Option<Anything>,
        /// Company.
        pub(super) company: Option<Anything>,
        /// Public mail address.
        pub(super) email: Option<Anything>,
        /// Name for people.
        pub(super) name: Option<Anything>,
        /// What the organisation is for.
        pub(super) description: Option<Anything>,
        /// Place.
        pub(super) location: Option<Anything>,
        /// Whether the organisation has projects.
        pub(super) has_organization_projects: Option<Anything>,
        /// Whether its repositories have projects.
        pub(super) has_repository_projects: Option<Anything>,
        /// What members may do in every repository.
        pub(super) default_repository_permission: Option<Anything>,
        /// Whether members create repositories.
        pub(super) members_can_create_repositories: Option<Anything>,
    }
}

impl Org {
    /// How many of the organisation's own settings are written.
    pub(super) fn settings(&self) -> usize {
        [
            &self.billing_email,
            &self.company,
            &self.email,
            &self.name,
            &self.description,
            &self.location,
            &self.has_organization_projects,
            &self.has_repository_projects,
            &self.default_repository_permission,
            &self.members_can_create_repositories,
        ]
        .into_iter()
        .flatten()
        .count()
    }
}

decode_struct! {
    /// One team.
    pub(super) struct Team("a team") {
        /// What the team is for.
        pub(super) description: Option<Anything>,
        /// Who sees the team.
        pub(super) privacy: Option<Anything>,
        /// Logins of those who lead it.
        #[schemars(default)]
        pub(super) maintainers: Vec<Spanned<Word>>,
        /// Logins of everybody else in it.
        #[schemars(default)]
        pub(super) members: Vec<Spanned<Word>>,
        /// Names that it had before.
        #[schemars(default)]
        pub(super) previously: Vec<Spanned<Word>>,
        /// What the team may do, by repository.
        #[schemars(default)]
        pub(super) repos: Entries<Anything>,
        /// Teams that lie in it.
        #[schemars(default)]
        pub(super) teams: Entries<Self>,
    }
}

/// Something that is counted and not read.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub(super) struct Anything;

impl Decode for Anything {
    fn decode(_: &Node<'_>, _: &mut Decoder) -> Option<Self> {
        Some(Self)
    }
}

impl JsonSchema for Anything {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Anything".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!(true)
    }
}
