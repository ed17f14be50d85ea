//! A new inventory's text: one line for each thing.

use std::fmt::Write as _;

use super::record::{grants, of_ending, of_quantity, of_stood, of_value, options, roles};
use super::{Inventory, Stood};
use crate::model::{AccountName, Address, Kind, Resource, ResourceId};
use crate::product::Product;
use crate::yaml::edit::{Value as Text, line};

/// Writes an inventory. Kinds with a gap are left out, which says that they are unknown.
///
/// `comment` stands at the top; what nobody stands for by itself is stood for by `stood`.
pub fn render(
    inventory: &Inventory,
    account: &AccountName,
    product: &Product,
    stood: &Stood,
    comment: &str,
) -> String {
    let mut out = String::new();
    for text in comment.lines() {
        let _ = writeln!(out, "# {}", crate::text::inert(text));
    }
    out.push_str("inventory:\n");
    let mut top = |key: &str, value: &Text| out.push_str(&line(2, key, value));
    top("account", &Text::Text(account.as_str().to_owned()));
    if let Some(target) = &inventory.target {
        top("target", &Text::Text(target.clone()));
    }
    let (key, value) = of_stood(stood);
    top(key, &value);
    let has_gap = |kind: Kind| inventory.gaps.iter().any(|it| it.kind == kind);
    let writer = Writer {
        inventory,
        product,
        stood,
    };
    for (kind, key) in [
        (Kind::Setting, "settings"),
        (Kind::Seats, "seats"),
        (Kind::Team, "teams"),
        (Kind::Access, "access"),
    ] {
        let lines = writer.section(account, kind);
        let is_possible = match kind {
            Kind::Setting => !product.settings.is_empty(),
            Kind::Seats => !lines.is_empty(),
            Kind::Team => product.teams.is_some(),
            _ => true,
        };
        if has_gap(kind) || !is_possible {
            continue;
        }
        match lines.is_empty() {
            true => {
                let _ = writeln!(out, "  {key}: {{}}");
            }
            false => {
                let _ = write!(out, "  {key}:\n{lines}");
            }
        }
        if kind == Kind::Seats && !inventory.ending.is_empty() {
            let ending = inventory.ending.iter();
            let lines = ending.map(|(pool, it)| line(4, pool, &of_ending(it)));
            let _ = write!(out, "  cancelled:\n{}", lines.collect::<String>());
        }
    }
    writer.objects(account, &mut out);
    out
}

struct Writer<'a> {
    inventory: &'a Inventory,
    product: &'a Product,
    stood: &'a Stood,
}

impl Writer<'_> {
    fn section(&self, account: &AccountName, kind: Kind) -> String {
        let entries = self.inventory.state.of_account(account);
        entries
            .filter(|(address, _)| address.kind() == kind)
            .map(|(address, entry)| self.entry(address, &entry.resource))
            .collect()
    }

    fn entry(&self, address: &Address, resource: &Resource) -> String {
        match (&address.resource, resource) {
            (ResourceId::Setting(name), Resource::Setting(value)) => {
                line(4, name, &self.stated(address, of_value(value)))
            }
            (ResourceId::Seats(pool), Resource::Seats(quantity)) => {
                line(4, pool, &self.stated(address, of_quantity(quantity)))
            }
            (ResourceId::Team(team), Resource::Team(it)) => {
                let mut parts = Vec::new();
                parts.extend(
                    (it.parent.as_ref())
                        .map(|it| ("parent".to_owned(), Text::Text(it.as_str().to_owned()))),
                );
                for (key, lead) in [("leads", true), ("members", false)] {
                    let people = self.members(address, lead);
                    if !people.is_empty() {
                        parts.push((key.to_owned(), Text::List(people)));
                    }
                }
                parts.extend(self.own(address));
                line(4, team, &Text::Map(parts))
            }
            (ResourceId::Access(subject), Resource::Access(access)) => {
                let named = roles(self.product, access).into_iter();
                let mut parts: Vec<_> = named.map(|(key, it)| (key.to_owned(), it)).collect();
                for (key, all) in [("options", options(access)), ("grants", grants(access))] {
                    if !all.is_empty() {
                        parts.push((key.to_owned(), Text::Map(all)));
                    }
                }
                let phase = self.inventory.phases.get(address);
                parts.extend(phase.map(|it| ("state".to_owned(), Text::Text(it.to_string()))));
                parts.extend(self.own(address));
                line(4, subject, &Text::Map(parts))
            }
            _ => String::new(),
        }
    }

    /// Every kind that the product has: one that is not written would be unknown.
    fn objects(&self, account: &AccountName, out: &mut String) {
        for (kind, _) in self.product.objects.iter() {
            let mut gaps = self.inventory.gaps.iter();
            if gaps.any(|it| it.hides_objects(&kind.value)) {
                continue;
            }
            let objects = self.inventory.state.of_account(account);
            let lines: String = objects
                .filter_map(
                    |(address, entry)| match (&address.resource, &entry.resource) {
                        (ResourceId::Object { kind: of, name }, Resource::Object(object))
                            if kind.value == of.as_str() =>
                        {
                            let fields = object.fields.iter();
                            let mut parts: Vec<_> = fields
                                .map(|(field, it)| (field.as_str().to_owned(), of_value(it)))
                                .collect();
                            let phase = self.inventory.phases.get(address);
                            parts.extend(
                                phase.map(|it| ("state".to_owned(), Text::Text(it.to_string()))),
                            );
                            parts.extend(self.own(address));
                            Some(line(4, name, &Text::Map(parts)))
                        }
                        _ => None,
                    },
                )
                .collect();
            let _ = match lines.is_empty() {
                true => writeln!(out, "  {}: {{}}", kind.value.as_str()),
                false => write!(out, "  {}:\n{lines}", kind.value.as_str()),
            };
        }
    }

    fn members(&self, team: &Address, lead: bool) -> Vec<Text> {
        let entries = self.inventory.state.of_account(&team.account);
        let members = entries.filter_map(|(address, entry)| {
            let ResourceId::Member {
                team: name,
                subject,
            } = &address.resource
            else {
                return None;
            };
            let is_meant = ResourceId::Team(name.clone()) == team.resource
                && matches!(entry.resource, Resource::Member(it) if it.lead == lead);
            is_meant.then(|| Text::Text(subject.as_str().to_owned()))
        });
        members.collect()
    }

    fn stated(&self, address: &Address, value: Text) -> Text {
        match self.own(address) {
            None => value,
            Some(own) => Text::Map(vec![("is".to_owned(), value), own]),
        }
    }

    /// Who stands for a thing, if it is not who stands for the file.
    fn own(&self, address: &Address) -> Option<(String, Text)> {
        let stood = self.inventory.stood.get(address)?;
        (stood != self.stood).then(|| {
            let (key, value) = of_stood(stood);
            (key.to_owned(), value)
        })
    }
}
