#![no_main]

use intake_fuzz::{FORMS, form_body};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((which, body)) = data.split_first() else {
        return;
    };
    let form = &FORMS[usize::from(*which) % FORMS.len()];
    form_body(form, body);
});
