#![no_main]

use intake_fuzz::pasted_html;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    pasted_html(text);
});
