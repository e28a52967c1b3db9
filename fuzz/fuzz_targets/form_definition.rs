#![no_main]

use intake_fuzz::form_definition;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    form_definition(text);
});
