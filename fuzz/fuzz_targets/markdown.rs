#![no_main]

use intake_fuzz::markdown;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    markdown(text);
});
