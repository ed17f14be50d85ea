//! What is paid for an account, as it is written.

use std::borrow::Cow;

use rust_decimal::Decimal;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use super::scalars::Day;
use crate::config::codes;
use crate::diagnostic::Diagnostic;
use crate::model::{PRICE_DIGITS_MAX, PRICE_PLACES_MAX};
use crate::text::{Spanned, Word};
use crate::yaml::{Decode, Decoder, Entries, Node, NodeKind, decode_enum, decode_struct};

decode_struct! {
    /// What is paid for an account: your own prices, as your contract or your last invoice has them. What is not written is
    /// unknown, never free.
    pub struct Billing("the billing") {
        /// How often.
        pub cycle: Option<CycleWord>,
        /// The first day of a cycle: the next renewal, or any other one. Others are counted from it; monthly and annual
        /// cycles from the 29th, 30th or 31st begin on the last day of months that are shorter.
        pub renews_on: Option<Spanned<Day>>,
        /// The currency, as three capital letters: `EUR`.
        pub currency: Option<Spanned<Word>>,
        /// What the account costs for one cycle, however many seats it has, in quotes: `"99.00"`.
        pub fee: Option<Money>,
        /// What a pool costs for one cycle: an amount for each unit, in quotes (`"21.00"`), or a mapping.
        #[schemars(default)]
        pub prices: Entries<Spanned<PriceEntry>>,
        /// How many days before a renewal a cancellation must be in; what the product says if this is not written.
        pub notice_days: Option<u32>,
    }
}

decode_enum! {
    /// How often something is paid.
    pub enum CycleWord {
        /// Every month.
        Monthly = "monthly",
        /// Every year.
        Annual = "annual",
        /// Every 30 days.
        Days30 = "30-days",
        /// Every 365 days.
        Days365 = "365-days",
    }
}

/// The price of a pool.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum PriceEntry {
    /// So much for each unit.
    PerSeat(Money),
    /// Anything else.
    Keys(Box<PriceKeys>),
}

decode_struct! {
    /// The price of a pool: one of `per_seat`, `tiers`, `lots` and `flat` for what is bought, and what a unit beyond that
    /// costs.
    pub struct PriceKeys("a price") {
        /// So much for each unit, for one cycle.
        pub per_seat: Option<Spanned<Money>>,
        /// Prices by the number of units: each unit at the price of the tier that it falls into.
        pub tiers: Option<Spanned<Vec<Spanned<TierEntry>>>>,
        /// Whether all units have the price of the tier that their number falls into.
        pub volume: Option<Spanned<bool>>,
        /// So much for each lot, by its size: `{"50": "40.00", "100": "70.00"}`.
        pub lots: Option<Spanned<Entries<Money>>>,
        /// So much for the pool, however many units it has.
        pub flat: Option<Spanned<Money>>,
        /// What is charged, once, for a unit beyond what is bought; it stays due whatever becomes of it.
        pub overflow: Option<Spanned<Money>>,
    }
}

decode_struct! {
    /// Units up to a number, and what one of them costs.
    pub struct TierEntry("a tier") {
        /// The last unit of the tier; all that come if this is not written.
        pub up_to: Option<Spanned<u32>>,
        /// What one unit costs, for one cycle.
        pub price: Money,
    }
}

/// An exact amount from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money(pub Decimal);

impl Decode for PriceEntry {
    fn decode(node: &Node<'_>, cx: &mut Decoder) -> Option<Self> {
        match &node.kind {
            NodeKind::Mapping(_) => PriceKeys::decode(node, cx).map(|it| Self::Keys(Box::new(it))),
            NodeKind::Scalar { .. } | NodeKind::Sequence(_) => {
                Money::decode(node, cx).map(Self::PerSeat)
            }
        }
    }
}

impl Decode for Money {
    fn decode(node: &Node<'_>, cx: &mut Decoder) -> Option<Self> {
        let NodeKind::Scalar { text, plain } = &node.kind else {
            return wrong(node, cx, "write digits with a point, in quotes: \"21.00\"");
        };
        let is_amount = text.starts_with(|it: char| it.is_ascii_digit())
            && text.ends_with(|it: char| it.is_ascii_digit())
            && text.bytes().all(|it| it.is_ascii_digit() || it == b'.')
            && text.bytes().filter(|it| *it == b'.').count() <= 1;
        if !is_amount {
            return wrong(node, cx, "write digits with a point, in quotes: \"21.00\"");
        }
        if *plain {
            // Many readers make a binary fraction of it, and drop the zeros behind the point.
            let message = format!("expected an amount in quotes, found the number {text}");
            let quoted = format!("\"{text}\"");
            let diagnostic = Diagnostic::new(&codes::NOT_A_RANGE, message).at(node.span, "");
            let diagnostic = diagnostic.help(format!("write {quoted}"));
            let fix = format!("write {quoted}");
            cx.sink.push(diagnostic.replace(node.span, fix, quoted));
            return None;
        }
        let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
        let fits = |digits: &str, most: u32| digits.len() <= most as usize;
        let amount = Decimal::from_str_exact(text).ok();
        let fits = fits(whole, PRICE_DIGITS_MAX) && fits(rest, PRICE_PLACES_MAX);
        match amount.filter(|_| fits) {
            Some(amount) => Some(Self(amount)),
            None => wrong(
                node,
                cx,
                &format!(
                    "an amount has at most {PRICE_DIGITS_MAX} digits before its point and {PRICE_PLACES_MAX} after it"
                ),
            ),
        }
    }
}

fn wrong<T>(node: &Node<'_>, cx: &mut Decoder, help: &str) -> Option<T> {
    let message = format!("expected an amount, found {}", node.describe());
    cx.sink.push(
        Diagnostic::new(&codes::NOT_A_RANGE, message)
            .at(node.span, "")
            .help(help),
    );
    None
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl JsonSchema for Money {
    fn schema_name() -> Cow<'static, str> {
        "Money".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": format!("^[0-9]{{1,{PRICE_DIGITS_MAX}}}(\\.[0-9]{{1,{PRICE_PLACES_MAX}}})?$"),
        })
    }
}

impl JsonSchema for PriceEntry {
    fn schema_name() -> Cow<'static, str> {
        "Price".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let amount = generator.subschema_for::<Money>();
        let keys = generator.subschema_for::<PriceKeys>();
        json_schema!({
            "description": "What a pool costs for one cycle: an amount for each unit, in quotes, or a mapping.",
            "anyOf": [amount, keys],
        })
    }
}
