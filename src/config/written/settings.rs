//! `seatplan.yaml`.
//!
//! # Design
//! Settings of a command come from its flag, then its `SEATPLAN_*` variable, then this file. But this file is part of what is
//! reviewed: whoever proposes a change can write it, and a check of that change reads it before anybody has agreed. So it
//! takes only what can do no harm from there, within limits: how many steps run at once, how long to wait for the lock. What
//! it must not decide has no key here: where the journal is kept (a change that moves it would forget the lock, the guard's
//! window and what is unknown), how a report is shown (a change must not choose what its reviewer sees), and whatever
//! accepts something once (`--yes`, `--accept-removals`, `--ephemeral-store`). Where an account answers is no setting but a
//! fact about the account, under its `connection:`; whoever answers there is part of the digest of every plan.

use crate::config::codes;
use crate::diagnostic::{Diagnostic, Sink};
use crate::text::{Spanned, Word};
use crate::yaml::{
    Decode as _, Decoder, Document, codes as yaml_codes, decode_enum, decode_struct,
};

use super::scalars::{AtOnce, Days, Percent, TimeZone, Version, Wait};

decode_struct! {
    /// The settings of an estate. This file marks the estate's root.
    pub struct Settings("the settings") {
        /// The version of the language: 1.
        pub seatplan: Version,
        /// The estate's name, for reports and plans.
        pub name: Spanned<Word>,
        /// Where days begin, as an IANA time zone: `Europe/Paris`. `UTC` if not written.
        pub timezone: Option<TimeZone>,
        /// Which files below the root belong to the estate, as globs; every `*.yaml` and `*.yml` if not written.
        #[schemars(default)]
        pub files: Vec<Spanned<Word>>,
        /// What holds for every account that does not say otherwise.
        pub defaults: Option<Defaults>,
        /// Limits on what one plan, or a window of days, may do.
        pub guards: Option<Guards>,
        /// How `seatplan apply` works, where neither an option nor a variable says otherwise.
        pub apply: Option<Apply>,
    }
}

decode_struct! {
    /// How plans are carried out. Options of `seatplan apply` and `SEATPLAN_*` variables come first.
    pub struct Apply("the settings of apply") {
        /// How many steps may be under way at the same time on one account, from 1 to 32; 4 if not written.
        pub at_once: Option<AtOnce>,
        /// How long to wait for a run that is at work to end, as `30s`, `5m` or `1h`; `0s` if not written.
        pub lock_wait: Option<Wait>,
    }
}

decode_struct! {
    /// What holds for every account that does not say otherwise.
    pub struct Defaults("the defaults") {
        /// What happens to people at the vendor to whom no access is written.
        pub unmanaged: Option<Spanned<UnmanagedWord>>,
        /// How long what people have seen on an account counts, as `90d`; after that it is shown as aged.
        pub attested_for: Option<Days>,
    }
}

decode_enum! {
    /// What happens to people at the vendor to whom no access is written.
    pub enum UnmanagedWord {
        /// They are removed: the files are the whole truth.
        Remove = "remove",
        /// They are reported and left alone.
        Report = "report",
        /// Nothing is said.
        Ignore = "ignore",
    }
}

decode_struct! {
    /// Limits on what one plan, or a window of days, may do.
    pub struct Guards("the guards") {
        /// How many people may lose access.
        pub removals: Option<Spanned<Removals>>,
        /// How many administrators an account keeps at least; 1 if not written.
        pub min_admins: Option<Spanned<u32>>,
        /// Users who are never removed or lowered.
        #[schemars(default)]
        pub protected: Vec<Spanned<Word>>,
    }
}

decode_struct! {
    /// How many people may lose access to one account. Each limit holds for one plan and for the window's sum.
    pub struct Removals("the guard on removals") {
        /// At most so many people.
        pub max: Option<u32>,
        /// At most this share of the people on the account, in percent; only from 10 people on.
        pub percent: Option<Percent>,
        /// The days that are summed up, today included, in the timezone of the estate: `7d`.
        pub window: Option<Days>,
    }
}

/// Reads `seatplan.yaml`; `None` if it is empty or lacks what it must have.
pub fn decode_settings(document: &Document<'_>, sink: &mut Sink) -> Option<Settings> {
    let Some(root) = &document.root else {
        let message = "seatplan.yaml is empty";
        let help = "write at least \"seatplan: 1\" and \"name:\"";
        sink.push(Diagnostic::new(&yaml_codes::MISSING_KEY, message).help(help));
        return None;
    };
    let mut cx = Decoder::new();
    if let Some(version) = root.get("seatplan")
        && Version::decode(version, &mut Decoder::new()).is_none()
    {
        // A file of another version may hold keys that this one does not know: only the version is reported.
        Version::decode(version, sink_of(&mut cx));
        sink.append(cx.sink);
        return None;
    }
    let settings = Settings::decode(root, &mut cx);
    sink.append(cx.sink);
    if let Some(settings) = &settings {
        check_globs(settings, sink);
    }
    settings
}

fn sink_of(cx: &mut Decoder) -> &mut Decoder {
    cx
}

/// A written but empty list of globs would leave out every file; what was meant is more likely the default.
fn check_globs(settings: &Settings, sink: &mut Sink) {
    for glob in settings.files.iter().filter(|it| it.value.is_empty()) {
        sink.push(
            Diagnostic::new(&codes::EMPTY_NAME, "an empty glob matches no file").at(glob.span, ""),
        );
    }
}
