#![no_main]

use intake_fuzz::{GOOD_TOKEN, token};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: (i32, &str)| {
    let (seconds, text) = data;
    // No input can hold the good token, which is another one each time.
    token(&text.replace('@', &GOOD_TOKEN), seconds);
});
