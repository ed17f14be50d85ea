//! Exact amounts of money.
//!
//! # Design
//! A price is an exact number and may have more digits than the currency has coins for ("0.125 a seat"). An [`Amount`] is what
//! somebody pays, so it is rounded to the currency's digits when it is made, half to even, and never again: sums are sums
//! of amounts that were rounded before, and so a total always is what its lines add up to. Two currencies never become one
//! number: [`Amount::plus`] refuses them, and [`Sums`] keeps one sum for each.

use std::collections::BTreeMap;
use std::fmt;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

/// A currency by its ISO 4217 code: three capital letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

/// Currencies without minor units: list one of ISO 4217, as published by SIX on 2024-06-25.
const NO_DIGITS: [&str; 17] = [
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND",
    "VUV", "XAF", "XOF", "XPF",
];
/// Currencies with three digits after the point (the same list).
const THREE_DIGITS: [&str; 7] = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];
/// Units of account with four digits (the same list).
const FOUR_DIGITS: [&str; 2] = ["CLF", "UYW"];

impl Currency {
    /// A currency from its code; `None` for anything but three capital letters. That the code is in use is not checked:
    /// the list changes.
    pub fn new(code: &str) -> Option<Self> {
        let letters: [u8; 3] = code.as_bytes().try_into().ok()?;
        letters
            .iter()
            .all(u8::is_ascii_uppercase)
            .then_some(Self(letters))
    }

    /// The code.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).expect("only capital letters get in")
    }

    /// Digits after the point; 2 for whatever the table does not name.
    pub fn digits(&self) -> u32 {
        let code = self.code();
        if NO_DIGITS.contains(&code) {
            0
        } else if THREE_DIGITS.contains(&code) {
            3
        } else if FOUR_DIGITS.contains(&code) {
            4
        } else {
            2
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl TryFrom<String> for Currency {
    type Error = String;

    fn try_from(code: String) -> Result<Self, String> {
        Self::new(&code).ok_or_else(|| format!("\"{code}\" is not the code of a currency"))
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

impl schemars::JsonSchema for Currency {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Currency".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "pattern": "^[A-Z]{3}$"})
    }
}

/// What somebody pays: rounded to the digits of its currency.
///
/// ```
/// use seatplan::model::{Amount, Currency};
///
/// let euro = Currency::new("EUR").unwrap();
/// let half = |text: &str| Amount::new(text.parse().unwrap(), euro);
/// assert_eq!(half("0.125").to_string(), "0.12 EUR");
/// assert_eq!(half("0.135").to_string(), "0.14 EUR");
/// assert_eq!(half("1").plus(&half("2.5")).unwrap().to_string(), "3.50 EUR");
/// let yen = Amount::new("100".parse().unwrap(), Currency::new("JPY").unwrap());
/// assert!(half("1").plus(&yen).is_none());
/// ```
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct Amount {
    /// The currency.
    pub currency: Currency,
    /// How much, with exactly the currency's digits.
    #[schemars(with = "String")]
    value: Decimal,
}

impl Amount {
    /// An amount from an exact number, rounded half to even.
    pub fn new(exact: Decimal, currency: Currency) -> Self {
        let digits = currency.digits();
        let mut value = exact.round_dp_with_strategy(digits, RoundingStrategy::MidpointNearestEven);
        value.rescale(digits);
        // Minus nothing is nothing.
        if value.is_zero() {
            value.set_sign_positive(true);
        }
        Self { currency, value }
    }

    /// Nothing.
    pub fn zero(currency: Currency) -> Self {
        Self::new(Decimal::ZERO, currency)
    }

    /// How much.
    pub fn value(&self) -> Decimal {
        self.value
    }

    /// Whether it is nothing.
    pub fn is_zero(&self) -> bool {
        self.value.is_zero()
    }

    /// Both together; `None` for two currencies, and for more than can be counted.
    pub fn plus(&self, other: &Self) -> Option<Self> {
        let sum = self.value.checked_add(other.value)?;
        (self.currency == other.currency).then(|| Self::new(sum, self.currency))
    }

    /// This without the other; `None` for two currencies, and for more than can be counted.
    pub fn minus(&self, other: &Self) -> Option<Self> {
        let rest = self.value.checked_sub(other.value)?;
        (self.currency == other.currency).then(|| Self::new(rest, self.currency))
    }
}

/// `1,234.50 EUR`, for people.
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.value.abs().to_string();
        let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
        if self.value.is_sign_negative() {
            f.write_str("-")?;
        }
        for (at, digit) in whole.char_indices() {
            if at > 0 && (whole.len() - at) % 3 == 0 {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        if !rest.is_empty() {
            write!(f, ".{rest}")?;
        }
        write!(f, " {}", self.currency)
    }
}

/// Sums that are never added over currencies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums(BTreeMap<Currency, Amount>);

impl Sums {
    /// Adds an amount to the sum of its currency; what cannot be counted any more is `None`, and the sums are as before.
    pub fn add(&mut self, amount: Amount) -> Option<()> {
        let sum = self.0.entry(amount.currency);
        let sum = sum.or_insert_with(|| Amount::zero(amount.currency));
        *sum = sum.plus(&amount)?;
        Some(())
    }

    /// The sums, in the order of the codes of their currencies.
    pub fn amounts(&self) -> impl Iterator<Item = Amount> {
        self.0.values().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::{Amount, Currency, Sums};
    use rust_decimal::Decimal;

    fn amount(text: &str, currency: &str) -> Amount {
        Amount::new(text.parse().unwrap(), Currency::new(currency).unwrap())
    }

    #[test]
    fn a_half_goes_to_the_even_neighbour_in_the_digits_of_the_currency() {
        for (exact, currency, shown) in [
            ("2.345", "EUR", "2.34 EUR"),
            ("2.355", "EUR", "2.36 EUR"),
            ("2.3450000001", "EUR", "2.35 EUR"),
            ("-2.345", "EUR", "-2.34 EUR"),
            ("-0.001", "EUR", "0.00 EUR"),
            ("0.5", "JPY", "0 JPY"),
            ("1.5", "JPY", "2 JPY"),
            ("1.2345", "KWD", "1.234 KWD"),
            ("1.2355", "TND", "1.236 TND"),
            ("1.23455", "CLF", "1.2346 CLF"),
            ("12", "XPF", "12 XPF"),
            ("1234567.5", "EUR", "1,234,567.50 EUR"),
            ("999", "EUR", "999.00 EUR"),
        ] {
            assert_eq!(amount(exact, currency).to_string(), shown, "{exact}");
        }
    }

    #[test]
    fn two_currencies_never_become_one_number() {
        assert_eq!(amount("1", "EUR").plus(&amount("1", "USD")), None);
        assert_eq!(amount("1", "EUR").minus(&amount("1", "USD")), None);
        let mut sums = Sums::default();
        for (text, currency) in [("1.10", "USD"), ("2", "EUR"), ("0.01", "USD")] {
            sums.add(amount(text, currency)).unwrap();
        }
        let shown: Vec<_> = sums.amounts().map(|it| it.to_string()).collect();
        assert_eq!(shown, ["2.00 EUR", "1.11 USD"]);
    }

    #[test]
    fn what_cannot_be_counted_is_not_counted_wrongly() {
        let most = Amount::new(Decimal::MAX, Currency::new("JPY").unwrap());
        assert_eq!(most.plus(&most), None);
    }

    #[test]
    fn only_three_capital_letters_are_a_currency() {
        for text in ["EU", "EURO", "eur", "E R", "€€€", ""] {
            assert_eq!(Currency::new(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #![proptest_config(crate::chance::cases(500))]

        /// In whichever order lines are added, the total is what the lines show.
        #[test]
        fn a_total_is_what_its_lines_add_up_to(
            thousandths in proptest::collection::vec(-10_000_000_i64..10_000_000, 0..20),
        ) {
            let euro = Currency::new("EUR").unwrap();
            let lines: Vec<_> = thousandths.iter().map(|it| Amount::new(Decimal::new(*it, 3), euro)).collect();
            let cents = |shown: String| -> i64 {
                shown.replace([',', '.'], "").replace(" EUR", "").parse().unwrap()
            };
            let expected: i64 = lines.iter().map(|it| cents(it.to_string())).sum();
            let (mut forwards, mut backwards) = (Sums::default(), Sums::default());
            lines.iter().for_each(|it| forwards.add(*it).unwrap());
            lines.iter().rev().for_each(|it| backwards.add(*it).unwrap());
            proptest::prop_assert_eq!(&forwards, &backwards);
            let total = forwards.amounts().next().map_or(0, |it| cents(it.to_string()));
            proptest::prop_assert_eq!(total, expected);
        }
    }
}
