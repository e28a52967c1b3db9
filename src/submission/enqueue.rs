//! Which mail an action enqueues, and when it may go.

use jiff::{SignedDuration, Timestamp};

use super::{
    Action, Actor, Context, Editor, Mail, MailRule, MailState, Mailing, Recipient, Recipients,
    Refusal, Rule, Submission, Unknown,
};

/// Mail to an editor about the same things that a campaigner does again and again is gathered for this
/// long.
const GATHERED: SignedDuration = SignedDuration::from_mins(15);
/// Nobody should be able to fill a campaigner's mailbox by asking for lost links.
const LINK_PAUSE: SignedDuration = SignedDuration::from_mins(10);

impl Submission {
    /// Enqueues the mail of a row that is `wanted`.
    pub(super) fn enqueue_some(
        &mut self,
        rule: &Rule,
        words: Option<String>,
        context: &Context,
        wanted: impl Fn(&MailRule) -> bool,
    ) {
        for mail in rule.mail.iter().filter(|mail| wanted(mail)) {
            match mail.to {
                Recipients::Editors | Recipients::Assigned => {
                    for editor in self.told(mail.to, context.editors) {
                        let to = Recipient::Editor(editor.email.clone());
                        let due = self.gathered(mail.kind, &to, context.now);
                        let Some(due) = due else { continue };
                        self.enqueue(mail.kind, to, None, context.now);
                        if let Some(mail) = self.mail.last_mut() {
                            mail.state = MailState::pending_at(due);
                        }
                    }
                }
                Recipients::Campaigner | Recipients::Address if self.contact.is_some() => {
                    self.enqueue(mail.kind, Recipient::Campaigner, words.clone(), context.now);
                }
                Recipients::NewAddress => {
                    self.enqueue(mail.kind, Recipient::NewAddress, None, context.now);
                }
                Recipients::Campaigner | Recipients::Address => {}
            }
        }
    }

    /// The editors whom mail is for, and who want one about each thing.
    fn told<'a>(&self, to: Recipients, editors: &'a [Editor]) -> Vec<&'a Editor> {
        let mut told: Vec<&Editor> = match self.looked_after_by(editors) {
            Some(editor) if to == Recipients::Assigned => vec![editor],
            _ => editors.iter().collect(),
        };
        told.retain(|editor| editor.mail == Mailing::Each);
        told
    }

    /// When mail of this kind may go to an editor: at once, or a while after the one before, which a
    /// campaigner has caused as well. `None` where one waits already that will tell of this too.
    fn gathered(&self, kind: &str, to: &Recipient, now: Timestamp) -> Option<Timestamp> {
        let is_campaigners = self
            .history
            .last()
            .is_some_and(|event| event.by == Actor::Campaigner);
        let before = self.mail.iter().rev();
        let mut before = before.filter(|mail| mail.kind == kind && mail.to == *to);
        let Some(last) = before.next().filter(|_| is_campaigners) else {
            return Some(now);
        };
        if last.due().is_some_and(|due| due > now) {
            return None;
        }
        let free = last.made.saturating_add(GATHERED).unwrap_or(now);
        Some(free.max(now))
    }

    fn enqueue(&mut self, kind: &str, to: Recipient, words: Option<String>, now: Timestamp) {
        self.mail.push(Mail {
            number: self.next_number(),
            kind: kind.to_owned(),
            to,
            made: now,
            about: self.history.len() - 1,
            words,
            also: Vec::new(),
            state: MailState::pending_at(now),
            unknown: Unknown::new(),
        });
    }

    pub(super) fn next_number(&self) -> u32 {
        self.mail
            .iter()
            .map(|mail| mail.number)
            .max()
            .map_or(1, |last| last + 1)
    }

    /// One still pending is due at once; of one that went or was given up there will be another,
    /// under a new `Message-ID`: under the old one mail programs would hide it.
    pub(super) fn send_again(&mut self, number: u32, now: Timestamp) -> Result<(), Refusal> {
        let next_number = self.next_number();
        let found = self.mail.iter().position(|mail| mail.number == number);
        let found = found.filter(|at| self.has_recipient(&self.mail[*at].to));
        let old = &mut self.mail[found.ok_or(Refusal::NotOffered)?];
        if let MailState::Pending { next, .. } = &mut old.state {
            *next = now;
            return Ok(());
        }
        let again = Mail {
            number: next_number,
            made: now,
            state: MailState::pending_at(now),
            ..old.clone()
        };
        self.mail.push(again);
        Ok(())
    }

    /// Whether a link is on its way, or went a short while ago.
    pub(super) fn has_sent_link(&self, now: Timestamp) -> bool {
        let kinds = Action::AskForLink.rule().mail;
        self.mail.iter().any(|mail| {
            kinds.iter().any(|rule| rule.kind == mail.kind)
                && (mail.due().is_some() || now.duration_since(mail.made) < LINK_PAUSE)
        })
    }
}
