//! What follows once something was sent: whether the campaigner agrees to an editor's changes, when
//! they are asked what happened next, and how long their personal data are kept.

use jiff::{Span, SpanRelativeTo};

use crate::{
    form::{
        follow_up,
        sign_off::{Asks, SignOff},
    },
    text::node::Section,
};

/// Nobody knows any more what they were asked longer ago.
const LONGEST: i64 = 366;

/// The keys `sign_off`, `sign_off_within`, `agreed`, `suggested` and `no_answer`.
pub(super) fn sign_off(section: &mut Section) -> SignOff {
    let ways = [
        ("off", Asks::Off),
        ("ask", Asks::Ask),
        ("require", Asks::Require),
    ];
    let asks = section.word("sign_off", &ways).unwrap_or(Asks::Off);
    let is_off = section
        .take("sign_off")
        .is_none_or(|node| node.text() == Some("off"));
    let days = days(section);
    let publishes = [("wait", false), ("publish", true)];
    let returns = [("wait", false), ("review", true)];
    let agreed_publishes = section.word("agreed", &publishes).unwrap_or(false);
    let suggested_returns = section.word("suggested", &returns).unwrap_or(false);
    let silence_agrees = section.word("no_answer", &publishes).unwrap_or(false);
    for key in ["sign_off_within", "agreed", "suggested", "no_answer"] {
        if let Some(node) = section.take(key).filter(|_| is_off) {
            let line = node.line;
            section.wrong(
                line,
                format!("`{key}` does nothing without `sign_off: ask` or `sign_off: require`"),
            );
        }
    }
    if asks == Asks::Require
        && silence_agrees
        && let Some(node) = section.take("no_answer")
    {
        let line = node.line;
        section.wrong(
            line,
            "with `sign_off: require` no answer is no agreement; write `sign_off: ask`, or `no_answer: wait`",
        );
    }
    SignOff {
        asks,
        days,
        silence_agrees,
        agreed_publishes,
        suggested_returns,
    }
}

fn days(section: &mut Section) -> i32 {
    let Some(node) = section.take("sign_off_within") else {
        return SignOff::DAYS;
    };
    let long = SpanRelativeTo::days_are_24_hours();
    let read = node
        .text()
        .and_then(|text| text.parse::<Span>().ok()?.to_duration(long).ok())
        .map(|within| (within.as_hours() / 24, within.as_hours() % 24))
        .filter(|(days, rest)| (1..=LONGEST).contains(days) && *rest == 0)
        .and_then(|(days, _)| i32::try_from(days).ok());
    if read.is_none() {
        let line = node.line;
        section.wrong(
            line,
            "`sign_off_within` must be a number of days up to 366, as in 10 days",
        );
    }
    read.unwrap_or(SignOff::DAYS)
}

/// The key `retention`.
pub(super) fn retention(section: &mut Section) -> Option<Span> {
    let node = section.take("retention")?;
    let read = node.text().and_then(|text| text.parse::<Span>().ok());
    let (line, read) = (node.line, read.filter(|span| span.signum() > 0));
    if read.is_none() {
        section.wrong(
            line,
            "`retention` must be a length of time, as in 12 months or 90 days",
        );
    }
    read
}

/// The key `follow_up`, and its line.
pub(super) fn follow_up(section: &mut Section) -> (Vec<Span>, usize) {
    const MOST: usize = 5;
    let nodes = section.list("follow_up").unwrap_or_default();
    let line = section.take("follow_up").map_or(1, |node| node.line);
    let mut times: Vec<Span> = Vec::new();
    for node in nodes {
        let read = node.text().and_then(|text| text.parse::<Span>().ok());
        match read.filter(follow_up::is_right) {
            Some(after) => times.push(after),
            None => section.wrong(
                node.line,
                "`follow_up` must be a list of times after publication, from a week to ten years, as in [6 months, 18 months]",
            ),
        }
    }
    if nodes.len() > MOST {
        section.wrong(line, format!("`follow_up` takes {MOST} times at most"));
    }
    let from = SpanRelativeTo::from(jiff::civil::date(2026, 1, 1));
    let rises = times.windows(2).all(|pair| {
        let before = pair[0].compare((pair[1], from));
        before.is_ok_and(|order| order.is_lt())
    });
    if !rises {
        section.wrong(
            line,
            "`follow_up` must name the sooner time first, and each once",
        );
    }
    (times, line)
}

#[cfg(test)]
mod tests {
    use crate::text::node::{Mistake, Node};

    use super::*;

    fn judged(text: &str) -> (SignOff, Vec<Mistake>) {
        let node = Node::read(text).expect("YAML");
        let mut mistakes = Vec::new();
        let mut section = Section::new(&node, "the form", &mut mistakes);
        let read = sign_off(&mut section);
        section.finish();
        (read, mistakes)
    }

    #[test]
    fn what_fits_is_read_and_nothing_said_is_off() {
        assert_eq!(judged(""), (SignOff::default(), Vec::new()));
        let text = "sign_off: ask\nsign_off_within: 2 weeks\nagreed: publish\nsuggested: review\nno_answer: publish\n";
        let read = SignOff {
            asks: Asks::Ask,
            days: 14,
            silence_agrees: true,
            agreed_publishes: true,
            suggested_returns: true,
        };
        assert_eq!(judged(text), (read, Vec::new()));
    }

    #[test]
    fn each_mistake_is_told_with_its_line_and_what_to_write() {
        for (text, line, words) in [
            ("sign_off: requrie\n", 1, "did you mean `require`?"),
            ("sign_off: ask\nsign_off_within: soon\n", 2, "as in 10 days"),
            (
                "sign_off: ask\nsign_off_within: 12 hours\n",
                2,
                "as in 10 days",
            ),
            (
                "sign_off: ask\nsign_off_within: 2 years\n",
                2,
                "as in 10 days",
            ),
            (
                "sign_off: require\nno_answer: publish\n",
                2,
                "write `sign_off: ask`",
            ),
            ("\nno_answer: wait\n", 2, "without `sign_off: ask`"),
            ("agreed: publish\n", 1, "without `sign_off: ask`"),
            ("sign_off: ask\nagreed: review\n", 2, "`agreed`"),
            ("sign_off: ask\nsuggested: publish\n", 2, "`suggested`"),
            (
                "sign_off: off\nsign_off_within: 3 days\n",
                2,
                "without `sign_off: ask`",
            ),
            ("sign_off: ask\nno_answer: go\n", 2, "`no_answer`"),
        ] {
            let (_, mistakes) = judged(text);
            assert_eq!(mistakes.len(), 1, "{text}: {mistakes:?}");
            assert_eq!(mistakes[0].line, line, "{text}");
            assert!(mistakes[0].message.contains(words), "{:?}", mistakes[0]);
        }
    }

    #[test]
    fn times_after_publication_rise_and_each_mistake_is_told() {
        let judged = |text: &str| {
            let node = Node::read(text).expect("YAML");
            let mut mistakes = Vec::new();
            let mut section = Section::new(&node, "the form", &mut mistakes);
            let (times, _) = follow_up(&mut section);
            section.finish();
            (times.len(), mistakes)
        };
        assert_eq!(judged(""), (0, Vec::new()));
        assert_eq!(judged("follow_up: [6 months, 1 year]"), (2, Vec::new()));
        assert_eq!(judged("follow_up: 6 months"), (1, Vec::new()));
        for (text, words) in [
            ("follow_up: [soon]", "as in [6 months, 18 months]"),
            ("follow_up: [1 day]", "from a week"),
            ("follow_up: [11 years]", "to ten years"),
            ("follow_up: [18 months, 6 months]", "the sooner time first"),
            ("follow_up: [12 months, 1 year]", "each once"),
            (
                "follow_up: [1 year, 2 years, 3 years, 4 years, 5 years, 6 years]",
                "5 times at most",
            ),
        ] {
            let (_, mistakes) = judged(text);
            assert_eq!(mistakes.len(), 1, "{text}: {mistakes:?}");
            assert_eq!(mistakes[0].line, 1);
            assert!(mistakes[0].message.contains(words), "{:?}", mistakes[0]);
        }
    }
}
