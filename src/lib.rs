//! Intake collects case studies from campaigners, writes a draft post for each into a review
//! queue, and tells the editors.
//!
//! # Reading order
//!
//! | module | knows | imports |
//! | --- | --- | --- |
//! | [`text`] | cleaning, Markdown, addresses, differences, YAML as Ruby reads it | nothing of ours |
//! | [`case_study`] | the fields and their rules | `text` |
//! | [`submission`] | the workflow and the letters owed | `text`, `case_study` |
//! | [`changes`] | differences between revisions | the three above |
//! | [`post`] | case study → post | `text`, `case_study`, `submission` |
//! | [`config`] | the settings | `text`, `case_study`, `submission` |
//! | [`templates`] | loading and rendering | `text` |
//! | [`keys`] | form tokens, private links | `text` |
//! | [`sessions`] | who is signed in | `text` |
//! | [`queue`] | the durable files | `submission`, `post`, `templates` |
//! | [`mail`] | rendering and sending mail | `queue` and below |
//! | [`blog`] | the blog's pages, and publishing through git | `queue` and below |
//! | [`service`] | the parts put together; the use cases | all above |
//! | [`web`] | pages and routes | all above |
//! | [`cli`] | the commands | all above |
//!
//! Imports run upwards in this table only; `tests/` reads the `use` lines and holds the code to it.
//!
//! # Invariants
//!
//! - What was answered with yes is synced to disk, and a record's replacement is the commit of
//!   every change: content, decision and the letters they cause.
//! - Nothing is published that the blog would show wrongly, and nothing overwritten that was not
//!   published from here; a checkout is moved in one step that can be undone.
//! - Only [`post::Post`] reaches the blog, and only through [`text::markdown`] and
//!   [`text::yaml`]; which characters are shown at all, [`text::clean`] alone says.
//! - Nothing of [`case_study::Contact`] is in a draft, a log line, a metric or a letter's words.
//! - Only `text` and `config` name the YAML library, only `mail` the mail library,
//!   only `blog` starts programs (git, and the blog's own check).

#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod blog;
pub mod case_study;
pub mod changes;
pub mod cli;
pub mod config;
pub mod form;
pub mod keys;
pub mod mail;
pub mod post;
pub mod queue;
pub mod service;
pub mod sessions;
pub mod submission;
pub mod templates;
pub mod text;
pub mod web;
