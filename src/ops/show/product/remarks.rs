//! What a definition only says: scopes, facts that are read or left out, remarks, other names.

use super::{Said, phrase};
use crate::product::Product;

pub(super) fn scopes(product: &Product) -> Vec<Said> {
    let scopes = product.scopes.iter();
    let said = scopes.map(|(name, it)| Said::new(&*name.value, vec![it.text.clone()], &it.rules));
    said.collect()
}

pub(super) fn observed(product: &Product) -> Vec<Said> {
    let observed = product.observed.iter().map(|(name, it)| {
        let mut parts = vec![it.text.clone()];
        parts.extend(it.r#where.as_ref().map(|it| format!("read in {it}")));
        if !it.visible_to.is_empty() {
            parts.push(format!("seen by {}", phrase::words(&it.visible_to)));
        }
        parts.extend(it.r#use.as_ref().map(|it| format!("used for {it}")));
        Said::new(&*name.value, parts, &it.rules)
    });
    let exports = product.imports.iter().filter_map(|(name, it)| {
        let export = it.export.as_ref()?;
        let columns = &export.columns;
        let parts = [
            ("identity", &columns.identity),
            ("role", &columns.role),
            ("state", &columns.state),
        ];
        let named = parts.into_iter().filter(|(_, it)| !it.0.is_empty());
        let named = named.map(|(what, it)| format!("the {what} in \"{}\"", it.0.join("\" or \"")));
        let mut said = vec![format!(
            "read from an export with {}",
            named.collect::<Vec<_>>().join(", ")
        )];
        said.extend(export.text.clone());
        Some(Said::new(&*name.value, said, &it.rules))
    });
    observed.chain(exports).collect()
}

pub(super) fn outside(product: &Product) -> Vec<Said> {
    let outside = product.outside.iter();
    let said = outside.map(|(name, it)| Said::new(&*name.value, vec![it.why.clone()], &it.rules));
    said.collect()
}

pub(super) fn notes(product: &Product) -> Vec<Said> {
    let notes = product.notes.iter().map(|(name, it)| {
        let mut parts = vec![it.text.clone()];
        if it.contradiction == Some(true) {
            parts.push("the vendor's pages contradict each other here".to_owned());
        }
        Said::new(&*name.value, parts, &it.rules)
    });
    notes.collect()
}

/// Other names of the product and of its add-ons, and when they hold.
pub(super) fn names(product: &Product) -> Vec<Said> {
    let of_product = product.aliases.iter().map(|(name, it)| (name, it, None));
    let of_grants = product.grants.iter().flat_map(|(grant, rule)| {
        let aliases = rule.aliases.iter();
        aliases.map(move |(name, it)| (name, it, Some(grant)))
    });
    let said = of_product.chain(of_grants).map(|(name, it, grant)| {
        let mut parts = vec![match grant {
            None => "this product".to_owned(),
            Some(grant) => format!("the right \"{}\"", grant.value.as_str()),
        }];
        parts.extend(it.since.map(|it| format!("since {}", it.0)));
        parts.extend(it.until.map(|it| format!("until {}", it.0)));
        parts.extend(it.text.clone());
        Said::new(&*name.value, parts, &it.rules)
    });
    said.collect()
}
