//! Searching: the words of each submission in an index, and what editors look for in it.
//!
//! What a word is and which are alike, [`text::search`](crate::text::search) alone says; the
//! engines see tokens. Indexing is left to a job, for many at once; a search first indexes the
//! newest of what is still noted, so that it finds what was saved a moment ago.

use std::{
    collections::BTreeSet,
    thread,
    time::{Duration, Instant},
};

use sha2::{Digest, Sha256};

use super::{
    Cursor, Filter, Page, Store, StoreError, Summary,
    jobs::{Note, SEARCH, noted, strike_out},
    likeness,
    lists::summary,
    parse, set_fact,
    sql::{Sql, Value},
    tally,
};
use crate::{
    submission::Submission,
    text::{
        fingerprint::Fingerprint,
        hex,
        search::{Query, Term, tokens},
    },
};

/// How many submissions are looked at at once, by the job and by somebody who searches.
const AT_ONCE: i64 = 200;
const AT_ONCE_IN_A_SEARCH: i64 = 20;
/// How many submissions get other words in one transaction. Of 100,000, SQLite takes 6 to 20 ms to take
/// out the words of one, and meanwhile nothing else is saved.
const REPLACED_AT_ONCE: usize = 10;
/// How long a search waits for what is noted, which after a change of a form is everything.
const WAITS: Duration = Duration::from_secs(1);
/// Grows when the index has to be made anew because this program makes it otherwise.
const VERSION: u32 = 4;
/// A text whose numbers tell whether this program makes them as the one before did.
const SAMPLE: &str = "a text of a few more words than it takes to make numbers of it, which are the \
    same as long as they are made in one way";
/// The name, among the facts, of what the index was made with.
const MADE_WITH: &str = "search index";
/// The longest beginning of a word for which SQLite has an index: see `migrations/0001.sqlite.sql`.
const INDEXED_BEGINNING: usize = 3;
/// Added to the mark of a note where not only the words are to be made anew: far more than anybody notes.
const RENEWAL: i64 = 1 << 32;
/// How many tokens that begin alike are looked for one by one.
const MOST_TOKENS: usize = 40;
/// How many candidates of a page are looked at, where the index alone cannot tell.
const MOST_LOOKED_AT: usize = 2_000;

/// What becomes of one submission's words.
struct Words {
    note: Note,
    /// `None` where its record cannot be read, or they are in the index as they are.
    tokens: Option<String>,
    /// Whether there are others in the index.
    are_replaced: bool,
    /// At a renewal: by which those are found that are like it.
    names: Option<BTreeSet<i64>>,
    /// At a renewal: what lists show, where it is not what the row has: what it has, and what it should
    /// have.
    summary: Option<(String, Summary, String)>,
}

impl Store {
    /// Notes all submissions to be indexed, and to be made anew in all that is made of their records, where
    /// that was done with other forms or by a version that did it otherwise.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn renew_search(&self) -> Result<(), StoreError> {
        // The numbers of texts are made by the standard library's hasher, which may change with it.
        let sample = Fingerprint::of(SAMPLE).names();
        let forms = format!("{VERSION} {sample:?} {:?}", self.forms);
        let made_with = hex(&Sha256::digest(forms.as_bytes()));
        if self
            .engine
            .read(|sql| super::fact(sql, MADE_WITH))?
            .as_ref()
            == Some(&made_with)
        {
            return Ok(());
        }
        self.write(|sql| {
            let statement = "INSERT INTO todo (job, seq, mark)
                SELECT CAST($1 AS TEXT), seq, CAST($2 AS BIGINT) FROM submission WHERE seq > 0
                ON CONFLICT (job, seq) DO UPDATE SET mark = todo.mark + EXCLUDED.mark";
            sql.run(statement, &[SEARCH.into(), RENEWAL.into()])?;
            set_fact(sql, MADE_WITH, &made_with)
        })
    }

    /// Indexes some of the submissions that are noted for it. Answers whether there may be more;
    /// `None` when nothing was noted.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn index_some(&self) -> Result<Option<bool>, StoreError> {
        self.index_up_to(AT_ONCE)
    }

    fn index_up_to(&self, most: i64) -> Result<Option<bool>, StoreError> {
        let notes = self.engine.read(|sql| noted(sql, SEARCH, most))?;
        if notes.is_empty() {
            return Ok(None);
        }
        self.index_noted(&notes)?;
        Ok(Some(notes.len() as i64 == most))
    }

    /// Indexes what is noted so. Where it was noted again meanwhile, that stays to be done.
    pub(super) fn index_noted(&self, notes: &[Note]) -> Result<(), StoreError> {
        let words = self.engine.read(|sql| {
            let words = notes.iter().map(|note| self.words_of(sql, *note));
            words.collect::<Result<Vec<_>, _>>()
        })?;
        let mut left = words.as_slice();
        while !left.is_empty() {
            let mut replaced = 0;
            let fitting = left.iter().take_while(|words| {
                replaced += usize::from(words.are_replaced);
                replaced <= REPLACED_AT_ONCE
            });
            let (now, later) = left.split_at(fitting.count());
            let started = Instant::now();
            self.put_in(now)?;
            left = later;
            // The right to write is not given to who has waited longest, and others have words to save.
            if !left.is_empty() {
                thread::sleep(started.elapsed());
            }
        }
        Ok(())
    }

    fn put_in(&self, words: &[Words]) -> Result<(), StoreError> {
        self.engine.write(|sql| {
            for words in words {
                if words.summary.is_some()
                    && let Some(statement) = sql.dialect().lock_submission()
                {
                    // First the submission, then its notes, as whoever changes it does; else the
                    // two may wait for each other.
                    sql.rows(statement, &[words.note.seq.into()])?;
                }
                // Whoever strikes it out indexes it, so that nobody writes older words over newer.
                if !strike_out(sql, SEARCH, words.note)? {
                    continue;
                }
                if let Some(tokens) = &words.tokens {
                    index(sql, words.note.seq, tokens)?;
                }
                if let Some(names) = &words.names {
                    likeness::rename(sql, words.note.seq, names)?;
                }
                if let Some((old, summary, new)) = &words.summary {
                    // Whoever has changed it meanwhile has made it anew, whether noted here or not.
                    let statement = "UPDATE submission
                        SET summary = $2, assigned = $4, problem = $5, post_date = $6,
                            language = $7, due_on = $8
                        WHERE seq = $1 AND summary = $3";
                    let values = [
                        words.note.seq.into(),
                        new.into(),
                        old.into(),
                        summary.assigned.as_ref().into(),
                        summary.has_problem().into(),
                        summary.post_date().into(),
                        summary.language.as_ref().into(),
                        summary.due_number().into(),
                    ];
                    let is_changed = sql.run(statement, &values)? > 0;
                    // What cannot be read now was counted as nothing that it would be today.
                    if let (true, Ok(old)) = (is_changed, serde_json::from_str::<Summary>(old)) {
                        tally(sql, summary.tallies_after(&old))?;
                    }
                }
            }
            Ok(())
        })
    }

    fn words_of(&self, sql: &mut dyn Sql, note: Note) -> Result<Words, StoreError> {
        let mut words = Words {
            note,
            tokens: None,
            are_replaced: false,
            names: None,
            summary: None,
        };
        let statement = "SELECT id, record, summary FROM submission WHERE seq = $1";
        let Some(row) = sql.row(statement, &[note.seq.into()])? else {
            return Ok(words);
        };
        let id = row.text(0)?.parse().map_err(StoreError::database)?;
        let Ok(submission) = parse(id, &row, 1) else {
            return Ok(words);
        };
        let mut all = tokens(&self.search_text(&submission));
        all.insert(stage_token(submission.stage.name()));
        all.insert(form_token(&submission.form));
        let all = all.into_iter().collect::<Vec<_>>().join(" ");
        let values = [note.seq.into(), (&all).into()];
        let is_indexed = sql.row(sql.dialect().is_indexed_as(), &values)?;
        let is_indexed = is_indexed.map(|row| row.int(0)).transpose()?;
        words.are_replaced = is_indexed == Some(0);
        words.tokens = (is_indexed != Some(1)).then_some(all);
        if note.mark >= RENEWAL {
            words.names = Some(likeness::names(&self.forms, &submission));
            let (summary, new) = self.summary_of(&submission)?;
            let old = row.text(2)?;
            words.summary = (old != new).then(|| (old.to_owned(), summary, new));
        }
        Ok(words)
    }

    /// What editors search in: every public answer, and who has sent it.
    fn search_text(&self, submission: &Submission) -> String {
        let definition = self.forms.of(&submission.form);
        let mut text = definition.search_text(submission.answers());
        if let Some(contact) = &submission.contact {
            text.extend(["\n", &contact.name, "\n", &contact.email]);
        }
        text
    }

    /// The submissions that hold what is looked for, newest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn search(
        &self,
        query: &Query,
        filter: &Filter,
        after: Option<Cursor>,
        most: usize,
    ) -> Result<Page, StoreError> {
        let started = Instant::now();
        while self.index_up_to(AT_ONCE_IN_A_SEARCH)? == Some(true) && started.elapsed() < WAITS {}
        let mut terms = self.engine.read(|sql| {
            let terms = query.terms().iter().map(|term| wanted(sql, term));
            terms.collect::<Result<Vec<_>, _>>()
        })?;
        let stage = filter.stage.map(|stage| stage_token(stage.name()));
        let form = filter.form.as_ref().map(|form| form_token(form));
        terms.extend(
            stage
                .into_iter()
                .chain(form)
                .map(|token| (vec![token], false)),
        );
        let mut before = after.map_or(i64::MAX, |cursor| cursor.seq);
        let mut page = Page::default();
        let mut looked_at = 0;
        loop {
            let rows = self.engine.read(|sql| {
                let (statement, terms) = sql.dialect().search(&terms);
                let values = [Value::Text(&terms), before.into(), (most as i64 + 1).into()];
                sql.rows(statement, &values)
            })?;
            for row in &rows {
                if page.summaries.len() == most || looked_at == MOST_LOOKED_AT {
                    page.next = Some(Cursor::at(before));
                    return Ok(page);
                }
                looked_at += 1;
                before = row.int(0)?;
                match summary(row, 1) {
                    Ok(summary) => {
                        if filter.fits(&summary)
                            && (!query.needs_check() || self.holds(row, query)?)
                        {
                            page.summaries.push(summary);
                        }
                    }
                    Err(error) if error.is_of_one_record() => page.unreadable.push(error),
                    Err(other) => return Err(other),
                }
            }
            if rows.len() <= most {
                return Ok(page);
            }
        }
    }

    /// Whether the record of a row of the search holds what is looked for.
    fn holds(&self, row: &super::Row, query: &Query) -> Result<bool, StoreError> {
        let id = row.text(1)?.parse().map_err(StoreError::database)?;
        let submission = self.get(id)?;
        Ok(submission.is_some_and(|submission| query.matches(&self.search_text(&submission))))
    }
}

/// The tokens of which a text must have one, and whether that may go on. Where few tokens begin as
/// the term does, it is these, which SQLite then looks for from the newest submission on.
pub(super) fn wanted(sql: &mut dyn Sql, term: &Term) -> Result<(Vec<String>, bool), StoreError> {
    let mut tokens = Vec::new();
    let mut from = term.token.clone();
    let is_long = term.token.chars().count() > INDEXED_BEGINNING;
    if let (Some(statement), true) = (sql.dialect().next_token(), term.is_prefix && is_long) {
        while tokens.len() <= MOST_TOKENS {
            match sql.row(statement, &[(&from).into()])? {
                Some(row) if row.text(0)?.starts_with(&term.token) => {
                    let token = row.text(0)?.to_owned();
                    // No token has a character as low as this one.
                    from = format!("{token}\u{1}");
                    tokens.push(token);
                }
                _ if tokens.is_empty() => break,
                _ => return Ok((tokens, false)),
            }
        }
    }
    Ok((vec![term.token.clone()], term.is_prefix))
}

pub(super) fn index(sql: &mut dyn Sql, seq: i64, tokens: &str) -> Result<(), StoreError> {
    let (remove, add) = sql.dialect().index();
    sql.run(remove, &[seq.into()])?;
    sql.run(add, &[seq.into(), tokens.into()]).map(drop)
}

/// A token that no word is, as it holds a colon.
fn stage_token(stage: &str) -> String {
    format!("stage:{stage}")
}

fn form_token(form: &str) -> String {
    format!("form:{form}")
}
