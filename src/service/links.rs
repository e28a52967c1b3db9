//! Links by mail: to sign in with, and to a private page whose link was lost.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{Letter, Outcome, Sender, Service, ServiceError};
use crate::{
    store::{Begun, Rate, SignIn},
    submission::{Action, Actor, Command, Context, Editor, Effect, MailChoice},
};

/// How often one client can ask for links in an hour, and all together that are not known. Links to sign in
/// with are counted for themselves, and more of them than all networks of one provider's customer (a /48 of
/// IPv6) can ask for, so that nobody keeps out an editor whose browser is new.
const MOST_ASKED: u32 = 10;
const MOST_LOST_IN_ALL: u32 = 300;
const MOST_SIGN_INS_IN_ALL: u32 = 3_000;
/// How many private links one mail brings, the newest.
const MOST_LINKS: usize = 50;

/// The browser in which somebody asks to sign in.
#[derive(Debug, Clone)]
pub struct Browser {
    /// What only it holds.
    pub secret: String,
    /// Whether nobody else uses it, as they say.
    pub is_own: bool,
}

impl Service {
    /// The path of a submission's private page, after it was changed so many times. Whoever has it may
    /// see the page.
    pub fn private_path(&self, id: Uuid, changed: u32) -> String {
        format!("/mine/{id}/{}", self.keys.private_key(id, changed))
    }

    /// The editor with this address, written exactly so.
    pub fn editor(&self, email: &str) -> Option<&Editor> {
        let mut editors = self.config.editors.iter();
        editors.find(|editor| editor.email == email && !self.left.has(email))
    }

    /// What the editor with this address is called; of one who has left there is only the address.
    pub fn editor_name<'a>(&'a self, email: &'a str) -> &'a str {
        self.editor(email).map_or(email, |editor| &editor.name)
    }

    /// What stands where an editor looks after something: of one who has left, that they have.
    pub fn assigned_in_words(&self, email: &str) -> String {
        match self.editor(email) {
            Some(editor) => editor.name.clone(),
            None => format!("{email}, no longer an editor"),
        }
    }

    /// Keeps that somebody wants to sign in with this address, in this browser; an editor is sent a link that works once, and only there. With `proof`, a link of
    /// an earlier mail, the address is that mail's: whoever has it reads that mailbox, so strangers
    /// who have had too much mail sent there do not keep the editor out.
    ///
    /// It takes as long for every address, and answers alike.
    ///
    /// # Errors
    /// When it could not be kept.
    pub fn ask_to_sign_in(
        &self,
        email: &str,
        proof: &str,
        browser: &Browser,
        sender: &Sender,
        now: Timestamp,
    ) -> Result<Outcome, ServiceError> {
        let proved = match proof {
            "" => None,
            link => self.store.use_as_proof(link, now)?,
        };
        if proved.is_none()
            && let Some(wait) = self.asks_too_often("sign-in", MOST_SIGN_INS_IN_ALL, sender, now)?
        {
            Self::limit_reached(sender, "sign_in");
            return Ok(Outcome::TooMany(wait));
        }
        let email = match &proved {
            Some(email) => email.to_lowercase(),
            None => email.trim().to_lowercase(),
        };
        if proved.is_none() && !self.may_write_to(&email, sender, Letter::SignIn, now)? {
            return Ok(Outcome::Done(()));
        }
        let mut editors = self.config.editors.iter();
        let editor = editors
            .find(|editor| editor.email.to_lowercase() == email && !self.left.has(&editor.email));
        let asked = SignIn {
            is_own: browser.is_own,
            ..SignIn::new(editor.map_or("", |editor| &editor.email), now)
        };
        let link = self.keys.sign_in_link(asked.id);
        self.store
            .ask_to_sign_in(&asked, &link, &browser.secret, now)?;
        Ok(Outcome::Done(()))
    }

    /// How long to wait, where links were asked for too often from there.
    fn asks_too_often(
        &self,
        what: &str,
        in_all: u32,
        sender: &Sender,
        now: Timestamp,
    ) -> Result<Option<SignedDuration>, ServiceError> {
        let rate = |name: String, most| Rate {
            name,
            most,
            per: SignedDuration::from_hours(1),
        };
        let mut rates = vec![rate(format!("asked:{}", sender.name()), MOST_ASKED)];
        if sender.browser.is_none() {
            rates.push(rate(format!("asked-in-all:{what}"), in_all));
        }
        Ok(self.count(&rates, now)?)
    }

    /// Uses up a sign-in link: the editor and the new session; `described` is the browser in few words. `None` for a link that is unknown,
    /// used, too old, asked for in another browser, or of somebody who is no editor any more.
    ///
    /// # Errors
    /// When that could not be kept.
    pub fn sign_in(
        &self,
        link: &str,
        browser: &str,
        described: &str,
    ) -> Result<Option<(Editor, Begun)>, ServiceError> {
        let now = Timestamp::now();
        let redeemed = self.store.sign_in(link, browser, described, now)?;
        Ok(redeemed.and_then(|begun| {
            let editor = self.editor(&begun.email)?;
            Some((editor.clone(), begun))
        }))
    }

    /// Keeps that somebody has lost the links of what was sent with this address; a job sends them in
    /// one mail. Takes as long for every address, and answers alike.
    ///
    /// # Errors
    /// When it could not be kept.
    pub fn ask_for_links(
        &self,
        email: &str,
        sender: &Sender,
        now: Timestamp,
    ) -> Result<Outcome, ServiceError> {
        if let Some(wait) = self.asks_too_often("lost", MOST_LOST_IN_ALL, sender, now)? {
            Self::limit_reached(sender, "lost_link");
            return Ok(Outcome::TooMany(wait));
        }
        self.store.ask_for_links(email, now)?;
        Ok(Outcome::Done(()))
    }

    /// Enqueues the mail with links that were asked for, one for each address, some at once. Answers
    /// whether there may be more; `None` where nothing was asked for.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn send_lost_links(&self, now: Timestamp) -> Result<Option<bool>, ServiceError> {
        let asked = self.store.links_asked_for()?;
        for (hash, newest) in &asked {
            if let Some(id) = newest {
                let mut others = Vec::new();
                for other in self.store.sent_from(hash, MOST_LINKS)? {
                    let other = self.store.get(other)?.filter(|other| other.id != *id);
                    others.extend(other.map(|other| (other.id, other.link_changed)));
                }
                let found = self.store.get(*id)?;
                let contact = found.and_then(|found| found.contact);
                let stranger = Sender::default();
                let may_go = match &contact {
                    // Counted only where a letter goes: what does not must not keep others from going.
                    Some(contact) => {
                        self.may_write_to(&contact.email, &stranger, Letter::Other, now)?
                    }
                    None => false,
                };
                if !may_go {
                    self.store.links_are_sent(hash)?;
                    continue;
                }
                let done = self.store.update(*id, |submission| {
                    let definition = self.forms.of(&submission.form);
                    let context = Context {
                        definition: &definition,
                        editors: &[],
                        now,
                    };
                    let command = Command::new(Action::AskForLink, Effect::Links(others));
                    // Refused while such mail is still on its way.
                    let _ =
                        submission.act(Actor::Campaigner, command, MailChoice::AsItIs, &context);
                });
                match done {
                    Err(error) if !error.is_of_one_record() => return Err(error.into()),
                    _ => {}
                }
            }
            self.store.links_are_sent(hash)?;
        }
        Ok((!asked.is_empty()).then_some(true))
    }
}
