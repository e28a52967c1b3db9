//! People add pictures to what they send.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};

use crate::{
    chromium::Browser,
    limits::with_limits,
    support::{Answer, Answers, Intake, Visitor, runs_on_postgres, value_of},
};

/// A photo whose left half is red, as a file of this kind.
pub fn photo(width: u32, height: u32, kind: ImageFormat) -> Vec<u8> {
    let half = |x, y| {
        let shade = (y % 200) as u8;
        if x < width / 2 {
            Rgb([220, shade, 20])
        } else {
            Rgb([20, shade, 220])
        }
    };
    write(&RgbImage::from_fn(width, height, half).into(), kind)
}

fn write(picture: &DynamicImage, kind: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    picture.write_to(&mut file, kind).expect("a picture");
    file.into_inner()
}

/// What phones write into a photo: where it was taken, with which camera, how it is turned
/// (`turned`: 6 is a quarter to the right), and notes of the maker.
pub const SECRETS: [&str; 4] = ["GPSSECRET", "SERIAL-4711", "MAKERNOTE", "xmpmeta"];

pub fn with_notes(jpeg: &[u8], turned: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend([turned, 0, 0, 0, 0, 0, 0]);
    exif.extend(b"GPSSECRET 51.5074 SERIAL-4711 MAKERNOTE");
    let xmp = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>GPSSECRET</x:xmpmeta>";
    let mut file = jpeg[..2].to_vec();
    for notes in [exif.as_slice(), xmp] {
        file.extend([0xff, 0xe1]);
        file.extend(u16::try_from(notes.len() + 2).expect("short").to_be_bytes());
        file.extend(notes);
    }
    file.extend(&jpeg[2..]);
    file.extend(b"SERIAL-4711 behind the end <script>alert(1)</script>");
    file
}

/// A form post with a file, as browsers send it.
pub fn multipart(fields: &[(&str, &str)], file: (&str, &[u8])) -> (String, Vec<u8>) {
    let edge = "----edge7261";
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend(
            format!(
                "--{edge}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            )
            .bytes(),
        );
    }
    let (name, bytes) = file;
    body.extend(format!("--{edge}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"IMG_1.JPG\"\r\nContent-Type: image/jpeg\r\n\r\n").bytes());
    body.extend(bytes);
    body.extend(format!("\r\n--{edge}--\r\n").bytes());
    (format!("multipart/form-data; boundary={edge}"), body)
}

/// A saved form, as whoever holds its link sees it.
pub struct Saved<'a> {
    intake: &'a Intake,
    pub path: String,
    answers: Answers,
}

impl<'a> Saved<'a> {
    pub fn new(intake: &'a Intake) -> Self {
        let answers = Answers::seed();
        let token = intake.token();
        let saved = intake.post("/", &answers.sent(&token, "save"));
        assert_eq!(saved.status, 303, "{}", saved.body);
        Self {
            intake,
            path: saved.location.replace("?saved", ""),
            answers,
        }
    }

    fn fields<'b>(
        &'b self,
        revision: &'b str,
        more: &[(&'b str, &'b str)],
    ) -> Vec<(&'b str, &'b str)> {
        let mut fields = self.answers.sent("", "");
        fields.retain(|(name, _)| !["token", "action"].contains(name));
        fields.push(("revision", revision));
        fields.extend_from_slice(more);
        fields
    }

    fn revision(&self) -> String {
        value_of(&self.intake.get(&self.path).body, "revision").expect("a revision")
    }

    /// The kind and the body of a form with this file.
    pub fn with_file(&self, file: &[u8], more: &[(&str, &str)]) -> (String, Vec<u8>) {
        let revision = self.revision();
        let mut fields = self.fields(&revision, more);
        fields.push(("action", "upload:photos"));
        multipart(&fields, ("file-photos", file))
    }

    pub fn upload(&self, file: &[u8], more: &[(&str, &str)]) -> Answer {
        let (kind, body) = self.with_file(file, more);
        self.intake.post_bytes(&self.path, &kind, &body)
    }

    pub fn post(&self, more: &[(&str, &str)]) -> Answer {
        let revision = self.revision();
        self.intake.post(&self.path, &self.fields(&revision, more))
    }

    /// The name of the picture's file with this number.
    pub fn file(&self, number: usize) -> String {
        let page = self.intake.get(&self.path).body;
        value_of(&page, &format!("photos-{number}-picture")).expect("a picture")
    }
}

/// What is said of a picture.
pub fn said(file: &str) -> [(&'static str, &str); 6] {
    [
        ("photos-0-picture", file),
        ("photos-0-alt", "Nurses hold up a banner outside a hospital"),
        ("photos-0-caption", "The march of 2 May"),
        ("photos-0-licence", "CC BY 4.0"),
        (
            "photos-0-people",
            "Everyone who can be recognised has agreed",
        ),
        ("photos-0-ai", "No"),
    ]
}

/// The private page of something that was sent with a picture, and that picture's file.
pub fn sent_with_a_picture(intake: &Intake) -> (String, String) {
    let saved = Saved::new(intake);
    saved.upload(&photo(60, 40, ImageFormat::Jpeg), &[]);
    let file = saved.file(0);
    let sent = saved.post(&[&said(&file)[..], &[("action", "submit")]].concat());
    assert_eq!(
        (sent.status, sent.location.as_str()),
        (303, saved.path.as_str())
    );
    (saved.path, file)
}

fn bytes_of(intake: &Intake, path: &str) -> Vec<u8> {
    let mut answer = ureq::get(format!("{}{path}", intake.url))
        .call()
        .expect("a picture");
    answer.body_mut().read_to_vec().expect("its bytes")
}

#[test]
fn a_photo_is_made_smaller_upright_and_free_of_all_that_the_phone_wrote_into_it() {
    let intake = Intake::start();
    let saved = Saved::new(&intake);
    let photo = with_notes(&photo(2400, 1200, ImageFormat::Jpeg), 6);
    let uploaded = saved.upload(&photo, &[]);
    assert_eq!(uploaded.status, 303, "{}", uploaded.body);
    assert!(uploaded.location.ends_with("?saved#photos-0-alt"));

    let path = format!("{}/pictures/{}", saved.path, saved.file(0));
    let kept = bytes_of(&intake, &path);
    let picture = image::load_from_memory(&kept).expect("a picture");
    assert_eq!(
        (picture.width(), picture.height()),
        (800, 1600),
        "upright, and smaller"
    );
    let top = picture.to_rgb8().get_pixel(400, 100).0;
    assert!(
        top[0] > 150 && top[2] < 100,
        "what was left is on top: {top:?}"
    );
    let text = String::from_utf8_lossy(&kept);
    for secret in SECRETS.iter().chain(&["Exif", "<script>"]) {
        assert!(!text.contains(secret), "{secret}");
    }
    if !runs_on_postgres() {
        let store = std::fs::read(intake.queue().join("intake.db")).expect("the store");
        let log = std::fs::read(intake.queue().join("intake.db-wal")).unwrap_or_default();
        for bytes in [store, log] {
            let text = String::from_utf8_lossy(&bytes);
            assert!(!SECRETS.iter().any(|secret| text.contains(secret)));
        }
    }

    // Nobody else can see it.
    let id = saved.path.split('/').nth(2).expect("an id");
    let guessed = format!("/mine/{id}/{}/pictures/{}", "0".repeat(40), saved.file(0));
    assert_eq!(intake.get(&guessed).status, 404);
    let desk = format!("/desk/{id}/pictures/{}", saved.file(0));
    assert_eq!(intake.get(&desk).status, 303, "to the sign-in");
}

#[test]
fn files_that_cannot_be_shown_get_words_and_leave_every_answer() {
    let intake = Intake::start();
    let saved = Saved::new(&intake);
    let jpeg = photo(400, 300, ImageFormat::Jpeg);
    let mut png = photo(64, 64, ImageFormat::Png);
    let cut = &png[..png.len() / 2].to_vec();
    // A header that promises 50,000 × 50,000 pixels.
    png[16..20].copy_from_slice(&50_000_u32.to_be_bytes());
    png[20..24].copy_from_slice(&50_000_u32.to_be_bytes());
    let sum = crc(&png[12..29]);
    png[29..33].copy_from_slice(&sum.to_be_bytes());
    let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".repeat(20);
    let webp = b"RIFF\x40\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0\x0f\0\0\x0f\0\0ANIM\x06\0\0\0\0\0\0\0\0\0ANMF\x18\0\0\0\0\0\0\0\0\0\x0f\0\0\x0f\0\0\x0a\0\0\0";
    let large = [jpeg.clone(), vec![0; 15 << 20]].concat();
    for (file, words) in [
        (&jpeg[..jpeg.len() / 2], "damaged or was cut off"),
        (cut, "damaged or was cut off"),
        (&png, "more than 50 million pixels"),
        (&heic, "HEIC"),
        (webp, ""),
        (&large, "larger than 15 MB"),
        (
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            "no JPEG, PNG or WebP",
        ),
        (b"GIF89a\x01\0\x01\0\0\0\0;", "no JPEG, PNG or WebP"),
        (b"%PDF-1.7 and more", "no JPEG, PNG or WebP"),
        (b"", "Choose a picture first"),
    ] {
        let answer = saved.upload(file, &[]);
        assert_eq!(answer.status, 422, "{words}");
        let problem = &answer.problems()[0];
        assert_eq!(problem.0, "file-photos");
        assert!(problem.1.contains(words), "{words}: {}", problem.1);
        assert!(
            answer.body.contains("Trade Union Campaigns"),
            "every word is kept"
        );
    }
    assert_eq!(intake.table("picture"), "");
    assert_eq!(
        intake.get(&saved.path).status,
        200,
        "and the service goes on"
    );
}

/// CRC-32 as PNG has it (ISO/IEC 15948, annex D).
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            if sum & 1 == 1 {
                sum >> 1 ^ 0xedb8_8320
            } else {
                sum >> 1
            }
        })
    })
}

#[test]
fn nobody_fills_the_disk_by_uploading_to_many_saved_forms() {
    let intake = with_limits(&[]);
    let mut refused = 0;
    for _ in 0..8 {
        let saved = Saved::new(&intake);
        let (kind, body) = saved.with_file(b"no picture", &[]);
        for _ in 0..40 {
            let answer = intake.post_bytes(&saved.path, &kind, &body);
            assert_eq!(answer.status, 422, "{}", answer.body);
            let too_often = answer
                .body
                .contains("So many pictures were uploaded lately");
            refused += usize::from(too_often);
        }
    }
    assert_eq!(refused, 20);
}

#[test]
fn a_drawing_keeps_what_shines_through_and_a_webp_becomes_a_jpeg() {
    let intake = Intake::start();
    let saved = Saved::new(&intake);
    let clear = RgbaImage::from_fn(40, 40, |x, _| Rgba([9, 9, 9, if x < 20 { 0 } else { 255 }]));
    saved.upload(&write(&clear.into(), ImageFormat::Png), &[]);
    assert!(saved.file(0).ends_with(".png"));
    let first = saved.file(0);
    let more = [("photos-0-picture", first.as_str())];
    saved.upload(&photo(60, 40, ImageFormat::WebP), &more);
    assert!(saved.file(1).ends_with(".jpg"));

    // The other way round, and then without the first.
    let second = saved.file(1);
    let both = [
        ("photos-0-picture", first.as_str()),
        ("photos-1-picture", second.as_str()),
    ];
    let moved = saved.post(&[&both[..], &[("action", "up:photos-1")]].concat());
    assert_eq!(
        value_of(&moved.body, "photos-0-picture"),
        Some(second.clone())
    );
    let removed = saved.post(&[&both[..], &[("action", "remove:photos-0")]].concat());
    assert_eq!(value_of(&removed.body, "photos-0-picture"), None);
    assert_eq!(value_of(&removed.body, "photos-1-picture"), Some(second));
}

#[test]
fn words_for_who_does_not_see_it_must_be_such() {
    let intake = Intake::start();
    let saved = Saved::new(&intake);
    saved.upload(&photo(60, 40, ImageFormat::Jpeg), &[]);
    let file = saved.file(0);
    let with = |alt: &'static str| {
        let mut fields = said(&file).to_vec();
        fields[1].1 = alt;
        fields.push(("action", "check"));
        saved.post(&fields)
    };
    for (alt, words) in [
        ("", "Picture 1: Describe the picture"),
        ("IMG_2034.jpg", "this is the name of a file"),
        ("Image of nurses", "Leave out that it is a picture"),
        ("The march of 2 May", "in other words than the caption"),
    ] {
        let answer = with(alt);
        assert_eq!(answer.status, 422, "{alt}");
        let problem = &answer.problems()[0];
        assert_eq!(problem.0, "photos-0-alt");
        assert!(problem.1.contains(words), "{}", problem.1);
    }
    let good = with("Nurses hold up a banner");
    assert_eq!(good.status, 200);
    assert!(
        good.body
            .contains(&format!("{}/pictures/{file}", saved.path)),
        "the preview shows it"
    );

    // A picture of somebody else's form is none of this one.
    let other = Saved::new(&intake);
    let answer = other.post(&[&said(&file)[..], &[("action", "submit")]].concat());
    assert_eq!(answer.problems()[0].1, "Upload the picture again");
}

#[test]
fn what_is_erased_or_deleted_takes_its_pictures_along_and_a_backup_brings_them_back() {
    let intake = Intake::start();
    let deleted = Saved::new(&intake);
    deleted.upload(&photo(60, 40, ImageFormat::Jpeg), &[]);
    deleted.post(&[("action", "discard"), ("sure", "yes")]);
    assert_eq!(intake.table("picture"), "");

    let (path, file) = sent_with_a_picture(&intake);
    let picture = format!("{path}/pictures/{file}");
    assert!(
        intake.get(&path).body.contains(&picture),
        "the private page shows it"
    );

    assert_eq!(intake.run(&["backup", "all.backup"]).status, Some(0));
    let mut other = Intake::at_rest_with(&[]);
    let backup = intake.folder.path().join("all.backup");
    let ran = other.run(&["restore", backup.to_str().expect("a path")]);
    assert_eq!(ran.status, Some(0), "{}", ran.err);
    other.start_again();
    assert_eq!(bytes_of(&other, &picture), bytes_of(&intake, &picture));

    let id = path.split('/').nth(2).expect("an id");
    let mut editor = Visitor::sign_in(&intake, "editor@example.org");
    assert!(
        editor
            .get(&intake, &format!("/desk/{id}"))
            .body
            .contains(&format!("/desk/{id}/pictures/{file}"))
    );
    let on_the_desk = ureq::get(format!("{}/desk/{id}/pictures/{file}", intake.url))
        .header("cookie", editor.cookie_header())
        .call();
    assert_eq!(on_the_desk.expect("an answer").status(), 200);
    assert_eq!(intake.run(&["erase", id]).status, Some(0));
    assert_eq!(intake.table("picture"), "");
    assert_eq!(intake.get(&picture).status, 404);
}

#[test]
fn a_campaigner_adds_a_photo_on_a_phone_and_sees_it_in_the_post() {
    let intake = Intake::start();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("IMG_2034.JPG");
    std::fs::write(&file, with_notes(&photo(1200, 900, ImageFormat::Jpeg), 1)).expect("a photo");
    for browser in [Browser::start(), Browser::without_javascript()] {
        browser.open(&intake.url);
        browser.fill_in(&Answers::seed());
        assert!(
            browser
                .text("#photos")
                .contains("once your answers are saved")
        );
        browser.press("save");
        browser.write("file-photos", file.to_str().expect("a path"));
        browser.leaving(|| browser.click("[value='upload:photos']"));
        // The page opens where they were, and goes on from there with the keyboard.
        assert_eq!(
            browser.run("return document.activeElement.id"),
            "photos-0-alt"
        );
        assert_eq!(
            browser.run("return document.querySelector('.thumbnail').naturalWidth"),
            1200
        );
        browser.write("photos-0-alt", "Nurses hold up a banner");
        for (field, choice) in [
            ("licence", "CC BY 4.0"),
            ("people", "Nobody can be recognised"),
            ("ai", "No"),
        ] {
            browser.set(&format!("photos-0-{field}"), choice);
        }
        browser.write("photos-0-credit", "Ana");
        browser.press("check");
        assert_eq!(browser.text("h1"), "Check before you send");
        assert_eq!(
            browser.run("return document.querySelector('.post-body img').naturalWidth"),
            1200
        );
        assert!(
            browser
                .text(".post-body")
                .contains("(Picture: Ana, CC BY 4.0)")
        );
        browser.press("submit");
        assert_eq!(
            browser.run("return document.querySelector('.post-body img').naturalWidth"),
            1200
        );
        // A second one, once it is sent.
        let page = browser.run("return location.href.split('#')[0]");
        browser.open(&format!("{}/edit", page.as_str().expect("an address")));
        browser.write("file-photos", file.to_str().expect("a path"));
        browser.leaving(|| browser.click("[value='upload:photos']"));
        assert_eq!(
            browser.run("return document.activeElement.id"),
            "photos-1-alt"
        );
    }
}
