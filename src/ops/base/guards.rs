//! What a change lets itself do more than the base revision does.

use crate::config::codes::base::GUARD_LOOSENED;
use crate::diagnostic::{Diagnostic, Sink};
use crate::model::{Guards, RemovalGuard};
use crate::text::Span;

/// Reports every guard that the change takes away or loosens, with both lines. What it makes stricter is its own business.
pub(super) fn compare(was: &Guards, now: &Guards, sink: &mut Sink) {
    if let Some(guard) = &was.removals {
        match &now.removals {
            None => report(sink, "the guard on removals is gone", guard.span, None),
            Some(new) => removals(guard, new, sink),
        }
    }
    let least = |it: &Guards| it.min_admins.map_or(1, |(count, _)| count);
    if let Some((count, span)) = was.min_admins.filter(|it| it.0 > least(now)) {
        let what = format!("min_admins is {} and was {count}", least(now));
        report(sink, &what, span, now.min_admins.map(|it| it.1));
    }
    for protected in &was.protected {
        if !now.protected.iter().any(|it| it.user == protected.user) {
            let what = format!("\"{}\" is not protected any more", protected.user.as_str());
            report(sink, &what, protected.span, None);
        }
    }
}

fn removals(was: &RemovalGuard, now: &RemovalGuard, sink: &mut Sink) {
    // A longer window counts more removals, another limit fewer of them.
    let limits = [
        ("max", was.max, now.max, now.max > was.max),
        (
            "percent",
            was.percent,
            now.percent,
            now.percent > was.percent,
        ),
        (
            "window",
            was.window_days,
            now.window_days,
            now.window_days < was.window_days,
        ),
    ];
    let looser = limits
        .into_iter()
        .filter_map(|(name, before, after, is_worse)| {
            let unit = if name == "window" { "d" } else { "" };
            match (before, after) {
                (Some(before), None) => Some(format!("{name} is gone and was {before}{unit}")),
                (Some(before), Some(after)) if is_worse => {
                    Some(format!("{name} is {after}{unit} and was {before}{unit}"))
                }
                _ => None,
            }
        });
    let looser: Vec<String> = looser.collect();
    if !looser.is_empty() {
        report(sink, &looser.join(", "), was.span, Some(now.span));
    }
}

fn report(sink: &mut Sink, what: &str, was: Span, now: Option<Span>) {
    let message = format!("the change loosens its own guards: {what}");
    let mut diagnostic = Diagnostic::new(&GUARD_LOOSENED, message);
    if let Some(now) = now {
        diagnostic = diagnostic.at(now, "from the next change on");
    }
    sink.push(diagnostic.at(was, "holds for this plan").help(
        "a guard is loosened in a change of its own; once only it is passed with --accept-removals",
    ));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Protected, UserKey};
    use crate::text::SourceId;

    const SPAN: Span = Span {
        source: SourceId::OUTSIDE,
        start: 0,
        end: 0,
    };

    fn guards(
        removals: Option<[Option<u32>; 3]>,
        min_admins: Option<u32>,
        protected: &[&str],
    ) -> Guards {
        Guards {
            removals: removals.map(|[max, percent, window_days]| RemovalGuard {
                max,
                percent,
                window_days,
                span: SPAN,
            }),
            min_admins: min_admins.map(|it| (it, SPAN)),
            protected: protected
                .iter()
                .map(|it| Protected {
                    user: UserKey::new(it),
                    person: None,
                    span: SPAN,
                })
                .collect(),
        }
    }

    #[track_caller]
    fn loosened(was: &Guards, now: &Guards, expected: &[&str]) {
        let mut sink = Sink::new();
        compare(was, now, &mut sink);
        let messages = sink.diagnostics().iter().map(|it| {
            let message = it
                .message
                .strip_prefix("the change loosens its own guards: ");
            message.unwrap_or_default().to_owned()
        });
        assert_eq!(messages.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn what_allows_more_is_told_and_what_allows_less_is_not() {
        let was = guards(Some([Some(5), Some(10), Some(7)]), Some(2), &["ana", "bob"]);
        loosened(&was, &was.clone(), &[]);
        loosened(
            &was,
            &guards(
                Some([Some(4), Some(5), Some(30)]),
                Some(3),
                &["ana", "bob", "cleo"],
            ),
            &[],
        );
        loosened(
            &was,
            &guards(Some([Some(6), None, Some(6)]), None, &["bob"]),
            &[
                "max is 6 and was 5, percent is gone and was 10, window is 6d and was 7d",
                "min_admins is 1 and was 2",
                "\"ana\" is not protected any more",
            ],
        );
        loosened(
            &was,
            &guards(None, Some(2), &["ana", "bob"]),
            &["the guard on removals is gone"],
        );
    }

    #[test]
    fn a_limit_that_was_not_there_cannot_be_loosened() {
        let was = guards(Some([Some(5), None, None]), None, &[]);
        loosened(
            &was,
            &guards(Some([Some(5), Some(90), Some(1)]), Some(1), &[]),
            &[],
        );
        loosened(&guards(None, Some(1), &[]), &guards(None, None, &[]), &[]);
    }
}
