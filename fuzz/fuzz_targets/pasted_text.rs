#![no_main]

use intake_fuzz::pasted_text;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    pasted_text(text);
});
