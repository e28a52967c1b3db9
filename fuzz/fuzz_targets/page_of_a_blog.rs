#![no_main]

use intake_fuzz::page_of_a_blog;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    page_of_a_blog(bytes);
});
