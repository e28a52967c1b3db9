//! `intake check`: judges all that the service needs.

use std::path::Path;

use jiff::Timestamp;

use super::{assemble, configuration, public_url, tell};
use crate::{
    form::Options,
    service::Service,
    store::{Filter, Store, StoreError},
};

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
            judge.judge("templates, keys and addresses", Err(format!("{error:#}")));
            return Ok(false);
        }
    };
    judge.judge("templates", Ok("all render with sample data".into()));
    for (what, outcome) in service.blog.judge() {
        judge.judge(what, outcome);
    }
    check_vocabulary(&mut judge, &service);
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
    if service.outbox.folder().is_some() && service.public_url.is_https() {
        judge.judge(
            "mail",
            Err(
                "mail is only captured, though `public_url` is public; set `mail.transport`".into(),
            ),
        );
    }
    Ok(judge.good)
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
        for field in definition.fields() {
            let choices = field.choices(&vocabulary, None);
            let defaults = field.default.iter().flat_map(|default| default.chosen());
            if !matches!(field.options, Options::Pages { .. }) {
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
    store.try_to_write(Timestamp::now())?;
    let count = store.counts()?.all();
    judge.judge("store", Ok(format!("can be written; {count} in it")));
    for error in store.left_over_records()? {
        judge.judge("store", Err(error.to_string()));
    }
    store.each_summary(&Filter::default(), |summary| {
        if let Err(error) = summary {
            judge.judge("store", Err(error.to_string()));
        }
        Ok::<_, StoreError>(())
    })?;
    for summary in store.with_failed_mail()? {
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
