//! One submission is read and decided: what is in sight, and how many clicks it takes.

use serde_json::json;

use crate::{chromium::Browser, desk::ANN};

use super::forty::Forty;

/// A laptop’s window.
const LAPTOP: (u32, u32, bool) = (1366, 768, false);
const TABLET: (u32, u32, bool) = (768, 1024, true);

#[test]
fn a_submission_is_read_and_approved_in_two_clicks_without_scrolling() {
    let forty = Forty::begin();
    let ann = Browser::start();
    forty.let_in(&ann, ANN);
    ann.be_in(LAPTOP);
    ann.open(&forty.url("/desk"));
    ann.look_closely("queue-of-forty");
    ann.look_at_in("queue-of-forty", &[(360, 800, true), TABLET, LAPTOP]);
    ann.be_in(LAPTOP);
    ann.open(&forty.url("/desk?stage=received"));

    // The first click opens it.
    ann.follow("Trade Union Campaigns");
    let height = ann.run("return document.documentElement.scrollHeight");
    println!("the page is {height} pixels tall");
    assert!(height.as_u64() <= Some(2_300), "{height}");
    let shown = ann.run(
        "return ['#look', '#decide', 'h1 + .facts', 'button[value=approve_next]', 'button[value=approve]']
            .filter((css) => {
                const box = document.querySelector(css).getBoundingClientRect();
                return box.top < 0 || box.bottom > innerHeight;
            })",
    );
    assert_eq!(shown, json!([]), "what is out of sight");
    assert_eq!(ann.text(".places span:not([aria-hidden])"), "1 of 16");
    ann.look_closely("review-of-the-seed");
    ann.look_at_in("review-of-the-seed", &[TABLET, LAPTOP]);
    ann.be_in(LAPTOP);

    // The second one approves it, and shows the next.
    ann.press("approve_next");
    assert_eq!(ann.text("main .note[role=status] h2"), "Approved.");
    let told = ann.text("main .note[role=status]");
    assert!(told.contains("Trade Union Campaigns"), "{told}");
    assert!(
        told.contains("An email to the campaigner is on its way."),
        "{told}"
    );
    assert!(
        told.contains("Approval: Zelda Quince-Canary, zelda.quince@canary.example"),
        "{told}"
    );
    assert_eq!(ann.text(".places span:not([aria-hidden])"), "1 of 15");
    ann.look_closely("review-after-approval");
    assert_eq!(forty.intake.record(&forty.ids[0])["stage"], "approved");

    // Through the list by its links, and back to it.
    ann.follow("Next ›");
    assert_eq!(ann.text(".places span:not([aria-hidden])"), "2 of 15");
    ann.follow("‹ Previous");
    assert_eq!(ann.text(".places span:not([aria-hidden])"), "1 of 15");
    ann.follow("‹ The queue");
    assert!(ann.address().ends_with("/desk?stage=received"));
}

#[test]
fn the_desk_is_three_requests_and_thirty_kilobytes_at_most() {
    let forty = Forty::begin();
    for path in ["/desk?stage=received", &format!("/desk/{}", forty.ids[0])] {
        // Each in a browser that has nothing of it yet.
        let ann = Browser::start();
        forty.let_in(&ann, ANN);
        ann.forget_what_was_loaded();
        ann.open(&forty.url(path));
        ann.assert_light();
    }
}
