//! When a form can be filled in.

use jiff::{SignedDuration, Timestamp};

/// When a form opens and closes, and what people read outside that time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Opening {
    /// From when on; absent: always.
    pub opens: Option<Timestamp>,
    /// Until when; absent: for ever.
    pub closes: Option<Timestamp>,
    /// How long after that those can still send it who had it open before.
    pub finish_within: SignedDuration,
    /// What people read before it opens.
    pub before: String,
    /// What people read after it has closed.
    pub after: String,
}

/// How a form stands at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    #[allow(missing_docs, reason = "the names say it")]
    NotYet,
    #[allow(missing_docs, reason = "the names say it")]
    Open,
    #[allow(missing_docs, reason = "the names say it")]
    Closed,
}

impl Opening {
    /// How it stands for somebody who comes now.
    pub fn at(&self, now: Timestamp) -> Door {
        if self.opens.is_some_and(|opens| now < opens) {
            Door::NotYet
        } else if self.closes.is_some_and(|closes| now >= closes) {
            Door::Closed
        } else {
            Door::Open
        }
    }

    /// How it stands for somebody who opened it at `begun`.
    pub fn for_one_who_began(&self, begun: Timestamp, now: Timestamp) -> Door {
        let may_finish = self.at(begun) == Door::Open
            && self.closes.is_some_and(|closes| {
                closes
                    .checked_add(self.finish_within)
                    .is_ok_and(|end| now < end)
            });
        match self.at(now) {
            Door::Closed if may_finish => Door::Open,
            door => door,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_begun_can_finish_and_who_comes_later_can_not() {
        let at = |hour: i64| Timestamp::from_second(1_800_000_000 + hour * 3600).unwrap();
        let opening = Opening {
            opens: Some(at(0)),
            closes: Some(at(10)),
            finish_within: SignedDuration::from_hours(2),
            ..Opening::default()
        };
        assert_eq!(opening.at(at(-1)), Door::NotYet);
        assert_eq!(opening.at(at(0)), Door::Open);
        assert_eq!(opening.at(at(10)), Door::Closed);
        assert_eq!(opening.for_one_who_began(at(9), at(11)), Door::Open);
        assert_eq!(opening.for_one_who_began(at(9), at(12)), Door::Closed);
        assert_eq!(opening.for_one_who_began(at(10), at(11)), Door::Closed);
        assert_eq!(opening.for_one_who_began(at(-2), at(11)), Door::Closed);
    }
}
