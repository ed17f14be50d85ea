//! What can be wrong with prices.

use crate::diagnostic::{Code, Severity};

/// A price that can be read in two ways, or in none.
pub static UNCLEAR_PRICE: Code = Code {
    id: "MONEY001",
    name: "unclear-price",
    severity: Severity::Error,
    doc: r#"
### What it means
A price is written in two ways, in none, or in tiers or lots that cannot be meant: a tier that no unit falls into, a lot
whose size is no number.

### Why
A plan says what it costs before anybody approves it. A price that two people read differently would make that wrong.

### Example
```yaml bad
accounts:
  acme-code:
    product: github-organization
    billing:
      currency: EUR
      prices: {member: {tiers: [{up_to: 50, price: "4.00"}, {up_to: 10, price: "3.50"}]}}
```
```yaml good
accounts:
  acme-code:
    product: github-organization
    billing:
      currency: EUR
      prices: {member: {tiers: [{up_to: 10, price: "4.00"}, {price: "3.50"}]}}
```

### What to do
Write one of `per_seat`, `tiers`, `lots` and `flat`. Tiers stand in the order of their numbers, and only the last one may be
without `up_to`. What a unit beyond what is bought costs stands beside it as `overflow`.
"#,
};

/// A price of a kind that its pool cannot have.
pub static PRICE_DOES_NOT_FIT: Code = Code {
    id: "MONEY002",
    name: "price-does-not-fit",
    severity: Severity::Error,
    doc: r#"
### What it means
A price is for something that the product does not sell: lots of a pool that is sold by the seat, seats of a pool of which
nothing is ever bought, or units beyond what is bought where the vendor refuses them.

### Why
The price would never be counted, and the sums of plans would be too low without anybody noticing.

### Example
```yaml bad
accounts:
  acme-code:
    product: github-organization
    billing: {currency: EUR, prices: {member: {lots: {"10": "30.00"}}}}
```
```yaml good
accounts:
  acme-code:
    product: github-organization
    billing: {currency: EUR, prices: {member: "4.00"}}
```

### What to do
`seatplan show product NAME` says how each pool is sold. What is paid whatever happens stands under `fee`.
"#,
};
