//! What a read-back says about a step: that it is in effect, that it is not, or neither.

use crate::model::Address;
use crate::plan::Step;
use crate::provider::ReadBack;

/// How a step's address reads back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    /// As after the step.
    After {
        /// The life-cycle state, if not "active".
        phase: Option<String>,
    },
    /// As before the step.
    Before,
    /// As neither.
    Other,
}

/// What has to be read to judge a step.
pub(super) fn addresses(step: &Step) -> Vec<Address> {
    let mut addresses = vec![step.address.clone()];
    addresses.extend(step.renamed_from.clone());
    addresses.extend(step.other.as_ref().map(|it| it.address.clone()));
    addresses
}

/// Compares what was read with what the step found and what it leaves.
///
/// An address that was not answered counts as read back as something else: nothing is concluded from silence.
pub(super) fn judge(step: &Step, found: &[ReadBack]) -> Sight {
    let at = |address: &Address| found.iter().find(|it| it.address == *address);
    let Some(here) = at(&step.address) else {
        return Sight::Other;
    };
    let phase = here.phase.as_ref().map(|it| it.as_str().to_owned());
    if let Some(other) = &step.other {
        let both = [Some(here), at(&other.address)].map(|it| it.map(|it| &it.resource));
        return match () {
            () if both == [Some(&step.after), Some(&other.after)] => Sight::After { phase },
            () if both == [Some(&step.before), Some(&other.before)] => Sight::Before,
            () => Sight::Other,
        };
    }
    let Some(from) = &step.renamed_from else {
        // What is removed may be there for a while, in the state that follows.
        let is_ending = step.after.is_none()
            && here.phase.is_some()
            && phase.as_deref() == step.then.as_ref().map(|it| it.as_str());
        return match () {
            () if here.resource == step.after || is_ending => Sight::After { phase },
            () if here.resource == step.before => Sight::Before,
            () => Sight::Other,
        };
    };
    let Some(there) = at(from) else {
        return Sight::Other;
    };
    match (&there.resource, &here.resource) {
        (None, here) if *here == step.after => Sight::After { phase },
        // What it was before is said under the new names of everything that the plan renames, so it is not compared.
        (Some(_), None) => Sight::Before,
        // It went along when its team or its person was renamed; the rest is still to be done.
        (None, here) if *here == step.before => Sight::Before,
        _ => Sight::Other,
    }
}
