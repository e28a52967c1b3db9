//! Editors search, and find what they mean.

use crate::support::{Answers, Intake, Visitor};

use super::{ANN, id_and_key, with_editors};

/// Titles of what is in the queue here, each with a story, an organisation and a sender.
const CORPUS: [[&str; 4]; 12] = [
    [
        "Łódź breathes",
        "Measuring the air of the city.",
        "Zielona Łódź",
        "Paweł Żak",
    ],
    [
        "Die Straße gehört uns",
        "Wir zählten Räder und Fußgänger.",
        "Rad e.V.",
        "Jürgen Weiß",
    ],
    [
        "Ёлки для всех",
        "Мы посадили ёлки во дворе школы.",
        "Зелёный двор",
        "Алёна Ким",
    ],
    [
        "İstanbul for its cats",
        "Counting bowls in Beyoğlu and Kadıköy.",
        "Kedi Derneği",
        "Işıl Öz",
    ],
    [
        "Η φωνή του Οδυσσέως",
        "Ο Οδυσσεύς γύρισε στο λιμάνι.",
        "Λιμάνι",
        "Ελένη",
    ],
    [
        "東京都の公園",
        "子どもたちと公園の木を数えました。",
        "みどりの会",
        "田中",
    ],
    [
        "ทางเท้าของเรา",
        "เราวัดความกว้างของทางเท้าในกรุงเทพ",
        "เมืองเดินได้",
        "สมชาย",
    ],
    [
        "안전한 통학로",
        "아이들이 캠페인을 시작했습니다.",
        "마을 모임",
        "김민지",
    ],
    [
        "Café ﬁnance",
        "A naïve ｆｕｌｌｗｉｄｔｈ ledger.",
        "Ångström & Co",
        "Zoë Núñez",
    ],
    [
        "النقل للجميع",
        "قِسنا زمن الانتظار في المحطات.",
        "حركة",
        "ليلى",
    ],
    ["सड़क सबकी", "हमने बच्चों के साथ सड़क नापी।", "नगर सभा", "मीरा"],
    [
        "Night buses",
        "Nurses counted how long they wait at night.",
        "Unison branch 12",
        "Sam O’Neill",
    ],
];

/// What is looked for, and the titles that it finds.
const SEARCHES: [(&str, &[usize]); 34] = [
    ("lodz", &[0]),
    ("ŁÓDŹ", &[0]),
    ("pawel zak", &[0]),
    ("strasse", &[1]),
    ("STRASSE", &[1]),
    ("weiss", &[1]),
    ("fussganger", &[1]),
    ("елки", &[2]),
    ("ЁЛКИ", &[2]),
    ("istanbul", &[3]),
    ("isil", &[3]),
    ("KADIKOY", &[3]),
    ("οδυσσευσ", &[4]),
    ("οδυσσεως", &[4]),
    ("東京都", &[5]),
    ("京都", &[5]),
    ("公園", &[5]),
    ("東都", &[]),
    ("ทางเท้า", &[6]),
    ("กรุง", &[6]),
    ("캠페인", &[7]),
    ("cafe\u{301} finance", &[8]),
    ("fullwidth", &[8]),
    ("angstrom", &[8]),
    ("nunez", &[8]),
    ("زمن", &[9]),
    ("قسنا", &[9]),
    ("सड़क", &[10]),
    ("nurses buses", &[11]),
    ("night waiting", &[]),
    ("night wai", &[11]),
    ("nurs night", &[]),
    ("unison 12", &[11]),
    ("sam o'neill", &[11]),
];

fn send(intake: &Intake, [title, story, organisation, name]: [&str; 4]) -> String {
    let mut answers = Answers::seed();
    answers.title = title.into();
    answers.story = format!("{story} ").repeat(20).trim().into();
    answers.organisation = organisation.into();
    answers.contact_name = name.into();
    intake.submit(&answers)
}

/// The titles on the page of the queue that finds this.
fn found(intake: &Intake, ann: &mut Visitor, filter: &str, words: &str) -> Vec<String> {
    let query: String = form_urlencoded::byte_serialize(words.as_bytes()).collect();
    let page = ann.get(intake, &format!("/desk?{filter}q={query}"));
    assert_eq!(page.status, 200, "{}", page.body);
    let links = page.body.split("<a href=\"/desk/").skip(1);
    let title = |link: &str| {
        let (_, rest) = link.split_once("dir=\"auto\">")?;
        Some(rest.split_once("</a>")?.0.to_owned())
    };
    links.filter_map(title).collect()
}

#[test]
fn a_search_finds_what_is_meant_in_many_languages() {
    let intake = with_editors();
    for one in CORPUS {
        send(&intake, one);
    }
    let mut ann = Visitor::sign_in(&intake, ANN);
    for (words, expected) in SEARCHES {
        let titles = found(&intake, &mut ann, "", words);
        let expected: Vec<&str> = expected.iter().map(|at| CORPUS[*at][0]).collect();
        assert_eq!(titles, expected, "{words}");
    }
    // What nobody can search for is no search.
    assert_eq!(found(&intake, &mut ann, "", " … ").len(), CORPUS.len());
}

#[test]
fn a_search_follows_edits_stages_and_erasure_at_once() {
    let intake = with_editors();
    let link = send(&intake, CORPUS[11]);
    let (id, _) = id_and_key(&link);
    let mut ann = Visitor::sign_in(&intake, ANN);
    let mut finds = |filter: &str, words: &str| found(&intake, &mut ann, filter, words).len();
    assert_eq!(finds("", "neill"), 1);
    assert_eq!(finds("stage=received&", "buses"), 1);
    assert_eq!(finds("stage=approved&", "buses"), 0);
    assert_eq!(finds("form=case-study&", "buses"), 1);
    assert_eq!(finds("form=event&", "buses"), 0);

    let desk = format!("/desk/{id}");
    let mut bo = Visitor::sign_in(&intake, super::BO);
    let approved = bo.fill_in(&intake, &desk, &desk, &[("action", "approve")]);
    assert_eq!(approved.status, 303, "{}", approved.body);
    assert_eq!(finds("stage=received&", "buses"), 0);
    assert_eq!(finds("stage=approved&", "buses"), 1);

    let erased = intake.run(&["erase", &id]);
    assert_eq!(erased.status, Some(0), "{}", erased.err);
    assert_eq!(finds("", "neill"), 0, "the name is gone");
    assert_eq!(finds("", "buses"), 1, "the post is not");
}

#[test]
fn more_than_a_page_is_walked_through_without_losing_or_doubling_any() {
    let intake = with_editors();
    for number in 0..120 {
        let answers = Answers::number(number);
        intake.submit(&answers);
    }
    let mut ann = Visitor::sign_in(&intake, ANN);
    for first in ["/desk?", "/desk?stage=received&", "/desk?q=campaign&"] {
        let mut seen = std::collections::BTreeSet::new();
        let (mut path, mut pages) = (first.to_owned(), 0);
        loop {
            let page = ann.get(&intake, &path).body;
            pages += 1;
            for pick in page.split("name=\"pick\" value=\"").skip(1) {
                let id = pick.split(':').next().expect("an id").to_owned();
                assert!(seen.insert(id), "twice on the way from {first}");
            }
            let Some(next) = page
                .split("<a href=\"")
                .find(|link| link.contains(">Next page<"))
            else {
                break;
            };
            path = next
                .split('"')
                .next()
                .expect("a path")
                .replace("&amp;", "&");
        }
        assert_eq!((seen.len(), pages), (120, 3), "{first}");
    }
}
