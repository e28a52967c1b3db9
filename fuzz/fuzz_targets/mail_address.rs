#![no_main]

use intake_fuzz::mail_address;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    mail_address(text);
});
