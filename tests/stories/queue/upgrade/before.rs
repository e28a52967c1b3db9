//! The queue that the version before forms has left behind.

use std::{fs, path::PathBuf};

use serde_json::{Value, json};

use crate::support::Intake;

/// A record of the earlier version: its file, what lists say, and the key of its private link as
/// that version gave it.
pub struct Old {
    pub name: &'static str,
    pub title: &'static str,
    pub stage: &'static str,
    key: &'static str,
}

const fn old(
    name: &'static str,
    title: &'static str,
    stage: &'static str,
    key: &'static str,
) -> Old {
    Old {
        name,
        title,
        stage,
        key,
    }
}

pub const RECEIVED: Old = old(
    "received",
    "Bus Passes",
    "received",
    "d886f0a84b4807f51b6de56a9ef57e553c5b1e91",
);
pub const RESUBMITTED: Old = old(
    "resubmitted",
    "School Scores",
    "received",
    "bb6e6cc48f542d56d8170e01bbad6054e3030a87",
);
pub const ASKED: Old = old(
    "asked",
    "Market Hall",
    "changes_requested",
    "f594e0fffdf900e3d2c19031ee86bef9147ce4a7",
);
pub const APPROVED: Old = old(
    "approved",
    "Quieter Streets",
    "approved",
    "e6d386b41915d4daa39b5f68432a775de6675f84",
);
pub const PUBLISHED: Old = old(
    "published",
    "Night Trains",
    "published",
    "3299e099800a4e92d500f3f3f95bb1369c134104",
);
pub const ERASED: Old = old(
    "erased",
    "Corner Shop",
    "withdrawn",
    "dd6d2d3d1b56ca4b2743127aa1bf6fd0007fea42",
);
pub const DECLINED: Old = old(
    "declined",
    "Cheap Watches",
    "declined",
    "3fd36a86a5145c6a1e5249d7ef6498299c8b381d",
);
pub const PENDING: Old = old(
    "pending",
    "Old Bridge",
    "approved",
    "8648df7169ffae4f928305463deafa5b128bcdfe",
);

pub const QUEUE: [Old; 8] = [
    RECEIVED,
    RESUBMITTED,
    ASKED,
    APPROVED,
    PUBLISHED,
    ERASED,
    DECLINED,
    PENDING,
];

/// The form token with which [`RECEIVED`] was sent.
pub const TOKEN: &str =
    "01a21330-e327-7933-894c-3028df30dda7.e93886cee9a281a38c3d1f153a187e1582762fc7";

const SETTINGS: [(&str, &str); 3] = [
    (
        "INTAKE__EDITORS",
        "[{name: Ann, email: ann@desk.example}, {name: Bo, email: bo@desk.example}]",
    ),
    (
        "INTAKE__SECRET_KEY",
        "the secret of the earlier version, for stories",
    ),
    // Whenever these stories are told, the records are not so old that they are to be erased.
    ("INTAKE__RETENTION", "1200 months"),
];

impl Old {
    pub fn text(&self) -> String {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("tests/fixtures/before-forms")
            .join(self.name)
            .with_extension("json");
        fs::read_to_string(path).expect("a record")
    }

    pub fn record(&self) -> Value {
        serde_json::from_str(&self.text()).expect("JSON")
    }

    pub fn draft(&self) -> String {
        self.record()["draft"].as_str().expect("a draft").to_owned()
    }

    pub fn id(&self) -> String {
        self.record()["id"].as_str().expect("an id").to_owned()
    }

    pub fn desk(&self) -> String {
        format!("/desk/{}", self.id())
    }

    pub fn private(&self) -> String {
        format!("/mine/{}/{}", self.id(), self.key)
    }

    /// The record says what the earlier version has left, and the draft stands as it was.
    #[track_caller]
    pub fn assert_untouched(&self, intake: &Intake) {
        let (before, now) = (self.record(), self.assert_written(intake));
        for same in ["id", "version", "stage", "contact", "consent", "draft"] {
            assert_eq!(now[same], before[same], "{same}");
        }
        let file = format!("{}.md", self.id());
        assert_eq!(intake.queue_file(&file), self.draft());
        let left = intake.queue().join(format!("{}.json", self.id()));
        assert!(!left.exists(), "the file of a record that is in the store");
    }

    /// The record stands on disk as this version writes it.
    #[track_caller]
    pub fn assert_written(&self, intake: &Intake) -> Value {
        let text = intake.record_text(&self.id());
        let record: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(record["format"], json!(1));
        assert_eq!(record["form"], json!("case-study"));
        for gone in ["letters", "trouble"] {
            assert_eq!(record.get(gone), None, "{gone}");
        }
        record
    }
}

/// The earlier version's folder, before this version has seen it.
pub fn left_behind() -> Intake {
    let intake = Intake::at_rest_with(&SETTINGS);
    fs::create_dir(intake.queue()).expect("a folder");
    for old in &QUEUE {
        let file = |ending: &str| intake.queue().join(format!("{}.{ending}", old.id()));
        fs::write(file("json"), old.text()).expect("a record");
        fs::write(file("md"), old.draft()).expect("a draft");
    }
    intake
}
