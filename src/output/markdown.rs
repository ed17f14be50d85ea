//! A plan as a short Markdown comment for a code review: what is dangerous first, then tables, never more than fits.
//!
//! # Design
//! A review comment may have 65,536 characters (GitHub); [`CHARS_MAX`] leaves room for what a workflow puts around it.
//! Rows are left out whole and counted, from the end: additions first, so that what takes something away stays.
//! Every name from outside goes through `code`: inside code nothing is a mention, a link, an issue or a tag.

use std::collections::BTreeMap;

use super::costs;
use super::danger::{self, Level};
use super::words::{self, Counts, count};
use crate::model::{AccountName, Action};
use crate::ops::base::Attestation;
use crate::ops::plan::{Purpose, Report};
use crate::ops::problems::{self, Problem, Problems};
use crate::plan::{AccountPlan, How, Plan, Step, StepId};
use crate::text::inert;

/// The longest comment, in characters.
pub const CHARS_MAX: usize = 60_000;
/// What is kept for the end: counts of what was left out.
const RESERVE_CHARS: usize = 2_000;
/// Problems shown; the others are counted.
const PROBLEMS_MAX: usize = 20;

/// A plan, or why there is none, for a review.
pub fn plan(report: &Report) -> String {
    let mut comment = Comment::default();
    comment.always(&format!("### {}\n", title(report)));
    if let Some(plan) = &report.plan {
        dangers(&mut comment, plan, report.problems.refused());
    }
    unread(&mut comment, report);
    problems(&mut comment, &report.problems);
    if let Some(plan) = &report.plan {
        for (name, account) in &plan.accounts {
            let steps: Vec<_> = words::steps_of(plan, name).collect();
            if !steps.is_empty() || account.lends() {
                self::account(&mut comment, report, (name, account), &steps);
            }
        }
        pending(&mut comment, report);
        attested(&mut comment, report);
        findings(&mut comment, plan);
        comment.always(&footer(report, plan));
    }
    comment.into_text()
}

/// The problems of an estate for a review.
pub fn validation(report: &crate::ops::validate::Report) -> String {
    let mut comment = Comment::default();
    let word = if report.problems.refused() {
        "refused"
    } else {
        "fine"
    };
    comment.always(&format!("### seatplan: {word}\n"));
    problems(&mut comment, &report.problems);
    comment.into_text()
}

pub use super::seat_list::seats;
pub use super::task_list::tasks;

/// The documentation of a code, or a list of codes.
pub fn explain(report: &crate::ops::explain::Report) -> String {
    let entries = report.codes.iter().map(|it| match it.doc {
        "" => format!("- `{}` {}\n", it.code, it.summary),
        doc => format!("## {}: {}\n\n{doc}\n", it.code, it.name),
    });
    entries.collect()
}

/// A text that knows how long it may get.
#[derive(Default)]
pub(super) struct Comment {
    text: String,
    chars: usize,
}

impl Comment {
    /// All of it.
    pub(super) fn into_text(self) -> String {
        self.text
    }

    /// Text that must be there; short.
    pub(super) fn always(&mut self, text: &str) {
        self.chars += text.chars().count();
        self.text.push_str(text);
    }

    /// Text that is left out if there is no room; says whether it went in.
    pub(super) fn offer(&mut self, text: &str) -> bool {
        let chars = text.chars().count();
        let fits = self.chars + chars + RESERVE_CHARS <= CHARS_MAX;
        if fits {
            self.chars += chars;
            self.text.push_str(text);
        }
        fits
    }

    /// Rows in order until one does not fit; the rest is counted in one sentence.
    pub(super) fn rows(&mut self, rows: impl IntoIterator<Item = String>, one: &str, many: &str) {
        let mut left_out = 0;
        for row in rows {
            if left_out > 0 || !self.offer(&row) {
                left_out += 1;
            }
        }
        if left_out > 0 {
            let number = count(left_out, one, many);
            self.offer_last(&format!(
                "\n*{number} not shown: the comment would be too long.*\n"
            ));
        }
    }

    /// Text for which the reserve is kept.
    fn offer_last(&mut self, text: &str) {
        let chars = text.chars().count();
        if self.chars + chars + RESERVE_CHARS / 4 <= CHARS_MAX {
            self.always(text);
        }
    }
}

fn title(report: &Report) -> String {
    let refused = report.problems.refused()
        || report
            .plan
            .as_ref()
            .is_none_or(|it| !it.refusals.is_empty());
    let Some(plan) = &report.plan else {
        return "seatplan: refused before any account was read".to_owned();
    };
    let counts = Counts::of(&plan.steps);
    let what = match (counts.all(), report.purpose) {
        (0, Purpose::Plan) => "no changes".to_owned(),
        (0, Purpose::Drift) => "no drift".to_owned(),
        (_, Purpose::Plan) => counted(&counts),
        (_, Purpose::Drift) => format!("drift: {}", counted(&counts)),
    };
    if refused {
        format!("seatplan: refused ({what})")
    } else {
        format!("seatplan: {what}")
    }
}

/// What there is to do, and how much of it by people.
fn counted(counts: &Counts) -> String {
    match counts.tasks {
        0 => counts.phrase(),
        tasks => format!(
            "{}; {} by hand",
            counts.phrase(),
            count(tasks, "step", "steps")
        ),
    }
}

fn dangers(comment: &mut Comment, plan: &Plan, refusals_are_told: bool) {
    let dangers = danger::of(plan, refusals_are_told);
    if dangers.is_empty() {
        return;
    }
    comment.always("\n> [!CAUTION]\n");
    let rows = dangers.iter().map(|it| {
        let word = match it.level {
            Level::Refusal => "**Refused**",
            Level::Accepted => "**Accepted**",
            Level::Loss => "**Loss**",
            Level::Cost => "**Cost**",
        };
        let places: Vec<_> = it.places.iter().map(|it| code(&it.to_string())).collect();
        let places = match places.as_slice() {
            [] => String::new(),
            places => format!(" ({})", words::listed(places)),
        };
        format!("> - {word}: {}{places}\n", prose(&it.text))
    });
    comment.rows(rows, "entry", "entries");
}

fn unread(comment: &mut Comment, report: &Report) {
    let rows = report.unread.iter().map(|it| {
        format!(
            "- **Not read**: {}: {}\n",
            code(&it.account),
            prose(&inert(&it.why))
        )
    });
    let rows: Vec<_> = rows.collect();
    if !rows.is_empty() {
        comment.always("\n");
        comment.rows(rows, "account", "accounts");
    }
}

pub(super) fn problems(comment: &mut Comment, problems: &Problems) {
    let list = problems.list();
    if list.is_empty() {
        return;
    }
    comment.always("\n");
    let mut sorted: Vec<&Problem> = list.iter().collect();
    sorted.sort_by_key(|it| match it.severity {
        problems::Level::Error => 0,
        problems::Level::Warning => 1,
        problems::Level::Note => 2,
    });
    let shown = sorted.iter().take(PROBLEMS_MAX).map(|it| problem(it));
    comment.rows(shown, "problem", "problems");
    let more = list.len().saturating_sub(PROBLEMS_MAX) + problems.sink.dropped();
    if more > 0 {
        let number = count(more, "more problem", "more problems");
        comment.always(&format!("- {number}\n"));
    }
}

fn problem(problem: &Problem) -> String {
    let word = match problem.severity {
        problems::Level::Error => "Error",
        problems::Level::Warning => "Warning",
        problems::Level::Note => "Note",
    };
    let place = problem.places.first();
    let place = place.map_or_else(String::new, |it| {
        format!(" at {}", code(&it.start.to_string()))
    });
    let mut text = format!(
        "- **{word} {}**{place}: {}\n",
        problem.code,
        prose(&inert(&problem.message))
    );
    for line in problem.notes.iter().chain(&problem.help) {
        for line in line.lines() {
            text.push_str(&format!("  <br>{}\n", prose(&inert(line))));
        }
    }
    text
}

fn account(
    comment: &mut Comment,
    report: &Report,
    (name, account): (&AccountName, &AccountPlan),
    steps: &[&Step],
) {
    let phrase = counted(&Counts::of(steps.iter().copied()));
    comment.always(&format!(
        "\n#### {} ({}): {phrase}\n",
        code(name),
        code(&account.product)
    ));
    if account.counted {
        comment.always(&format!("\n{}.\n", words::COUNTED));
    }
    for gap in &account.gaps {
        comment.offer(&format!(
            "\n**Not read**: {} ({}); nothing of this kind is removed\n",
            code(gap.word()),
            prose(&inert(&gap.why))
        ));
    }
    let mut sorted = steps.to_vec();
    // The order of danger, so that what is left out for length is what matters least.
    sorted.sort_by_key(|it| match it.action {
        Action::Remove => 0,
        Action::Update => 1,
        Action::Rename => 2,
        Action::Create => 3,
    });
    if !sorted.is_empty() {
        comment.always("\n| | what | change | line |\n|---|---|---|---|\n");
    }
    let rows = sorted.into_iter().map(|it| row(it, &report.waiting));
    comment.rows(rows, "change", "changes");
    if !account.pools.is_empty() {
        let mut table = String::from(
            "\n| pool | bought | used | freed | taken | after | peak |\n|---|--:|--:|--:|--:|--:|--:|\n",
        );
        for pool in &account.pools {
            let bought = words::capacity(&pool.purchased);
            let bought = match pool.purchased == pool.purchased_after {
                true => bought,
                false => format!("{bought} -> {}", words::capacity(&pool.purchased_after)),
            };
            table.push_str(&format!(
                "| {} | {} | {} | {} | {} | {} | {} |\n",
                code(&pool.pool),
                prose(&bought),
                pool.used,
                pool.freed,
                pool.taken,
                pool.after,
                pool.peak
            ));
            for lots in &pool.lots {
                table.push_str(&format!(
                    "| {}, lots of {} | {} | {} | {} | {} | {} | {} |\n",
                    code(&pool.pool),
                    lots.size,
                    words::lots_bought(lots),
                    lots.used,
                    lots.freed,
                    lots.taken,
                    lots.after,
                    lots.peak
                ));
            }
            for share in &pool.shares {
                table.push_str(&format!(
                    "| {}, {} | | {} | {} | {} | {} | |\n",
                    code(&pool.pool),
                    code(&share.account),
                    share.used,
                    share.freed,
                    share.taken,
                    share.after
                ));
            }
        }
        comment.offer(&table);
    }
    for (pool, head) in &account.shared {
        let text = prose(&words::counted_with(head));
        comment.offer(&format!("\n**Pool {}**: {text}\n", code(pool)));
    }
    if let Some(cost) = &account.cost {
        let lines = costs::lines(cost).into_iter().chain(costs::in_all(cost));
        comment.always("\n");
        comment.rows(
            lines.map(|it| format!("- **Cost**: {}\n", prose(&it))),
            "cost",
            "costs",
        );
    }
}

fn row(step: &Step, waiting: &BTreeMap<StepId, String>) -> String {
    let mut what = match step.action {
        Action::Create => step.after.as_ref().map(words::described),
        Action::Remove => step.before.as_ref().map(|it| {
            let was = words::described(it);
            let was = if was.is_empty() {
                was
            } else {
                format!("was {was}")
            };
            match words::cause(step.cause) {
                Some(cause) if was.is_empty() => cause.to_owned(),
                Some(cause) => format!("{was} ({cause})"),
                None => was,
            }
        }),
        Action::Update | Action::Rename => {
            let parts: Vec<_> = step.differences.iter().map(words::difference).collect();
            Some(parts.join("; "))
        }
    }
    .unwrap_or_default();
    if let Some(from) = &step.renamed_from {
        what = format!("was {}; {what}", words::thing(from));
    }
    let mut cell = prose(what.trim_end_matches("; "));
    if let Some(other) = &step.other {
        cell.push_str(&format!("<br>{}", prose(&words::handed(other))));
    }
    if let How::Task(task) = &step.how {
        let word = match waiting.get(&step.id) {
            Some(since) => format!("waiting ({}) since {since}", code(&step.id.0)),
            None => "by hand".to_owned(),
        };
        cell.push_str(&format!("<br>{word}: {}", prose(&words::task(task))));
    }
    if let Some(heir) = &step.hand_over_to {
        cell.push_str(&format!("<br>hands over to {}", code(heir)));
    }
    let mut place = step.places.first().map(|it| code(&it.to_string()));
    if let (Some(place), true) = (&mut place, step.other.is_some()) {
        // Two lines ask for a role that is handed on.
        let others = step.places[1..].iter();
        place.extend(others.map(|it| format!("<br>{}", code(&it.to_string()))));
    }
    if let Some(was) = &step.was {
        let place = place.get_or_insert_default();
        place.push_str(&format!("<br>was {}", code(&was.to_string())));
    }
    format!(
        "| {} | {} | {cell} | {} |\n",
        sign(step.action),
        code(&words::thing(&step.address)),
        place.unwrap_or_default()
    )
}

fn sign(action: Action) -> &'static str {
    match action {
        Action::Create => "add",
        Action::Update => "change",
        Action::Rename => "rename",
        Action::Remove => "**remove**",
    }
}

/// What the change says of accounts that are kept by hand.
fn attested(comment: &mut Comment, report: &Report) {
    let Some(base) = &report.base else {
        return;
    };
    if base.attestations.is_empty() && base.renewed.is_empty() {
        return;
    }
    comment.always("\n#### Attested by this change\n\n");
    comment.always(&format!(
        "The plan starts from what {} ({}) says.",
        code(&base.revision),
        code(base.short())
    ));
    for name in &base.new_inventories {
        comment.offer(&format!(
            " The inventory of {} is new: there it starts from the change.",
            code(name)
        ));
    }
    comment.always("\n");
    if !base.attestations.is_empty() {
        comment.always("\n| | account | what | who | line |\n|---|---|---|---|---|\n");
        comment.rows(
            base.attestations.iter().map(attested_row),
            "attestation",
            "attestations",
        );
    }
    if !base.renewed.is_empty() {
        comment.always("\n");
        let rows = base.renewed.iter();
        let rows = rows.map(|it| format!("- {}\n", prose(&words::renewed(it))));
        comment.rows(rows, "line", "lines");
    }
}

fn attested_row(it: &Attestation) -> String {
    let place = it.place.as_ref().map(|it| code(&it.to_string()));
    let mut who = prose(&words::vouched(it));
    if let Some(step) = &it.settles {
        who.push_str(&format!("<br>step {} is then done", code(&step.0)));
    }
    format!(
        "| {} | {} | {} | {who} | {} |\n",
        sign(words::attested_action(it)),
        code(&it.address.account),
        prose(&words::attested(it)),
        place.unwrap_or_default()
    )
}

/// Who was asked in and has not come yet.
fn pending(comment: &mut Comment, report: &Report) {
    if report.pending.is_empty() {
        return;
    }
    comment.always("\n#### Not active yet\n\n");
    let rows = report.pending.iter().map(|it| {
        let address = code(&it.address.to_string());
        format!("- {address}: {}\n", prose(&inert(&it.state)))
    });
    comment.rows(rows, "access", "accesses");
}

fn findings(comment: &mut Comment, plan: &Plan) {
    if plan.findings.is_empty() {
        return;
    }
    comment.always("\n#### Found, and left alone\n\n");
    let rows = plan.findings.iter().map(|it| {
        format!(
            "- {}: {}\n",
            code(&it.address.to_string()),
            prose(&inert(&it.text))
        )
    });
    comment.rows(rows, "finding", "findings");
}

fn footer(report: &Report, plan: &Plan) -> String {
    let short: String = plan.digest.chars().take(19).collect();
    let from = match &plan.guards.commit {
        Some(commit) => {
            let commit: String = commit.chars().take(7).collect();
            format!(
                " Guards from {} ({}).",
                code(&plan.guards.from),
                code(&commit)
            )
        }
        None if report.purpose == Purpose::Drift => String::new(),
        None => " Guards from the change itself.".to_owned(),
    };
    format!(
        "\nPlan {}, made at {}.{from}\n",
        code(&short),
        plan.made_at.strftime("%Y-%m-%d %H:%M UTC")
    )
}

/// A name as code. Plain names stand in backticks; others in a `code` element with every character as a reference that
/// could mean something to Markdown, to a table, or to GitHub's own links.
pub(super) fn code(text: &str) -> String {
    let text = inert(text);
    let plain = |c: char| c.is_ascii_alphanumeric() || " @._/+-:".contains(c);
    if !text.is_empty() && text.chars().all(plain) && text.trim() == text {
        format!("`{text}`")
    } else {
        format!("<code>{}</code>", escaped(&text))
    }
}

/// A sentence that may hold foreign words: nothing in it is markup, a mention or a link. What stands between two backticks
/// is code, as it is meant in our own sentences, if it begins like a command, a key or an option.
pub(super) fn prose(text: &str) -> String {
    let is_code = |it: &str| it.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-');
    let (mut shown, mut rest, mut from) = (String::new(), text, 0);
    while let Some(open) = rest[from..].find('`').map(|at| from + at) {
        let after = &rest[open + 1..];
        match after.split_once('`').filter(|(inside, _)| is_code(inside)) {
            Some((inside, after)) => {
                shown.push_str(&plain(&rest[..open]));
                shown.push_str(&code(inside));
                (rest, from) = (after, 0);
            }
            None => from = open + 1,
        }
    }
    shown + &plain(rest)
}

/// A sentence without code.
fn plain(text: &str) -> String {
    // GitHub looks for mentions and issues in the text that comes out, where a reference is no protection; it does not
    // look into code. So words that hold such a character become code.
    let words = text.split(' ').map(|word| {
        if word.contains(['@', '#']) || word.contains("://") || word.contains("www.") {
            let core = word.trim_matches(|c: char| "(),;:\"'".contains(c));
            let (before, after) = word.split_once(core).unwrap_or(("", ""));
            format!("{}{}{}", escaped(before), code(core), escaped(after))
        } else {
            escaped(word)
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Character references for everything that is not a letter, a digit, a blank or harmless punctuation.
fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | ' ' | ',' | '/' | ';' | '"' | '\'' | '%' | '?' => {
                shown.push(c);
            }
            // A full stop, a hyphen, a colon and parentheses are markup only at the start of a line or after brackets.
            '.' | '-' | ':' | '(' | ')' | '=' => shown.push(c),
            c if c.is_alphanumeric() => shown.push(c),
            c => shown.push_str(&format!("&#{};", c as u32)),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::{CHARS_MAX, code, plan, prose};
    use crate::output::fixtures;

    /// The counts of rows that are shown and of those that are said to be left out are all there are.
    #[test]
    fn a_comment_is_never_too_long_and_every_row_is_counted() {
        let text = plan(&fixtures::plan(5_000, 300));
        assert!(text.chars().count() <= CHARS_MAX);
        assert!(text.starts_with("### seatplan: 5,000 to add, 300 to remove\n"));
        let rows = |sign: &str| text.lines().filter(|it| it.starts_with(sign)).count();
        assert_eq!(rows("| **remove** |"), 300, "removals come first");
        let left_out = format!("*{} changes not shown", 5_000 - rows("| add |"));
        assert!(text.replace(',', "").contains(&left_out), "{left_out}");
        assert!(
            text.trim_end().ends_with("Guards from the change itself."),
            "the end is there: {}",
            &text[text.len() - 80..]
        );
    }

    #[test]
    fn names_are_code_whatever_they_hold() {
        assert_eq!(code("alice@acme.example"), "`alice@acme.example`");
        assert_eq!(
            code("a|b`c\u{202e}<img>"),
            "<code>a&#124;b&#96;c&#60;U&#43;202E&#62;&#60;img&#62;</code>"
        );
    }

    #[test]
    fn sentences_hold_no_markup_mention_or_link() {
        assert_eq!(
            prose("write `seats: {a: 4}` or `b`, not ` alone"),
            "write <code>seats: &#123;a: 4&#125;</code> or `b`, not &#96; alone"
        );
        assert_eq!(prose("``@c"), "<code>&#96;&#96;&#64;c</code>");
        assert_eq!(
            prose("role \"*x*\" of @team (see #1, https://evil.example)"),
            "role \"&#42;x&#42;\" of `@team` (see <code>&#35;1</code>, `https://evil.example`)"
        );
    }
}
