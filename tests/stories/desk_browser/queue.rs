//! The queue: what is in sight, what is chosen, and the keys that go through it.

use fantoccini::key::Key;
use serde_json::json;

use crate::{
    chromium::Browser,
    desk::{ANN, BO},
};

use super::forty::Forty;

const LAPTOP: (u32, u32, bool) = (1366, 768, false);
const PHONE: (u32, u32, bool) = (360, 800, true);
/// So high that nothing is below the bar, which axe could not judge.
const TALL: (u32, u32, bool) = (1366, 4_000, false);

#[test]
fn a_queue_of_forty_is_filtered_and_gone_through_by_keys() {
    let forty = Forty::begin();
    let ann = Browser::start();
    forty.let_in(&ann, ANN);
    ann.be_in(LAPTOP);
    ann.open(&forty.url("/desk"));
    let in_sight = "return [...document.querySelectorAll('.entries li')].filter((row) =>
        row.getBoundingClientRect().bottom <= innerHeight).length";
    let rows = ann.run(in_sight);
    println!("{rows} rows are in sight");
    assert!(rows.as_u64() >= Some(7), "{rows}");
    assert!(!ann.texts(".counts a").iter().any(|it| it.contains("spam")));

    // Filters stand in the address, and each is reached without the keys.
    ann.run("document.querySelector('#assigned').value = 'bo@desk.example'");
    ann.run("document.querySelector('#sort').value = 'newest'");
    ann.push("Show");
    let address = ann.address();
    assert!(address.contains("assigned=bo%40desk.example"), "{address}");
    assert!(address.contains("sort=newest"), "{address}");
    let titles = ann.texts(".entries a");
    assert_eq!(titles.len(), 10, "{titles:?}");
    assert_eq!(titles[0], "Campaign 37");
    ann.follow("Campaign 37");
    assert_eq!(ann.text(".places span:not([aria-hidden])"), "1 of 10");
    ann.follow("Next ›");
    assert_eq!(ann.text("h1"), "Campaign 33");
    ann.open(&forty.url("/desk?problems=yes"));
    assert!(ann.text("main .note").contains("Nothing here matches"));
    ann.open(&forty.url("/desk?q=campaign+1&stage=approved"));
    ann.look_closely("queue-searched");

    // Keys: down, up, open, search, and what there is.
    ann.be_in(LAPTOP);
    ann.open(&forty.url("/desk?stage=received"));
    ann.type_keys("jjk");
    assert_eq!(ann.focused(), "Trade Union Campaigns");
    ann.type_keys("j");
    assert_eq!(ann.focused(), "Campaign 1");
    ann.enter();
    assert_eq!(ann.text("h1"), "Campaign 1");
    ann.follow("‹ The queue");
    ann.type_keys("/");
    assert_eq!(ann.focused(), "q");
    // What is typed into the field is no key.
    ann.type_keys("jk?");
    assert_eq!(ann.value("q"), "jk?");
    ann.click("h1");
    ann.type_keys("?");
    assert_eq!(
        ann.run("return document.querySelector('#keys').open"),
        json!(true)
    );
    ann.look_closely("queue-keys");
    ann.be_in(LAPTOP);
    ann.click("#keys input");
    ann.keys(&[Key::Escape.into()]);
    ann.type_keys("?");
    assert_eq!(
        ann.run("return document.querySelector('#keys').open"),
        json!(false)
    );
    assert_eq!(ann.complaints(), [""; 0]);
}

#[test]
fn what_is_chosen_is_counted_in_sight_and_all_that_match_are_shown_first() {
    let forty = Forty::begin();
    let (ann, bo) = (Browser::start(), Browser::without_javascript());
    forty.let_in(&ann, ANN);
    ann.be_in(LAPTOP);
    ann.open(&forty.url("/desk"));
    ann.click("#pick-1");
    ann.click("#pick-3");
    assert_eq!(ann.text(".bar p"), "2 selected");
    let bar = "const box = document.querySelector('.bar').getBoundingClientRect();
        return box.top >= 0 && box.bottom <= innerHeight";
    assert_eq!(ann.run(bar), json!(true), "the bar is in sight");
    ann.look_at_in("queue-chosen", &[PHONE, LAPTOP]);
    ann.be_in(TALL);
    ann.assert_no_barriers("queue-chosen");
    assert_eq!(ann.text(".bar .choice"), "All 40 that match");

    ann.open(&forty.url("/desk?stage=received"));
    ann.click("[name=all]");
    assert_eq!(ann.text(".bar p"), "16 selected");
    ann.press("approve");
    ann.look_closely("several-all");

    // All sixteen that wait, without JavaScript: they are shown before anything is done.
    forty.let_in(&bo, BO);
    bo.open(&forty.url("/desk?stage=received"));
    bo.click("[name=all]");
    bo.press("decline_as_spam");
    assert_eq!(bo.text("h1"), "Decline as spam 16 submissions");
    // Meanwhile Ann decides about one of them, and that counts.
    ann.open(&forty.url(&format!("/desk/{}", forty.ids[0])));
    ann.press("approve_next");
    assert_eq!(ann.text("main .note[role=status] h2"), "Approved.");
    bo.press("decline_as_spam");
    assert!(bo.address().contains("stage=received"), "{}", bo.address());
    let told = bo.text("main .note[role=status]");
    assert!(
        told.starts_with("15 declined as spam. 1 not declined"),
        "{told}"
    );
    assert_eq!(forty.intake.record(&forty.ids[0])["stage"], "approved");
    for browser in [&ann, &bo] {
        assert_eq!(browser.complaints(), [""; 0]);
    }
}
