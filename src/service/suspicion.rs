//! What speaks for abuse in something that is sent: what it says, how it came, and what it has in common
//! with others.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{
    Sender, Service,
    reception::{DAY, HOUR, mailbox},
};
use crate::{
    form::{Answers, By, Definition, Entry, Kind, built_in},
    store::{ALIKE_FOR, Alike, StoreError},
    submission::{Actor, Stage, Suspicion},
    text::{
        domains::{Named, is_among, named},
        fingerprint::{Fingerprint, is_gibberish},
    },
};

/// How fast the fastest type, in characters a second; faster is pasted, or a program.
const FASTEST: usize = 15;
/// Nobody opens a form, fills all of it in and sends it within so many seconds.
const INSTANT: usize = 3;
/// Fewer characters say nothing about how fast they were written.
const FEWEST_CHARACTERS: usize = 200;
/// So many links are usual on any form.
const USUAL_LINKS: usize = 10;
/// So many domains of a text are looked at.
const MOST_DOMAINS: usize = 20;
/// From one client so many times as many may come in a day as in an hour.
const DAYS_WORTH: usize = 4;
/// A domain that only one address or a few name counts from so many times as many submissions: an
/// organisation has several stories, and names its own pages in all of them.
const OF_ONE: usize = 3;
/// How much two texts have in common that count as the same.
const SAME: f64 = 0.8;

/// Points of what speaks for abuse; from 10 on, as it is shipped, a submission is put aside. What
/// happens to honest people (a text that was prepared and pasted, a field filled in by the browser, a
/// text sent twice) stays below it, also two of these together.
const HIDDEN_FIELD: u32 = 5;
const AT_ONCE: u32 = 5;
const FAST: u32 = 3;
const LINK_IN_LINE: u32 = 3;
const MANY_LINKS: u32 = 4;
const SENT_TWICE: u32 = 3;
const SAME_ADDRESS: u32 = 4;
const SURE: u32 = 10;

impl Service {
    /// What it has in common with others so that it speaks for abuse.
    pub(super) fn shared(
        &self,
        message: &Message,
        definition: &Definition,
        sender: &Sender,
        id: Uuid,
        now: Timestamp,
    ) -> Result<Vec<Shared>, StoreError> {
        let since = |age| now.saturating_sub(age).unwrap_or(now);
        let limits = &self.config.limits;
        let mut found = Vec::new();
        // Of nearly all names nobody else has left a trace; one look tells of all.
        let mut names = vec![message.client.as_str(), message.contact.as_str()];
        names.extend(message.network.as_deref());
        names.extend(message.domains.iter().map(|(_, name)| name.as_str()));
        names.extend(message.bands.iter().map(String::as_str));
        let in_use = self.store.left_by_others(&names, id, since(ALIKE_FOR))?;
        let others = |name: &str, age| {
            if !in_use.contains(name) {
                return Ok(Vec::new());
            }
            let mut alike = self.store.alike(name, since(age))?;
            alike.retain(|other| other.summary.id != id);
            Ok::<_, StoreError>(alike)
        };
        let ids = |alike: &[Alike]| alike.iter().map(|other| other.summary.id).collect();
        let most = limits.per_client as usize;
        // Where editors have taken in what came from there, as from a workshop, the next ones are as good.
        let not_looked_at = |name: &str, age| {
            let mut alike = others(name, age)?;
            alike.retain(|other| !is_trusted(other));
            Ok::<_, StoreError>(alike)
        };
        let known = "an hour, from browsers that had been here before";
        let places = [
            (Some(&message.client), HOUR, most, "an hour"),
            (Some(&message.client), DAY, most * DAYS_WORTH, "a day"),
            (message.network.as_ref(), HOUR, most * 2, known),
        ];
        for (place, age, most, span) in places {
            let Some(place) = place else { continue };
            // What was many in an hour is not told again as many in a day.
            let is_told = |it: &Shared| it.suspicion.group.as_ref() == Some(place);
            if found.iter().any(is_told) {
                continue;
            }
            let alike = not_looked_at(place, age)?;
            if alike.len() >= most {
                let count = alike.len() + 1;
                let words = format!("{count} submissions came from one place within {span}.");
                found.push(Shared {
                    suspicion: Suspicion::shared(SURE, words, place),
                    with: ids(&alike),
                });
            }
        }
        let alike = others(&message.contact, HOUR)?;
        if alike.len() >= most && sender.browser.is_none() {
            let count = alike.len() + 1;
            let words = format!("{count} submissions came with one address within an hour.");
            found.push(Shared {
                // Anybody can type somebody else's address, so it is never enough alone.
                suspicion: Suspicion::shared(SAME_ADDRESS, words, &message.contact),
                with: Vec::new(),
            });
        }
        let mut shared_domains = Vec::new();
        for (domain, group) in &message.domains {
            let alike = others(group, ALIKE_FOR)?;
            let mut contacts: BTreeSet<&str> = alike
                .iter()
                .filter_map(|other| other.contact.as_deref())
                .collect();
            contacts.insert(&message.contact_hash);
            let (people, all) = (contacts.len(), alike.len() + 1);
            let most = limits.same_domain as usize;
            let many = if people >= most {
                format!("with {people} addresses in all")
            } else {
                format!("{all} in all")
            };
            if (people >= most || all >= most * OF_ONE)
                && !alike.iter().any(is_trusted)
                && !self.is_published(domain, definition)?
            {
                shared_domains.push((domain.as_str(), group, many, ids(&alike)));
            }
        }
        // Git is asked only now, when an answer makes a difference.
        let asked: Vec<&str> = shared_domains.iter().map(|(domain, ..)| *domain).collect();
        let on_the_blog = self.blog.named_in_posts(&asked, definition);
        shared_domains.retain(|(domain, ..)| !on_the_blog.contains(*domain));
        for (domain, group, many, with) in shared_domains {
            let words = format!(
                "It names {domain}, as do others of the last 30 days, {many}; no published post does."
            );
            found.push(Shared {
                suspicion: Suspicion::shared(SURE, words, group),
                with,
            });
        }
        found.extend(self.same_text(message, &in_use, id, since(ALIKE_FOR))?);
        Ok(found)
    }

    /// Whether a post of this form that was published from here names this domain.
    fn is_published(&self, domain: &str, definition: &Definition) -> Result<bool, StoreError> {
        let published = self.store.published(&definition.name)?;
        Ok(published.iter().any(|one| {
            let definition = self.forms.of(&one.form);
            named(&own_words(&definition, one.answers()))
                .domains
                .contains(domain)
        }))
    }

    fn same_text(
        &self,
        message: &Message,
        in_use: &BTreeSet<String>,
        id: Uuid,
        since: Timestamp,
    ) -> Result<Option<Shared>, StoreError> {
        /// So many are compared in full.
        const MOST: usize = 5;
        let mut seen = BTreeSet::from([id]);
        let mut same = Vec::new();
        let mut group = None;
        let bands = message.bands.iter();
        'bands: for band in bands.filter(|band| in_use.contains(*band)) {
            for other in self.store.alike(band, since)? {
                if seen.len() > MOST {
                    break 'bands;
                }
                if !seen.insert(other.summary.id) {
                    continue;
                }
                let Some(other) = self.store.get(other.summary.id)? else {
                    continue;
                };
                let definition = self.forms.of(&other.form);
                let text = Fingerprint::of(&own_words(&definition, other.answers()));
                if text.likeness(&message.fingerprint) >= SAME {
                    same.push(other.id);
                    group.get_or_insert(band);
                }
            }
        }
        let suspicion = match (same.len(), group) {
            (0, _) | (_, None) => return Ok(None),
            (1, _) => {
                same.clear();
                let words = "Nearly the same text has come in before.";
                Suspicion::new(SENT_TWICE, words)
            }
            (_, Some(group)) => {
                let words = "Nearly the same text has come in several times.";
                Suspicion::shared(SURE, words, group)
            }
        };
        Ok(Some(Shared {
            suspicion,
            with: same,
        }))
    }
}

/// Whether an editor has worked with it and not turned it away.
fn is_trusted(other: &Alike) -> bool {
    match other.summary.stage {
        Stage::ChangesRequested | Stage::Approved | Stage::Published => true,
        Stage::Received => matches!(other.summary.last_actor, Actor::Editor(_)),
        Stage::Quarantined | Stage::Declined | Stage::Withdrawn => false,
    }
}

/// All that the campaigner has answered, without what stands there by default.
fn own_words(definition: &Definition, answers: &Answers) -> String {
    let words: Vec<String> = definition
        .fields_of(By::Campaigner)
        .filter_map(|field| Some(answers.get(&field.name)?.in_words(field)))
        .collect();
    words.join("\n")
}

/// What a submission has in common with others that speaks for abuse, and with which of them.
pub(super) struct Shared {
    pub(super) suspicion: Suspicion,
    pub(super) with: Vec<Uuid>,
}

/// What is looked at of something that is sent.
pub(super) struct Message {
    text: String,
    fingerprint: Fingerprint,
    named: Named,
    in_lines: usize,
    /// The names of the traces that it leaves.
    pub(super) names: Vec<String>,
    client: String,
    /// The network of a browser that is known. Each private link makes one known, so somebody who sends
    /// much may have many; what they send together counts too.
    network: Option<String>,
    contact: String,
    contact_hash: String,
    /// Domains that are not known to be named by honest people, and the names of their traces.
    domains: Vec<(String, String)>,
    bands: Vec<String>,
}

impl Message {
    /// Whether one of these is that many came from this client.
    pub(super) fn is_of_many(&self, suspicions: &[Suspicion]) -> bool {
        let mut groups = suspicions.iter().filter_map(|it| it.group.as_ref());
        groups.any(|group| *group == self.client || Some(group) == self.network.as_ref())
    }

    pub(super) fn of(
        definition: &Definition,
        entry: &Entry,
        sender: &Sender,
        service: &Service,
    ) -> Self {
        let text = own_words(definition, &entry.answers);
        let in_lines = definition
            .fields_of(By::Campaigner)
            .filter(|field| matches!(field.kind, Kind::Line | Kind::LongLine))
            .filter(|field| field.name != built_in::CONTACT_EMAIL)
            .filter_map(|field| entry.answers.get(&field.name))
            .filter(|answer| named(&answer.plain()).links > 0)
            .count();
        let fingerprint = Fingerprint::of(&text);
        let trace = |kind: &str, what: &str| format!("{kind}:{}", service.keys.sign(kind, what));
        let named = named(&text);
        // Who writes to an organisation names its own pages.
        let (_, site) = (service.config.site.contact.rsplit_once('@')).unwrap_or_default();
        let blog = definition.post.permalink.as_str();
        let own = format!("{} {blog} https://{site}", service.public_url.as_str());
        let own = self::named(&own).domains;
        let known = service.config.limits.known_domains.iter().chain(&own);
        let known = known.map(String::as_str);
        let domains: Vec<(String, String)> = named
            .domains
            .iter()
            .filter(|domain| !is_among(domain, known.clone()))
            .take(MOST_DOMAINS)
            .map(|domain| (domain.clone(), trace("domain", domain)))
            .collect();
        let bands: Vec<String> = fingerprint
            .bands()
            .iter()
            .map(|band| format!("text:{band}"))
            .collect();
        let client = format!("client:{}", sender.name());
        let network = sender.browser.as_ref();
        let network = network.map(|_| format!("client:known:{}", sender.client));
        let contact = trace("contact", &mailbox(&entry.contact.email));
        let names = [client.clone(), contact.clone()]
            .into_iter()
            .chain(network.clone())
            .chain(domains.iter().map(|(_, name)| name.clone()))
            .chain(bands.iter().cloned())
            .collect();
        Self {
            text,
            fingerprint,
            named,
            in_lines,
            names,
            client,
            network,
            contact_hash: crate::store::address_hash(&entry.contact.email),
            contact,
            domains,
            bands,
        }
    }

    /// What speaks for abuse in it alone.
    pub(super) fn suspicions(
        &self,
        service: &Service,
        definition: &Definition,
        sender: &Sender,
        took: SignedDuration,
    ) -> Result<Vec<Suspicion>, StoreError> {
        let mut found = Vec::new();
        let mut note = |points, words: String| found.push(Suspicion::new(points, words));
        if sender.fell_for_it {
            let words = "A field was filled in that people are asked to leave empty.";
            note(HIDDEN_FIELD, words.to_owned());
        }
        let characters = self.text.chars().count();
        let seconds = usize::try_from(took.as_secs()).unwrap_or(0);
        if characters >= FEWEST_CHARACTERS && seconds < INSTANT {
            let words = format!(
                "It was sent {seconds} seconds after the form was opened, with {characters} characters."
            );
            note(AT_ONCE, words);
        } else if characters >= FEWEST_CHARACTERS && characters > FASTEST * seconds {
            let words = format!(
                "It was sent {seconds} seconds after the form was opened: its {characters} characters were not typed there."
            );
            note(FAST, words);
        }
        if self.named.domains.len() > MOST_DOMAINS {
            let words = format!("It names {} domains.", self.named.domains.len());
            note(MANY_LINKS, words);
        }
        if is_gibberish(&self.text) {
            note(
                SURE,
                "It is letters at random, or the same few words again and again.".to_owned(),
            );
        }
        if self.in_lines > 0 {
            let words = "There is a web address in a field for a few words.";
            note(LINK_IN_LINE, words.to_owned());
        }
        let links = self.named.links;
        if links > USUAL_LINKS {
            let published = service.store.published(&definition.name)?;
            let most = published.iter().map(|one| {
                let definition = service.forms.of(&one.form);
                named(&own_words(&definition, one.answers())).links
            });
            if links > most.max().unwrap_or(0) {
                let words = format!("It has {links} links, more than any that is published.");
                note(MANY_LINKS, words);
            }
        }
        Ok(found)
    }
}
