#![no_main]

use intake_fuzz::link;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    link(text);
});
