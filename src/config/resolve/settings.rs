//! Settings of accounts: the values that hold today, and those that will from a later day on.

use std::collections::BTreeMap;

use super::days::When;
use super::entries::not_in_product;
use super::values::{self, Type, Typed};
use super::{Resolved, Resolver, Site};
use crate::config::codes;
use crate::config::written::{self, DatedSetting, Literal, SettingEntry};
use crate::diagnostic::Diagnostic;
use crate::model::{Address, Entry, LaterSetting, Resource, SettingName, Value};
use crate::product::Settings;
use crate::text::{Span, Spanned};
use crate::yaml::write;

/// The settings that are written for an account, by name.
#[derive(Default)]
pub(super) struct Dated {
    /// What they are today.
    pub(super) today: Settings,
    /// What they will be from a later day on, where they change by themselves.
    pub(super) later: BTreeMap<SettingName, LaterSetting>,
}

impl<'a> Resolver<'a> {
    /// The settings that hold today into `out`; they are also given back, with those that will hold from a later day on.
    pub(super) fn settings(
        &mut self,
        position: u32,
        site: &Site<'a>,
        account: &'a written::Account,
        out: &mut Resolved,
    ) -> Dated {
        let mut all = Dated::default();
        for (name, entry) in account.settings.iter() {
            let Some(rule) = site.product.settings.get(&name.value) else {
                let known = site.product.settings.iter();
                let known = known.map(|(name, _)| name.value.as_str());
                self.sink.push(not_in_product("setting", name, site, known));
                continue;
            };
            let what = format!(
                "the setting \"{}\" of {}",
                name.value.as_str(),
                site.product_id
            );
            let of = Type {
                what: &what,
                kind: rule.r#type,
                words: &rule.values,
            };
            let setting = SettingName::from(name.value.clone());
            let today = match &entry.value {
                SettingEntry::Always(literal) => self.setting(position, literal, entry.span, of),
                SettingEntry::Dated(dated) => {
                    let (today, then) = self.dated(position, name.value.as_str(), dated, of);
                    all.later.extend(then.map(|it| (setting.clone(), it)));
                    today
                }
            };
            if let Some((value, span)) = today {
                all.today.insert(setting.clone(), value.clone());
                out.add(
                    Address::setting(&site.name, &setting),
                    Entry::desired(Resource::Setting(value), span),
                );
            }
        }
        all
    }

    /// What a setting with a last day is today, and what it will be if that day has not passed.
    fn dated(
        &mut self,
        position: u32,
        name: &str,
        dated: &DatedSetting,
        of: Type<'_>,
    ) -> (Option<(Value, Span)>, Option<LaterSetting>) {
        let value = self.setting(position, &dated.value.value, dated.value.span, of);
        let then = self.setting(position, &dated.then.value, dated.then.span, of);
        let help = "write the value alone if it has no last day";
        self.calendar.check(&dated.until, help, self.sink);
        let (Some(value), Some(then)) = (value, then) else {
            return (None, None);
        };
        let (day, line) = (dated.until.value, dated.until.span);
        let alone = format!("{name}: {}", on_one_line(&dated.then.value));
        if value.0 == then.0 {
            let message = format!("\"value\" and \"then\" of {} are the same", of.what);
            self.sink.push(
                Diagnostic::new(&codes::SETTING_STAYS, message)
                    .at(then.1, "")
                    .at(value.1, "the same until then")
                    .help(format!("write \"{alone}\", or correct one of the two")),
            );
        }
        let from = day.0.tomorrow().ok();
        if self.calendar.when(None, Some(day)) == When::Over {
            let since = from.map(|it| format!(" since {it}")).unwrap_or_default();
            let message = format!("{} is {}{since}", of.what, then.0);
            self.sink.push(
                Diagnostic::new(&codes::SETTING_OVER, message)
                    .at(line, "this day has passed")
                    .help(format!("the line can be shortened: write \"{alone}\"")),
            );
            return (Some(then), None);
        }
        let later = from.map(|from| LaterSetting {
            from,
            value: then.0,
            span: then.1,
        });
        (Some(value), later)
    }

    fn setting(
        &mut self,
        position: u32,
        literal: &Literal,
        span: Span,
        of: Type<'_>,
    ) -> Option<(Value, Span)> {
        let literal = Spanned::new(literal.clone(), span);
        let value = match values::read(&literal, of, self.sink)? {
            Typed::Value(value) => value,
            Typed::User(user) => self.user_value(position, &user)?,
        };
        Some((value, span))
    }
}

/// A value as it can be written behind its key.
fn on_one_line(literal: &Literal) -> String {
    match literal {
        Literal::Scalar { .. } => write(literal).trim_end().to_owned(),
        Literal::List(words) => {
            let words = words.iter().map(|it| write(it).trim_end().to_owned());
            format!("[{}]", words.collect::<Vec<_>>().join(", "))
        }
    }
}
