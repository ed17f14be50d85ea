//! Chance that is the same in every run, so that no test fails because of the day on which it runs.

use proptest::test_runner::{Config, RngSeed};

/// The seed of every property test, unless `PROPTEST_RNG_SEED` says another one.
const SEED: u64 = 1;

/// How a property is tried: so many cases, unless `PROPTEST_CASES` says how many.
pub(crate) fn cases(cases: u32) -> Config {
    let written = Config::default();
    let seed = match written.rng_seed {
        RngSeed::Fixed(seed) => seed,
        RngSeed::Random => SEED,
    };
    #[expect(
        clippy::disallowed_methods,
        reason = "whether the default was written cannot be told from its value"
    )]
    let is_written = std::env::var("PROPTEST_CASES").is_ok();
    let cases = match is_written {
        true => written.cases,
        false => cases,
    };
    // Shown with a failure only.
    println!("to see this again: PROPTEST_RNG_SEED={seed} PROPTEST_CASES={cases}");
    Config {
        cases,
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        ..written
    }
}
