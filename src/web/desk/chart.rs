//! The queue's last twelve weeks as a picture.

use jiff::Timestamp;
use serde::Serialize;

use crate::form::thousands;

use crate::store::Counts;

const WEEKS: usize = 12;

#[derive(Serialize)]
pub(super) struct Chart {
    text: String,
    weeks: Vec<Week>,
}

#[derive(Serialize)]
struct Week {
    x: usize,
    in_y: usize,
    in_height: usize,
    out_y: usize,
    out_height: usize,
}

/// What came in and what went out, week by week.
pub(super) fn chart(counts: &Counts, now: Timestamp) -> Chart {
    let counts = counts.by_week(WEEKS, now);
    let most = counts
        .iter()
        .map(|(a, b)| *a.max(b))
        .max()
        .unwrap_or(0)
        .max(1);
    let height = |count: usize| count * 90 / most;
    let weeks = counts
        .iter()
        .enumerate()
        .map(|(index, (came, went))| Week {
            x: index * 30 + 3,
            in_y: 100 - height(*came),
            in_height: height(*came),
            out_y: 100 - height(*went),
            out_height: height(*went),
        })
        .collect();
    let sum = |pick: fn(&(usize, usize)) -> usize| counts.iter().map(pick).sum::<usize>();
    let last = counts.last().copied().unwrap_or_default();
    let written = |count: usize| thousands(count as u64);
    Chart {
        text: format!(
            "In twelve weeks {} came in and {} were decided or withdrawn; this week {} and {}.",
            written(sum(|count| count.0)),
            written(sum(|count| count.1)),
            written(last.0),
            written(last.1)
        ),
        weeks,
    }
}
