//! What happened next: people are asked a while after publication, and what they write comes to the
//! end of the post.

use jiff::{SpanRelativeTo, Timestamp, tz::TimeZone};

use super::{
    Answer, Answers, By, Definition, Field, Kind, Limits, Problem, Typed, Vocabulary, built_in,
    parse::Parser,
};

/// As much as a story may have.
const MOST: u64 = 20_000;
/// More than anybody is asked for.
const ENTRIES: u64 = 20;

impl Definition {
    /// When those whose post was published at this moment are asked what happened next.
    pub fn follow_ups(&self, published: Timestamp) -> Vec<Timestamp> {
        let published = published.to_zoned_datetime(TimeZone::UTC);
        let moments = self
            .follow_up
            .iter()
            .map(|after| published.checked_add(*after));
        moments.flatten().map(|moment| moment.timestamp()).collect()
    }

    /// The name of the update that somebody writes at this moment, as the post has it.
    pub fn heading_of_update(&self, at: Timestamp) -> String {
        let at = at.to_zoned_datetime(TimeZone::UTC);
        at.strftime("Update, %B %Y").to_string()
    }

    /// Judges an update.
    ///
    /// # Errors
    /// Every problem.
    pub fn parse_addendum(
        &self,
        heading: &str,
        text: &str,
        vocabulary: &Vocabulary,
    ) -> Result<Answers, Vec<Problem>> {
        let input = |name: &str| format!("{}-1-{name}", built_in::ADDENDA);
        let inputs = [input(built_in::HEADING), input(built_in::TEXT)];
        let typed = Typed::read(self, [(inputs[0].as_str(), heading), (&inputs[1], text)]);
        let mut parser = Parser::new(self, &typed, vocabulary);
        let mut entry = Answers::default();
        let addenda = self.field(built_in::ADDENDA);
        for field in addenda.map_or(&[] as &[Field], |it| &it.fields) {
            let answer = parser.field(field, &input(&field.name), &field.label, None);
            entry.set(&field.name, answer);
        }
        parser.finish()?;
        Ok(entry)
    }
}

/// Puts an update at the end of those that these answers have.
pub(crate) fn add_addendum(answers: &mut Answers, entry: Answers) {
    let mut entries = addenda(answers).to_vec();
    entries.push(entry);
    answers.set(built_in::ADDENDA, Some(Answer::Entries(entries)));
}

/// The updates that these answers have.
pub(crate) fn addenda(answers: &Answers) -> &[Answers] {
    match answers.get(built_in::ADDENDA) {
        Some(Answer::Entries(entries)) => entries,
        _ => &[],
    }
}

/// The field that holds the updates. Editors see it, as they do all fields.
pub(super) fn field(line: usize) -> Field {
    let inner = |name: &str, label: &str, enter: &str, kind, max| Field {
        enter: enter.to_owned(),
        limits: Limits::Count { min: 1, max },
        ..Field::plain(name, label, kind, By::Editors, line)
    };
    let heading = "Enter a heading, for example “Update, March 2027”";
    Field {
        hint: "Updates by the campaigner, at the end of the post.".to_owned(),
        entry: "update".to_owned(),
        is_required: false,
        fields: vec![
            inner(built_in::HEADING, "Heading", heading, Kind::Line, 100),
            inner(
                built_in::TEXT,
                "What happened next?",
                "Tell us what happened next",
                Kind::Markdown,
                MOST,
            ),
        ],
        ..inner(
            built_in::ADDENDA,
            "What happened next",
            "",
            Kind::Group,
            ENTRIES,
        )
    }
}

/// Whether this is a time after publication that a file may name: from a week to ten years.
pub(super) fn is_right(after: &jiff::Span) -> bool {
    let from = SpanRelativeTo::from(jiff::civil::date(2026, 1, 1));
    let hours = after.to_duration(from).map_or(0, |long| long.as_hours());
    (7 * 24..=10 * 366 * 24).contains(&hours)
}
