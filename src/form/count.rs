//! Numbers as people read them.

/// `1 character`, `20,000 characters`.
pub fn characters(number: u64) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} character{plural}", thousands(number))
}

/// A number with commas between its thousands.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
