//! What the columns and words of a vendor's export of users mean.

use crate::text::{Spanned, Word};
use crate::yaml::{Entries, OneOrMany, decode_struct};

decode_struct! {
    /// What an export of users says, as a table with a head (CSV). Words are compared without regard to case.
    pub struct ExportMap("an export") {
        /// Where the export comes from, and how sure it is that it looks like this.
        pub text: Option<String>,
        /// Which column holds what.
        pub columns: ExportColumns,
        /// The role behind each word of the role's column; the product's own words need not be written.
        #[schemars(default)]
        pub roles: Entries<Spanned<Word>>,
        /// The life-cycle state behind each word of the state's column; `active` for nothing special.
        #[schemars(default)]
        pub states: Entries<Spanned<Word>>,
        /// The value behind each word of an option's column, by option.
        #[schemars(default)]
        pub values: Entries<Entries<Spanned<Word>>>,
        /// What stands between several words in one cell; `;` if not written.
        pub separator: Option<String>,
        /// Rule ids that this covers.
        #[schemars(default)]
        pub rules: Vec<String>,
    }
}

decode_struct! {
    /// Which column of an export holds what: its name in the head, or several that it may have.
    pub struct ExportColumns("the columns of an export") {
        /// The identity that the product keys on.
        pub identity: OneOrMany<String>,
        /// The role; roles stay as they are without.
        #[schemars(default)]
        pub role: OneOrMany<String>,
        /// The life-cycle state; everybody is active without.
        #[schemars(default)]
        pub state: OneOrMany<String>,
        /// Options, by name; one whose column the export does not have stays as it is.
        #[schemars(default)]
        pub options: Entries<OneOrMany<String>>,
    }
}
