//! Intake collects case studies from campaigners, writes a draft post for each into a review
//! queue, and tells the editors.
//!
//! # Reading order
//!
//! | module | knows | imports |
//! | --- | --- | --- |
//! | [`case_study`] | the fields and their rules | nothing of ours |
//! | [`submission`] | the workflow and the letters owed | `case_study` |
//! | [`changes`] | differences between revisions | the two above |
//! | [`markdown`] | making Markdown safe for the blog | nothing of ours |
//! | [`post`] | case study → post; YAML as Ruby reads it | `case_study`, `submission`, `markdown` |
//! | [`config`] | the settings | `case_study`, `submission` |
//! | [`templates`] | loading and rendering | `markdown`, `post` |
//! | [`keys`] | form tokens, private links | nothing of ours |
//! | [`sessions`] | who is signed in | nothing of ours |
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
//! - Only [`post::Post`] reaches the blog, and only through [`markdown`] and [`post::yaml_string`].
//! - Nothing of [`case_study::Contact`] is in a draft, a log line, a metric or a letter's words.
//! - Only `post` and `config` name the YAML library, only `mail` the mail library,
//!   only `blog` starts programs (git, and the blog's own check).

#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod blog;
pub mod case_study;
pub mod changes;
pub mod cli;
pub mod config;
pub mod keys;
pub mod mail;
pub mod markdown;

pub mod post;
pub mod queue;
pub mod service;
pub mod sessions;
pub mod submission;
pub mod templates;
pub mod web;
