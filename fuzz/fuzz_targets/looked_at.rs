#![no_main]

use intake_fuzz::looked_at;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    looked_at(text);
});
