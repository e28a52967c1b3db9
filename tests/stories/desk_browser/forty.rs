//! A queue of forty submissions at all stages, and an editor in a browser who works through it.

use crate::{
    chromium::Browser,
    desk::{ANN, ANN_AND_BO, BO, id_and_key, settled},
    support::{Answers, Intake, Letter, Visitor, eventually},
};

use super::sign_in;

/// The service with the seed and 39 others at various stages.
pub struct Forty {
    pub intake: Intake,
    /// In the order in which they came in; the first is the seed.
    pub ids: Vec<String>,
}

impl Forty {
    pub fn begin() -> Self {
        Self::begin_with(40)
    }

    /// The same with so many.
    pub fn begin_with(many: usize) -> Self {
        let intake = Intake::start_with(&[("INTAKE__EDITORS", ANN_AND_BO)]);
        let mut ann = Visitor::sign_in(&intake, ANN);
        let mut ids = Vec::new();
        for number in 0..many {
            let mut answers = Answers::number(number);
            if number == 0 {
                answers = Answers::seed();
            }
            if number == 7 {
                answers.title =
                    "How thirty-one unions across five countries counted what nobody had counted"
                        .into();
            }
            let (id, key) = id_and_key(&intake.submit(&answers));
            let desk = format!("/desk/{id}");
            let mut does = |fields: &[(&str, &str)]| {
                let done = ann.fill_in(&intake, &desk, &desk, fields);
                assert_eq!(done.status, 303, "{}", done.body);
            };
            match number % 10 {
                3 | 4 => does(&[("action", "approve")]),
                5 => does(&[("action", "request_changes"), ("note", "By when?")]),
                6 => does(&[("action", "decline")]),
                8 => does(&[("action", "decline_as_spam")]),
                9 => {
                    let mine = format!("/mine/{id}/{key}");
                    let withdraw = [("action", "withdraw")];
                    let done = Visitor::new().fill_in(&intake, &mine, &mine, &withdraw);
                    assert_eq!(done.status, 303, "{}", done.body);
                }
                _ => {}
            }
            if number % 4 == 1 {
                does(&[("action", "assign"), ("assigned", BO)]);
            }
            ids.push(id);
        }
        for id in &ids {
            settled(&intake, id);
        }
        Self { intake, ids }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.intake.url)
    }

    /// Signs this editor in, in this browser.
    pub fn let_in(&self, browser: &Browser, email: &str) {
        let before = self.intake.mailbox();
        let link = || {
            eventually("a sign-in letter", || {
                let new = self.intake.mailbox();
                let mut new = new.into_iter().filter(|name| !before.contains(name));
                new.find_map(|name| {
                    let path = self.intake.folder.path().join("mailbox").join(name);
                    let letter = Letter::read(&path);
                    letter
                        .text
                        .contains("/desk/sign-in/")
                        .then(|| letter.link("http"))
                })
            })
        };
        sign_in(browser, &self.intake.url, email, link);
    }
}
