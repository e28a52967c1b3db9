//! The definition of a form. [`super::judge()`] makes one of a file.

use std::collections::BTreeMap;

use jiff::{Span, civil::Date};

use super::{
    Answer, Answers, By, Consent, Credit, Field, Kind, Opening, Options, Pattern, PublicAnswers,
    PublicField, SignOff, built_in,
};

/// One form: all that is asked, and what becomes of the answers.
#[derive(Debug, Clone)]
pub struct Definition {
    /// The file's name without its ending; also in addresses (`/forms/NAME`) and in records.
    pub name: String,
    /// The heading of the form's page.
    pub title: String,
    /// The sentence below it.
    pub lead: String,
    /// A second paragraph, such as how long it takes.
    pub about: String,
    /// What else to know before sending, on the check page; may be empty.
    pub before_sending: String,
    /// What is sent, as sentences call it: “case study”.
    pub noun: String,
    /// What editors do with what is sent, for them to choose what is next; may be empty.
    pub next_actions: Vec<String>,
    /// When it can be filled in.
    pub opening: Opening,
    /// The parts in the order of the page; the last is about the sender.
    pub parts: Vec<Part>,
    /// What is agreed to.
    pub consent: Consent,
    /// How people are named in the post, where the form asks it.
    pub credit: Option<Credit>,
    /// Whether the campaigner agrees to what editors have changed.
    pub sign_off: SignOff,
    /// How long after publication the campaigner is asked what happened next.
    pub follow_up: Vec<Span>,
    /// How long name, address and notes are kept after the end, where that is another time than the
    /// service's.
    pub retention: Option<Span>,
    /// What becomes of the answers.
    pub post: PostSection,
}

/// Some fields below one heading.
#[derive(Debug, Clone)]
pub struct Part {
    /// For links, and for a post's template.
    pub name: String,
    #[allow(missing_docs, reason = "the names say it")]
    pub title: String,
    /// A sentence below the title; may be empty.
    pub lead: String,
    #[allow(missing_docs, reason = "the names say it")]
    pub fields: Vec<Field>,
}

/// What becomes of the answers.
#[derive(Debug, Clone)]
pub struct PostSection {
    /// The template of the file, below `templates/`.
    pub template: String,
    /// The file in the repository.
    pub path: Pattern,
    /// Where people read it.
    pub permalink: Pattern,
    /// From what the slug of a new post is made; `{title}` is the title.
    pub slug: String,
    /// The field that lists show as the title.
    pub title: String,
    /// What stands before it in the post's title, blanks included.
    pub title_prefix: String,
    /// The field that lists show below the title.
    pub by: Option<String>,
    /// Under whose name it appears, for who reads the preview; may be empty.
    pub by_line: String,
    /// The field that holds the post's date; absent: the built-in one.
    pub date: Option<String>,
    /// Whether it can be published before that date, which is the day of an event for example.
    pub is_announced: bool,
    /// Where pictures go in the repository, where the form asks for some.
    pub images: Option<Pattern>,
    /// Where readers find them, where that is not the same below the root of the blog's host.
    pub images_address: Option<Pattern>,
}

impl Definition {
    /// Every field that is kept among the answers, in the order of the parts.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.parts
            .iter()
            .flat_map(|part| &part.fields)
            .filter(|field| !is_contact(&field.name))
    }

    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.parts
            .iter()
            .flat_map(|part| &part.fields)
            .find(|field| field.name == name)
    }

    /// Whether anything is asked more than once, with buttons to add and to remove.
    pub fn has_groups(&self) -> bool {
        self.fields().any(|field| field.kind.is_group())
    }

    /// The fields that this side fills in: editors fill in all but how the campaigner is named,
    /// campaigners theirs.
    pub fn fields_of(&self, by: By) -> impl Iterator<Item = &Field> {
        self.fields().filter(move |field| match by {
            By::Editors => !self.is_credit(&field.name),
            By::Campaigner => field.by == By::Campaigner,
        })
    }

    /// Whether it asks for pictures.
    pub fn has_pictures(&self) -> bool {
        self.fields().any(|field| field.kind == Kind::Images)
    }

    /// The files of all pictures in these answers.
    pub fn pictures<'a>(&self, answers: &'a Answers) -> Vec<&'a str> {
        let images = self.fields().filter(|field| field.kind == Kind::Images);
        let entries = images.flat_map(|field| match answers.get(&field.name) {
            Some(Answer::Entries(entries)) => entries.as_slice(),
            _ => &[],
        });
        entries.map(|entry| entry.text(built_in::PICTURE)).collect()
    }

    /// Takes all pictures out of these answers.
    pub fn drop_pictures(&self, answers: &mut Answers) {
        for field in self.fields().filter(|field| field.kind == Kind::Images) {
            answers.set(&field.name, None);
        }
    }

    /// The one way from what a record holds to what may leave the desk.
    pub fn public(&self, answers: &Answers) -> PublicAnswers<'_> {
        let fields = self.parts.iter().flat_map(|part| {
            part.fields
                .iter()
                .filter(|field| field.is_public && !is_built_in(&field.name))
                .filter(|field| !(self.is_credit(&field.name) && field.name != built_in::CREDIT))
                .map(|field| PublicField {
                    part: &part.name,
                    field,
                    answer: match self.is_credit(&field.name) {
                        true => Some(self.credit_of(answers))
                            .filter(|name| !name.is_empty())
                            .map(Answer::Text),
                        false => answers.get(&field.name).and_then(|it| redact(field, it)),
                    },
                })
        });
        PublicAnswers::new(self, fields.collect(), answers.text(built_in::SLUG))
    }

    /// Takes out what may not leave the desk, and what no field of ours asks for: for erasure.
    pub fn redact(&self, answers: &mut Answers) {
        let kept: BTreeMap<String, Answer> = self
            .fields()
            .filter(|field| field.is_public)
            .filter_map(|field| {
                let answer = redact(field, answers.get(&field.name)?)?;
                Some((field.name.clone(), answer))
            })
            .collect();
        *answers = kept.into();
    }

    /// What lists call a submission with these answers.
    pub fn title_of<'a>(&self, answers: &'a Answers) -> &'a str {
        match answers.text(&self.post.title) {
            "" => answers.text(built_in::SLUG),
            title => title,
        }
    }

    /// What lists show below the title; empty where the form names no such field.
    pub fn by_of(&self, answers: &Answers) -> String {
        let field = self.post.by.as_deref().and_then(|name| self.field(name));
        field
            .and_then(|field| Some(answers.get(&field.name)?.in_words(field)))
            .unwrap_or_default()
    }

    /// The title of the post. A prefix that was typed already does not come twice.
    pub fn post_title(&self, answers: &Answers) -> String {
        let (prefix, title) = (&self.post.title_prefix, self.title_of(answers));
        format!("{prefix}{}", without_prefix(title, prefix))
    }

    /// A slug for a new post with these answers.
    pub fn slug_for(&self, answers: &Answers) -> String {
        let title = without_prefix(answers.text(&self.post.title), &self.post.title_prefix);
        let slug = super::pattern::slug(&self.post.slug.replace("{title}", title));
        if slug.is_empty() {
            return super::pattern::slug(&self.name);
        }
        slug
    }

    /// The date of the post, where the answers give one.
    pub fn date_of(&self, answers: &Answers) -> Option<Date> {
        let name = self.post.date.as_deref().unwrap_or(built_in::DATE);
        answers.text(name).parse().ok()
    }

    /// Fills in the defaults of what was left empty, in a new record: all, and after a change by
    /// the campaigner: those of the campaigner's own fields.
    pub fn fill_in_defaults(&self, answers: &mut Answers, is_new: bool) {
        for field in self.fields() {
            if let Some(default) = &field.default
                && answers.get(&field.name).is_none()
                && (is_new || field.by == By::Campaigner)
            {
                answers.set(&field.name, Some(default.clone()));
            }
        }
        if answers.text(built_in::SLUG).is_empty() {
            let slug = self.slug_for(answers);
            answers.set(built_in::SLUG, Some(Answer::Text(slug)));
        }
    }

    /// The templates of the pages that people may add.
    pub fn page_templates(&self) -> impl Iterator<Item = &str> {
        self.fields()
            .flat_map(|field| std::iter::once(field).chain(&field.fields))
            .filter_map(|field| match &field.options {
                Options::Pages {
                    add: Some(template),
                    ..
                } => Some(template.as_str()),
                _ => None,
            })
    }

    /// The longest that all answers together can be, in characters.
    pub(super) fn most_characters(&self) -> u64 {
        fn most(field: &Field) -> u64 {
            match field.kind {
                Kind::Group | Kind::Images => {
                    field.limits.most() * field.fields.iter().map(most).sum::<u64>()
                }
                Kind::Choices => field.limits.most() * 200,
                kind if kind.is_text() => field.limits.most(),
                _ => 100,
            }
        }
        self.parts
            .iter()
            .flat_map(|part| &part.fields)
            .map(most)
            .sum()
    }

    /// Whether it asks who sends it for a name too, and not for an address alone.
    pub fn asks_name(&self) -> bool {
        self.is_gone() || self.field(built_in::CONTACT_NAME).is_some()
    }

    /// Whether others may fill in the field of this name before whoever sends the form: a public answer
    /// of campaigners. Who they are, what they agree to, how they want to be named and their pictures
    /// are theirs alone.
    pub fn can_be_begun(&self, name: &str) -> bool {
        self.field(name).is_some_and(|field| {
            field.is_public && field.by == By::Campaigner && field.kind != Kind::Images
        }) && !is_contact(name)
            && !self.is_credit(name)
    }
}

fn is_contact(name: &str) -> bool {
    matches!(name, built_in::CONTACT_NAME | built_in::CONTACT_EMAIL)
}

fn is_built_in(name: &str) -> bool {
    is_contact(name) || matches!(name, built_in::SLUG | built_in::DATE)
}

/// What of an answer is public: of a group, the public fields of each entry.
pub(super) fn redact(field: &Field, answer: &Answer) -> Option<Answer> {
    let Answer::Entries(entries) = answer else {
        return Some(answer.clone());
    };
    let public = |entry: &Answers| {
        let kept: BTreeMap<String, Answer> = field
            .fields
            .iter()
            .filter(|inner| inner.is_public)
            .filter_map(|inner| Some((inner.name.clone(), entry.get(&inner.name)?.clone())))
            .collect();
        Answers::from(kept)
    };
    let entries: Vec<Answers> = entries
        .iter()
        .map(public)
        .filter(|it| !it.is_empty())
        .collect();
    (!entries.is_empty()).then_some(Answer::Entries(entries))
}

pub(super) fn without_prefix<'a>(title: &'a str, prefix: &str) -> &'a str {
    let words = prefix.trim_end();
    match title.get(..words.len()) {
        Some(start) if !words.is_empty() && start.to_lowercase() == words.to_lowercase() => {
            let rest = title[words.len()..].trim_start();
            if rest.is_empty() { title } else { rest }
        }
        _ => title,
    }
}
