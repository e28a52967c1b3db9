//! What is in the queue, for other programs and for spreadsheets: as JSON, and as a table (CSV).
//!
//! Submissions are read some at a time and written one by one, so that memory stays small however
//! many there are.

use std::io::{self, Write};

use serde::{Serialize, Serializer as _, ser::SerializeSeq as _};

use crate::{
    form::{Audience, Contact, Definition, Forms},
    store::{Filter, Store, StoreError},
    submission::Submission,
    text::search::Query,
};

/// How many submissions that a search finds are looked up at once.
const AT_ONCE: usize = 100;

/// Spreadsheets take a file that begins with it for UTF-8, and one without for something older.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Spreadsheets calculate what begins with one of these: as OWASP lists them, the wide signs of East
/// Asian keyboards included.
const CALCULATED: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// Which submissions are exported, and how much of each.
#[derive(Debug, Clone, Default)]
pub struct Export {
    /// Only what fits.
    pub filter: Filter,
    /// Only what this search finds.
    pub query: Option<Query>,
    /// With names and addresses, and with answers that are not public.
    pub private: bool,
}

/// Why an export ended before its end.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Whoever reads it does not any more.
    #[error(transparent)]
    Output(#[from] io::Error),
}

impl From<serde_json::Error> for ExportError {
    fn from(error: serde_json::Error) -> Self {
        Self::Output(error.into())
    }
}

/// One submission as it is exported.
#[derive(Serialize)]
struct Exported<'a> {
    id: String,
    form: &'a str,
    stage: &'a str,
    received: String,
    /// Where it is on the blog.
    permalink: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<&'a Contact>,
    answers: serde_json::Value,
}

impl Export {
    /// Writes them as a list in JSON, newest first. Records that cannot be read are left out, and
    /// `unreadable` is told.
    ///
    /// # Errors
    /// When the store cannot be read, or nobody takes it.
    pub fn json(
        &self,
        store: &Store,
        forms: &Forms,
        mut out: impl Write,
        unreadable: impl FnMut(StoreError),
    ) -> Result<(), ExportError> {
        let mut serializer = serde_json::Serializer::pretty(&mut out);
        let mut list = serializer.serialize_seq(None)?;
        self.each(store, unreadable, |submission| {
            let definition = forms.of(&submission.form);
            Ok(list.serialize_element(&self.exported(&definition, &submission)?)?)
        })?;
        list.end()?;
        Ok(writeln!(out)?)
    }

    /// Writes them as a table (RFC 4180), a line each, newest first, with a column for every question
    /// of the forms. Of what is wrong, as [`Export::json`].
    ///
    /// # Errors
    /// When the store cannot be read, or nobody takes it.
    pub fn csv(
        &self,
        store: &Store,
        forms: &Forms,
        mut out: impl Write,
        mut unreadable: impl FnMut(StoreError),
    ) -> Result<(), ExportError> {
        let columns = self.columns(store, forms)?;
        let mut head = vec!["id", "form", "stage", "received", "permalink"];
        if self.private {
            head.extend(["contact_name", "contact_email"]);
        }
        write!(out, "{BYTE_ORDER_MARK}")?;
        row(&mut out, head.into_iter().chain(names(&columns)))?;
        self.each(store, &mut unreadable, |submission| {
            let definition = forms.of(&submission.form);
            let words = definition.in_words(submission.answers(), self.audience());
            let publication = submission.publication.as_ref();
            let (id, received) = (submission.id.to_string(), submission.received().to_string());
            let mut cells = vec![
                id.as_str(),
                &submission.form,
                submission.stage.name(),
                &received,
                publication.map_or("", |publication| &publication.permalink),
            ];
            if self.private {
                let contact = submission.contact.as_ref();
                cells.push(contact.map_or("", |contact| &contact.name));
                cells.push(contact.map_or("", |contact| &contact.email));
            }
            cells.extend(names(&columns).map(|column| {
                let answer = words.iter().find(|one| one.name == column);
                answer.map_or("", |one| one.words.as_str())
            }));
            Ok(row(&mut out, cells.into_iter())?)
        })
    }

    fn audience(&self) -> Audience {
        match self.private {
            true => Audience::Editors,
            false => Audience::Public,
        }
    }

    /// The questions of the forms in their order, each once. Answers to what no form asks any more are
    /// private; they are known only from the records, which are gone through for them.
    fn columns(&self, store: &Store, forms: &Forms) -> Result<Vec<String>, ExportError> {
        let mut columns: Vec<String> = Vec::new();
        let mut add = |name: &str| {
            if !columns.iter().any(|column| column == name) {
                columns.push(name.to_owned());
            }
        };
        let wanted = self.filter.form.as_deref();
        let wanted = forms
            .all()
            .iter()
            .filter(|form| wanted.is_none_or(|name| name == form.name));
        for field in wanted.flat_map(|form| form.fields()) {
            if field.is_public || self.private {
                add(&field.name);
            }
        }
        if self.private {
            self.each(store, drop, |submission| {
                submission.answers().iter().for_each(|(name, _)| add(name));
                Ok(())
            })?;
        }
        Ok(columns)
    }

    fn exported<'a>(
        &self,
        definition: &Definition,
        submission: &'a Submission,
    ) -> Result<Exported<'a>, serde_json::Error> {
        let mut answers = submission.answers().clone();
        if !self.private {
            definition.redact(&mut answers);
        }
        let publication = submission.publication.as_ref();
        Ok(Exported {
            id: submission.id.to_string(),
            form: &submission.form,
            stage: submission.stage.name(),
            received: submission.received().to_string(),
            permalink: publication.map(|publication| publication.permalink.as_str()),
            contact: submission.contact.as_ref().filter(|_| self.private),
            answers: serde_json::to_value(answers)?,
        })
    }

    fn each(
        &self,
        store: &Store,
        mut unreadable: impl FnMut(StoreError),
        mut each: impl FnMut(Submission) -> Result<(), ExportError>,
    ) -> Result<(), ExportError> {
        let mut next = |found: Result<Submission, StoreError>| match found {
            Ok(submission) => each(submission),
            Err(error) => {
                unreadable(error);
                Ok(())
            }
        };
        let Some(query) = &self.query else {
            return store.each_submission(&self.filter, next);
        };
        let mut after = None;
        loop {
            let page = store.search(query, &self.filter, after, AT_ONCE)?;
            for error in page.unreadable {
                next(Err(error))?;
            }
            for summary in page.summaries {
                match store.get(summary.id) {
                    Ok(Some(submission)) => next(Ok(submission))?,
                    Ok(None) => {}
                    Err(error) if error.is_of_one_record() => next(Err(error))?,
                    Err(other) => return Err(other.into()),
                }
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(()),
            }
        }
    }
}

fn names(columns: &[String]) -> impl Iterator<Item = &str> {
    columns.iter().map(String::as_str)
}

fn row<'a>(mut out: impl Write, cells: impl Iterator<Item = &'a str>) -> io::Result<()> {
    let cells: Vec<String> = cells.map(cell).collect();
    write!(out, "{}\r\n", cells.join(","))
}

/// An apostrophe keeps what spreadsheets would calculate a text.
fn cell(text: &str) -> String {
    let guard = match text.starts_with(CALCULATED) {
        true => "'",
        false => "",
    };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}
