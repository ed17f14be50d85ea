//! The proof of an account: its pools, and what its steps cost.

use super::super::Page;
use crate::output::costs;
use crate::output::look::{CHANGE, FAINT};
use crate::output::words::{self, grouped};
use crate::plan::{AccountPlan, LotProof, PoolProof, PoolShare};

/// The arithmetic of every pool.
pub(super) fn pools(page: &mut Page<'_>, account: &AccountPlan) {
    if account.pools.is_empty() {
        return shared(page, account);
    }
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header([
        "", "pool", "bought", "used", "freed", "taken", "after", "peak",
    ]);
    for pool in &account.pools {
        table.add_row(pool_row(pool));
        for lots in &pool.lots {
            table.add_row(lots_row(lots));
        }
        for share in &pool.shares {
            table.add_row(share_row(share));
        }
    }
    for at in 2..8 {
        if let Some(column) = table.column_mut(at) {
            column.set_cell_alignment(comfy_table::CellAlignment::Right);
        }
    }
    page.blank();
    for (at, line) in table.lines().enumerate() {
        let line = match at {
            0 => page.look.paint(FAINT, line.trim_end()),
            _ => line,
        };
        page.line(line);
    }
    for pool in account.pools.iter().filter(|it| it.waiting > 0) {
        let text = format!(
            "of {} used, {} did not accept yet",
            grouped(pool.used),
            grouped(pool.waiting)
        );
        let text = page.look.paint(FAINT, text);
        page.line(format!("  {}: {text}", pool.pool));
    }
    shared(page, account);
}

/// Pools whose arithmetic stands with another account.
fn shared(page: &mut Page<'_>, account: &AccountPlan) {
    if account.pools.is_empty() && !account.shared.is_empty() {
        page.blank();
    }
    for (pool, head) in &account.shared {
        let text = page.look.paint(FAINT, words::counted_with(head));
        page.line(format!("  {pool}: {text}"));
    }
}

/// What the account's steps cost.
/// What its steps cost.
pub(super) fn costs(page: &mut Page<'_>, account: &AccountPlan) {
    let Some(cost) = &account.cost else {
        return;
    };
    page.blank();
    let lead = format!("  {} ", page.look.paint(CHANGE, "$"));
    for line in costs::lines(cost).iter().chain(&costs::in_all(cost)) {
        page.paragraph(&lead, 4, line);
    }
}

fn pool_row(pool: &PoolProof) -> [String; 8] {
    let bought = match words::capacity(&pool.purchased) {
        now if pool.purchased == pool.purchased_after => now,
        now => format!("{now} -> {}", words::capacity(&pool.purchased_after)),
    };
    [
        String::new(),
        pool.pool.to_string(),
        bought,
        grouped(pool.used),
        grouped(pool.freed),
        grouped(pool.taken),
        grouped(pool.after),
        grouped(pool.peak),
    ]
}

/// What one account uses of a pool that several share, below the pool.
fn share_row(share: &PoolShare) -> [String; 8] {
    [
        String::new(),
        format!("  {}", share.account),
        String::new(),
        grouped(share.used),
        grouped(share.freed),
        grouped(share.taken),
        grouped(share.after),
        String::new(),
    ]
}

/// The lots of one size, below their pool.
fn lots_row(lots: &LotProof) -> [String; 8] {
    [
        String::new(),
        format!("  lots of {}", lots.size),
        words::lots_bought(lots),
        grouped(lots.used),
        grouped(lots.freed),
        grouped(lots.taken),
        grouped(lots.after),
        grouped(lots.peak),
    ]
}
