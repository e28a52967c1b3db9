//! `intake check`: judges all that the service needs.

use std::{path::Path, time::Duration};

use jiff::{Timestamp, tz::TimeZone};

use super::{ONLY_CAPTURES, assemble, configuration, only_captures, public_url, tell};
use crate::{
    config::{Config, PublicUrl, Security, span_in_words},
    form::Options,
    service::{AssembleError, Service},
    store::{Filter, Store, StoreError},
};

/// How many days before its end somebody is told that `security.txt` expires.
const EXPIRES_SOON: i64 = 30;

/// How long the store's file is looked through for damage: 100,000 submissions take about 6 s from
/// the system's cache.
const LOOKED_THROUGH: Duration = Duration::from_secs(60);

/// Collects one judgement a line.
struct Judge {
    good: bool,
}

impl Judge {
    fn judge(&mut self, what: &str, outcome: Result<String, String>) {
        let (mark, text) = match outcome {
            Ok(text) => ("ok   ", text),
            Err(text) => {
                self.good = false;
                ("WRONG", text)
            }
        };
        tell(format_args!("{mark}  {what}: {text}"));
    }
}

pub(super) async fn run(file: Option<&Path>) -> anyhow::Result<bool> {
    let mut judge = Judge { good: true };
    let config = match configuration(file) {
        Ok(config) => config,
        Err(error) => {
            judge.judge("configuration", Err(format!("{error:#}")));
            return Ok(false);
        }
    };
    judge.judge("configuration", Ok("every key is known".into()));
    if let Err(errors) = config.read_forms() {
        for error in errors.0 {
            judge.judge("form", Err(error.to_string()));
        }
        return Ok(false);
    }
    let url = public_url(&config, config.listen);
    let service = match assemble(config, url) {
        Ok(service) => service,
        Err(error) => {
            let what = match error.downcast_ref() {
                Some(AssembleError::Store(_)) => "store",
                _ => "templates, keys and addresses",
            };
            judge.judge(what, Err(format!("{error:#}")));
            return Ok(false);
        }
    };
    judge.judge("templates", Ok("all render with sample data".into()));
    for (what, outcome) in service.blog.judge() {
        judge.judge(what, outcome);
    }
    check_vocabulary(&mut judge, &service);
    for form in service.forms.all() {
        for name in service.unshown(form) {
            let template = &form.post.template;
            tell(format_args!(
                "note   form {}: templates/{template} shows `{name}` nowhere, so answers to it are not published; if that is meant, write `public: false`",
                form.name
            ));
        }
    }
    if let Err(error) = check_store(&mut judge, &service.store) {
        judge.judge("store", Err(error.to_string()));
    }
    let mail = service.outbox.test().await;
    judge.judge(
        "mail",
        mail.map(|()| match service.outbox.folder() {
            Some(folder) => format!("captured in {}/", folder.display()),
            None => "the server answers".into(),
        }),
    );
    if service.webhook.is_some() {
        let given_up = service.store.given_up_notices();
        judge.judge(
            "webhook",
            match given_up {
                Ok(None) => Ok("it is told of what comes in and of each change of stage".to_owned()),
                Ok(Some((count, error))) => Err(format!(
                    "{count} notices were given up after five days ({error}); put the other side right, then start the service anew, and they are sent again"
                )),
                Err(error) => Err(error.to_string()),
            },
        );
    }
    if only_captures(&service) {
        judge.judge("mail", Err(ONLY_CAPTURES.to_owned()));
    }
    if !service.public_url.is_loopback() {
        check_examples(&mut judge, &service.config);
    }
    check_security(&mut judge, &service.config.security);
    check_follow_ups(&mut judge, &service);
    Ok(judge.good)
}

/// Whose address is erased by then can't be asked what happened next.
fn check_follow_ups(judge: &mut Judge, service: &Service) {
    let now = Timestamp::now().to_zoned_datetime(TimeZone::UTC);
    for form in service.forms.all() {
        let retention = service.config.retention_of(form);
        let Ok(erased) = now.checked_add(retention) else {
            continue;
        };
        let asked = form.follow_ups(now.timestamp());
        let Some(count) = (asked.iter().position(|at| *at >= erased.timestamp())).map(|at| at + 1)
        else {
            continue;
        };
        judge.judge(
            "form",
            Err(format!(
                "{}: by time {count} of `follow_up`, name and address are erased already (`retention`: {}); take it out, or set a longer `retention`",
                form.name,
                span_in_words(&retention)
            )),
        );
    }
}

/// What stands in `security.txt` must be right, and for a while.
fn check_security(judge: &mut Judge, security: &Security) {
    let today = Timestamp::now().to_zoned_datetime(TimeZone::UTC).date();
    let outcome = match (&security.contact, security.expires) {
        (None, None) => return,
        (Some(_), None) | (None, Some(_)) => {
            Err("set both `contact` and `expires`, or neither".to_owned())
        }
        (Some(contact), Some(_))
            if !contact.starts_with("mailto:") && !contact.starts_with("https://") =>
        {
            Err("`contact` must begin with mailto: or https://".to_owned())
        }
        (_, Some(expires)) if expires <= today => {
            Err(format!("`expires` was {expires}; set a later day"))
        }
        (_, Some(expires)) => {
            let left = today.duration_until(expires).as_hours() / 24;
            if left <= EXPIRES_SOON {
                tell(format_args!(
                    "note   security: `expires` is in {left} days; set a later day soon"
                ));
            }
            Ok(format!("security.txt is good until {expires}"))
        }
    };
    judge.judge("security", outcome);
}

/// What is shipped as an example must not stand where people elsewhere use the service.
fn check_examples(judge: &mut Judge, config: &Config) {
    let examples = [
        (
            "editors",
            config.editors.iter().any(|it| is_example(&it.email)),
        ),
        ("mail.from", is_example(&config.mail.from)),
        ("site.contact", is_example(&config.site.contact)),
    ];
    if config.has_example_privacy() {
        let words = "`privacy.controller` still is the shipped example; set who is responsible for personal data, and their address";
        judge.judge("configuration", Err(words.to_owned()));
    }
    if config.has_example_pages() {
        let words = "`blog.pages` still has the pages of the shipped example; set `blog.url`, or pages of your own";
        judge.judge("configuration", Err(words.to_owned()));
    }
    for (key, _) in examples.iter().filter(|(_, stands)| *stands) {
        let words = format!("`{key}` still has an address of example.org; set your own");
        judge.judge("configuration", Err(words));
    }
    if config.public_url.as_ref().is_some_and(PublicUrl::is_https)
        && config.limits.proxies.is_empty()
    {
        tell(format_args!(
            "note   limits: name the web server in front in `limits.proxies`, or all who come through it count as one client"
        ));
    }
}

/// An address that nobody has (RFC 2606).
fn is_example(address: &str) -> bool {
    address.trim_end_matches('>').ends_with("@example.org")
}

/// What the defaults of forms name must be on the blog.
fn check_vocabulary(judge: &mut Judge, service: &Service) {
    let vocabulary = service.blog.vocabulary();
    let there = if service.blog.has_repository() {
        "the blog’s pages"
    } else {
        "the lists under `blog.pages`"
    };
    for definition in service.forms.all() {
        let file = format!("form {}", definition.name);
        let mut good = true;
        let fields = definition
            .fields()
            .flat_map(|field| std::iter::once(field).chain(&field.fields));
        for field in fields {
            let choices = field.choices(&vocabulary, None);
            let defaults = field.default.iter().flat_map(|default| default.chosen());
            let Options::Pages { folder, .. } = &field.options else {
                continue;
            };
            if choices.is_empty() && field.takes_new() {
                tell(format_args!(
                    "note   {file}: `{}` offers nothing yet, because {there} have none in {folder}; what people add is the first there",
                    field.name
                ));
            } else if choices.is_empty() {
                let name = &field.name;
                let words = format!(
                    "`{name}` offers nothing, because {there} have none in {folder}; name a folder that has pages, or list its options"
                );
                // The form can be sent without it.
                if !field.is_required {
                    tell(format_args!("note   {file}: {words}"));
                    continue;
                }
                good = false;
                judge.judge(&file, Err(words));
                continue;
            }
            for (value, label) in defaults {
                if !choices.iter().any(|choice| choice.value == value) {
                    good = false;
                    let name = &field.name;
                    judge.judge(
                        &file,
                        Err(format!(
                            "the default of `{name}` is “{label}”, which is not among {there}"
                        )),
                    );
                }
            }
        }
        if good {
            judge.judge(
                &file,
                Ok("its fields, template and defaults fit".to_owned()),
            );
        }
    }
}

fn check_store(judge: &mut Judge, store: &Store) -> Result<(), StoreError> {
    match store.damages(LOOKED_THROUGH)? {
        Some(damages) if damages.is_empty() => {}
        Some(damages) => {
            let where_it_is = damages.join("; ");
            let words = format!(
                "its file is damaged: stop the service, keep a copy of the file, and restore a backup ({where_it_is})"
            );
            judge.judge("store", Err(words));
        }
        None => tell(format_args!(
            "note   store: in {} s not all of its file could be looked at for damage",
            LOOKED_THROUGH.as_secs()
        )),
    }
    store.try_to_write(Timestamp::now())?;
    match store.clock_is_off_by(Timestamp::now())? {
        Some(apart) if apart.is_negative() => {
            let words = "it is behind what the store knows; set it right, or nothing is erased or given up until it has gone right for a day";
            judge.judge("clock", Err(words.to_owned()));
        }
        Some(apart) => tell(format_args!(
            "note   clock: the service last ran {} hours ago; after such a time nothing is erased or given up for a day",
            apart.as_hours()
        )),
        None => {}
    }
    let count = store.counts()?.all();
    judge.judge("store", Ok(format!("can be written; {count} in it")));
    for error in store.left_over_records()? {
        judge.judge("store", Err(error.to_string()));
    }
    let mut read = |outcome: Result<(), StoreError>| {
        if let Err(error) = outcome {
            judge.judge("store", Err(error.to_string()));
        }
        Ok::<_, StoreError>(())
    };
    store.each_summary(&Filter::default(), |summary| read(summary.map(drop)))?;
    // A page can be damaged without a sign of it but that what stood there cannot be read.
    store.each_submission(&Filter::default(), |record| read(record.map(drop)))?;
    for summary in store.with_failed_mail(usize::MAX)? {
        judge.judge(
            "mail",
            Err(format!(
                "{} of {} could not be sent; see `intake show {}`",
                summary.mail_failed, summary.title, summary.id
            )),
        );
    }
    Ok(())
}
