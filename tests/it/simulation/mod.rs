//! The executor in a simulated world: a vendor that loses answers, commits late, shows old data and asks to wait, and a
//! process that dies at any moment, also while it recovers.
//!
//! Everything follows from a seed. `SEED=17 cargo test --test it simulation` plays one world, and `TRACE=1` with
//! `--nocapture` prints it. A failure names its seed.

mod dice;
mod disk;
mod vendor;
mod world;

use std::collections::BTreeSet;

use self::disk::Disk;
use self::vendor::Manners;
use self::world::{Outcome, World};

/// A switch of a test run.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that asks the machine"
)]
fn switch(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Seeds that are played in every way.
const SEEDS: std::ops::Range<u64> = 0..200;

fn seeds(range: std::ops::Range<u64>) -> Vec<u64> {
    let one = switch("SEED").and_then(|it| it.parse().ok());
    one.map_or_else(|| range.collect(), |seed| vec![seed])
}

fn play(seed: u64, manners: Manners, disk: Disk) -> Option<Outcome> {
    let played = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        World::new(seed, manners, disk).map(World::play)
    }));
    played.unwrap_or_else(|_| panic!("SEED={seed} with {manners:?} fails"))
}

/// Plays all seeds with one sort of vendor and gives what happened in all of them together.
fn play_all(manners: Manners) -> Outcome {
    let outcomes = seeds(SEEDS)
        .into_iter()
        .filter_map(|seed| play(seed, manners, Disk::memory()));
    outcomes
        .reduce(Outcome::and)
        .expect("not every plan is refused")
}

/// The worlds must be wild enough for the promises to mean something.
fn assert_wild(total: &Outcome) {
    if switch("SEED").is_some() {
        return;
    }
    assert!(total.worlds > 100, "{total:?}");
    assert!(total.crashes > 700, "{total:?}");
    assert!(total.lost_answers > 70, "{total:?}");
    assert!(total.recovered > 70, "{total:?}");
    assert!(
        total.unsynced_lost > 30 && total.unsynced_kept > 30,
        "{total:?}"
    );
}

#[test]
fn a_vendor_that_does_whatever_arrives_does_everything_once() {
    let total = play_all(Manners::Naive);
    assert_wild(&total);
}

#[test]
fn a_vendor_that_knows_identities_may_be_as_late_as_it_likes() {
    let total = play_all(Manners::Keyed);
    assert_wild(&total);
    assert!(total.repeated > 30, "{total:?}");
}

#[test]
fn a_vendor_that_refuses_what_is_there_already_is_understood() {
    let total = play_all(Manners::Conflict);
    assert_wild(&total);
}

#[test]
fn the_same_seed_gives_the_same_history() {
    let mut histories = BTreeSet::new();
    let seeds = seeds(0..40);
    for seed in &seeds {
        let once = play(*seed, Manners::Naive, Disk::memory()).map(|it| it.history);
        let again = play(*seed, Manners::Naive, Disk::memory()).map(|it| it.history);
        assert_eq!(once, again, "SEED={seed}");
        histories.extend(once);
    }
    assert!(histories.len() * 2 > seeds.len());
}

#[test]
fn a_crash_at_every_single_moment_is_recovered_from() {
    // No faults but one death, at the first moment, the second, and so on until the run ends before it dies.
    for seed in seeds(0..6) {
        for moment in 0.. {
            let Some(mut world) = World::new(seed, Manners::Naive, Disk::memory()) else {
                break;
            };
            world.die_only_at(moment);
            let outcome = world.play();
            if outcome.crashes == 0 {
                assert!(moment > 3, "SEED={seed} has hardly a moment to die in");
                break;
            }
        }
    }
}

#[test]
fn the_real_journal_survives_the_same_worlds() {
    for seed in seeds(1_000..1_012) {
        for manners in [Manners::Naive, Manners::Conflict] {
            play(seed, manners, Disk::sqlite());
        }
    }
}
