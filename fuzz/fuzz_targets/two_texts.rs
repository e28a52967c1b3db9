#![no_main]

use intake_fuzz::two_texts;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|texts: (&str, &str)| {
    two_texts(texts.0, texts.1);
});
