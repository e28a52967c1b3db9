//! `intake close`: the end of a form. It is closed with words, campaigners whose submissions are not
//! decided are told, what there is goes into a file, and the personal data of what has ended is erased.
//!
//! Each step looks at what there is and does only what is not done yet, so the command can be
//! interrupted at any point and run again.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use jiff::Timestamp;
use uuid::Uuid;

use super::{Parts, complain, export, no_form, parts, tell};
use crate::{
    durable,
    form::Definition,
    service::{Export, Noted, note},
    store::{Filter, StoreError},
    submission::{
        Action, Actor, Command, Context, Effect, MailChoice, NOTE_LIMIT, Recipient, Refusal, Stage,
        Submission,
    },
    text::clean::clean,
};

/// What the command takes.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The form's name.
    form: String,
    /// Does it; without this, only says what would happen.
    #[arg(long)]
    yes: bool,
    /// What people read where the form was, and in the emails to campaigners.
    #[arg(long, value_name = "TEXT")]
    words: Option<String>,
    /// Declines what is not decided yet, with an email to each campaigner; possible spam without one.
    #[arg(long)]
    decline: bool,
    /// The file for the export, which must not be there yet; without it, one in the current folder.
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,
    /// With names, email addresses and private answers in the export.
    #[arg(long)]
    private: bool,
    /// Opens the form again. Emails that were sent stay sent, and what was erased stays erased.
    #[arg(long, conflicts_with_all = ["yes", "words", "decline", "export", "private"])]
    reopen: bool,
}

/// How a submission stands towards the end of its form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    /// An editor or the campaigner has to do something.
    Undecided,
    PossibleSpam,
    /// Is to be published.
    Approved,
    /// Something is asked of the blog: to publish it anew, or to take it off.
    UnderWay,
    /// Has ended, and an email to the campaigner has not gone yet.
    EmailPending,
    /// Has ended, with personal data in it.
    Ended,
    Erased,
}

impl Standing {
    fn of(submission: &Submission) -> Self {
        let to_campaigner = |to: &Recipient| !matches!(to, Recipient::Editor(_));
        let mut mail = submission.mail.iter();
        match submission.stage {
            Stage::Quarantined => Self::PossibleSpam,
            Stage::Received | Stage::ChangesRequested => Self::Undecided,
            Stage::Approved => Self::Approved,
            _ if submission.contact.is_none() => Self::Erased,
            _ if submission.order.is_some() || !submission.take_downs_asked().is_empty() => {
                Self::UnderWay
            }
            _ if mail.any(|mail| mail.due().is_some() && to_campaigner(&mail.to)) => {
                Self::EmailPending
            }
            Stage::Published | Stage::Declined | Stage::Withdrawn => Self::Ended,
        }
    }
}

/// All submissions of a form, as they stand.
type Survey = BTreeMap<Standing, Vec<Uuid>>;

/// `false` where a record could not be read.
pub(super) fn run(file: Option<&Path>, arguments: &Arguments) -> anyhow::Result<bool> {
    let parts = parts(file)?;
    let name = &arguments.form;
    let Some(definition) = parts.forms.named(name).cloned() else {
        return Err(no_form(&parts.forms, name));
    };
    if arguments.reopen {
        if parts.store.reopen_form(name)? {
            note(Noted::FormReopened, "a command", "", name);
            tell(format_args!(
                "The form {name} is open again, as far as its file says so."
            ));
        } else {
            tell(format_args!("The form {name} was not closed by a command."));
        }
        return Ok(true);
    }
    let words = arguments.words.as_deref().map(clean);
    if let Some(words) = &words
        && words.chars().count() > NOTE_LIMIT
    {
        anyhow::bail!("--words: at most {NOTE_LIMIT} characters");
    }
    let close = Close {
        filter: Filter {
            form: Some(name.clone()),
            ..Filter::default()
        },
        now: Timestamp::now(),
        words,
        definition: &definition,
        arguments,
        parts: &parts,
    };
    let export = close.export_path()?;
    let (found, good) = close.survey()?;
    if !arguments.yes {
        close.plan(&found, &export)?;
        return Ok(good);
    }
    let since = parts
        .store
        .close_form(name, close.words.as_deref(), close.now)?;
    note(Noted::FormClosed, "a command", "", name);
    let moment = since.strftime("%-d %B %Y, %H:%M UTC");
    tell(format_args!("The form {name} is closed since {moment}."));
    close.export(&export)?;
    let (found, _) = close.survey()?;
    close.tell_campaigners(&found, since)?;
    close.tell_invited()?;
    let (found, _) = close.survey()?;
    close.erase(&found)?;
    let (left, is_good) = close.survey()?;
    close.report(&left)?;
    Ok(good && is_good)
}

struct Close<'a> {
    arguments: &'a Arguments,
    parts: &'a Parts,
    definition: &'a Definition,
    filter: Filter,
    words: Option<String>,
    now: Timestamp,
}

impl Close<'_> {
    /// Goes through all submissions of the form.
    fn survey(&self) -> anyhow::Result<(Survey, bool)> {
        let (mut survey, mut good) = (Survey::new(), true);
        self.parts.store.each_submission(&self.filter, |found| {
            match found {
                Ok(submission) => survey
                    .entry(Standing::of(&submission))
                    .or_default()
                    .push(submission.id),
                Err(error) => {
                    complain(format_args!("intake: {error}"));
                    good = false;
                }
            }
            Ok::<_, StoreError>(())
        })?;
        Ok((survey, good))
    }

    fn plan(&self, found: &Survey, export: &Path) -> anyhow::Result<()> {
        let name = &self.arguments.form;
        tell(format_args!(
            "Nothing is changed without --yes. With it, closing {name} would:"
        ));
        match &self.words {
            Some(words) => tell(format_args!("- close the form, with these words: {words}")),
            None => tell(format_args!("- close the form, with the words of its file")),
        }
        let whose = match self.arguments.private {
            true => "with names and email addresses",
            false => "without names and email addresses",
        };
        let all = number(found.values().map(Vec::len).sum());
        tell(format_args!(
            "- export {all}, {whose}, to {}",
            export.display()
        ));
        let (open, spam) = (
            of(found, Standing::Undecided),
            of(found, Standing::PossibleSpam),
        );
        let approved = of(found, Standing::Approved);
        if self.arguments.decline {
            tell(format_args!(
                "- decline {}, with an email to each campaigner",
                number(open.len())
            ));
            tell(format_args!(
                "- decline {} as spam, without emails",
                number(spam.len())
            ));
            tell(format_args!(
                "- email the campaigners of {} to be published",
                number_that(approved.len(), "waits", "wait")
            ));
        } else {
            tell(format_args!(
                "- email the campaigners of {} not ended",
                number_that(open.len() + approved.len(), "has", "have")
            ));
        }
        tell(format_args!(
            "- erase the personal data of {} ended; what is published stays published",
            number_that(of(found, Standing::Ended).len(), "has", "have")
        ));
        let decided: &[Standing] = match self.arguments.decline {
            true => &[Standing::Undecided, Standing::PossibleSpam],
            false => &[],
        };
        self.list(found, decided)
    }

    /// Where the export goes. A file that is there may be the only one with what was erased since.
    fn export_path(&self) -> anyhow::Result<PathBuf> {
        let moment = self.now.strftime("%Y-%m-%d-%H%M%S");
        let own = || format!("{}-{moment}.json", self.arguments.form).into();
        let path = self.arguments.export.clone().unwrap_or_else(own);
        if path.symlink_metadata().is_ok() {
            anyhow::bail!("{} is there already; name another file", path.display());
        }
        Ok(path)
    }

    /// The file is there whole or not at all.
    fn export(&self, path: &Path) -> anyhow::Result<()> {
        let at = || path.display().to_string();
        if self.arguments.private {
            note(Noted::Exported, "a command", "", "with personal data");
        }
        let export = Export {
            filter: self.filter.clone(),
            query: None,
            private: self.arguments.private,
        };
        durable::write_new(path, durable::PRIVATE, |out| {
            export::write(out, self.parts, &export, false).map(|_| ())
        })
        .with_context(at)?;
        let whole = path.canonicalize().with_context(at)?;
        tell(format_args!("Exported to {}", whole.display()));
        Ok(())
    }

    /// Declines what is not decided, where that is wanted; and tells everybody else who waits, once
    /// since the form is closed.
    fn tell_campaigners(&self, found: &Survey, since: Timestamp) -> anyhow::Result<()> {
        // Those of a run before, where this one brings none.
        let closing = self.parts.store.closing(&self.arguments.form);
        let words = closing.map_or_else(String::new, |closing| closing.words);
        let mut count = BTreeMap::new();
        for (standing, ids) in found {
            let action = match standing {
                Standing::Undecided if self.arguments.decline => Action::Decline,
                Standing::PossibleSpam if self.arguments.decline => Action::DeclineAsSpam,
                Standing::Undecided | Standing::Approved => Action::CloseForm,
                _ => continue,
            };
            for id in ids {
                let is_to_be_done = |submission: &Submission| {
                    let mut history = submission.history.iter();
                    let is_told =
                        history.any(|event| event.action == Action::CloseForm && event.at >= since);
                    Standing::of(submission) == *standing
                        && !(action == Action::CloseForm && is_told)
                };
                let words = match action {
                    Action::DeclineAsSpam => String::new(),
                    _ => words.clone(),
                };
                let command = Command::with_note(action, words);
                if self.act(*id, command, MailChoice::AsItIs, is_to_be_done)? {
                    *count.entry(action.name()).or_insert(0) += 1;
                }
            }
        }
        for (name, count) in count {
            let what = match name {
                "decline" => "declined; the campaigners are emailed",
                "decline_as_spam" => "declined as spam, without emails",
                _ => "told that the form is closed",
            };
            tell(format_args!("{}: {what}.", number(count)));
        }
        Ok(())
    }

    /// Tells those who were invited to complete what an editor had begun, once.
    fn tell_invited(&self) -> anyhow::Result<()> {
        let store = &self.parts.store;
        let told = store.tell_invited(&self.arguments.form, Timestamp::now())?;
        if told > 0 {
            tell(format_args!(
                "Invited, and told that the form is closed: {told}."
            ));
        }
        Ok(())
    }

    fn erase(&self, found: &Survey) -> anyhow::Result<()> {
        let mut count = 0;
        for id in of(found, Standing::Ended) {
            let command = Command::new(Action::Erase, Effect::Plain);
            let has_ended = |submission: &Submission| Standing::of(submission) == Standing::Ended;
            count += usize::from(self.act(*id, command, MailChoice::LeftOut, has_ended)?);
        }
        if count > 0 {
            let count = number(count);
            note(Noted::Erased, "a command", "", &self.arguments.form);
            tell(format_args!("The personal data of {count} is erased."));
        }
        Ok(())
    }

    /// Acts where it is still `to_be_done`, which others may have changed since the survey; whether
    /// it was done.
    fn act(
        &self,
        id: Uuid,
        command: Command,
        mail: MailChoice,
        is_to_be_done: impl Fn(&Submission) -> bool,
    ) -> anyhow::Result<bool> {
        let context = Context {
            definition: self.definition,
            editors: &[],
            now: Timestamp::now(),
        };
        let done = self
            .parts
            .store
            .update(id, |submission| match is_to_be_done(submission) {
                true => submission.act(Actor::System, command, mail, &context),
                false => Err(Refusal::NotOffered),
            })?;
        Ok(matches!(done, Some(Ok(()))))
    }

    /// What is left when everything is done.
    fn report(&self, left: &Survey) -> anyhow::Result<()> {
        let all: usize = left.values().map(Vec::len).sum();
        let erased = of(left, Standing::Erased).len();
        tell(format_args!(
            "{} in all, {erased} without personal data.",
            number(all)
        ));
        self.list(left, &[])?;
        match erased == all {
            true => tell(format_args!("Nothing is left to do.")),
            false => tell(format_args!(
                "Run the command again when these have ended, to erase their personal data."
            )),
        }
        Ok(())
    }

    /// What keeps its personal data, and why; `but` what is decided now.
    fn list(&self, found: &Survey, but: &[Standing]) -> anyhow::Result<()> {
        for (standing, ids) in found {
            let why = match standing {
                Standing::Ended | Standing::Erased => continue,
                decided if but.contains(decided) => continue,
                Standing::Undecided => "not decided yet; decide on the desk, or use --decline",
                Standing::PossibleSpam => "possible spam; decide on the desk, or use --decline",
                Standing::Approved => "approved; publish or decline on the desk",
                Standing::UnderWay => "something is asked of the blog; see the desk",
                Standing::EmailPending => "an email to the campaigner has not gone yet",
            };
            let count = number(ids.len());
            tell(format_args!("{count} kept with personal data: {why}"));
            for id in ids {
                tell(format_args!("  {id}"));
            }
        }
        let (saved, until) = self.parts.store.saved_of(&self.arguments.form)?;
        if saved > 0 {
            let until = until.strftime("%-d %B %Y");
            tell(format_args!(
                "Saved and not sent: {saved}. They can’t be sent any more, can be read by who saved them, and go by {until}."
            ));
        }
        Ok(())
    }
}

fn of(survey: &Survey, standing: Standing) -> &[Uuid] {
    survey.get(&standing).map_or(&[], Vec::as_slice)
}

/// “1 submission that has”, “2 submissions that have”.
fn number_that(count: usize, one: &str, many: &str) -> String {
    let verb = if count == 1 { one } else { many };
    format!("{} that {verb}", number(count))
}

fn number(count: usize) -> String {
    match count {
        1 => "1 submission".to_owned(),
        many => format!("{many} submissions"),
    }
}
