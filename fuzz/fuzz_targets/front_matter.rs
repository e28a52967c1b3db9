#![no_main]

use intake_fuzz::written_into_front_matter;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    written_into_front_matter(text);
});
