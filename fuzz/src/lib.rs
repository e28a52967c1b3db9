//! What each part that reads text from outside promises, whatever it is given. The targets of
//! `cargo fuzz` look for inputs by which code they reach; the stories of `tests/stories/fuzz` try
//! real inputs, damaged at random. Both hold these promises, which panic where they are broken.

mod files;
mod texts;

pub use files::*;
pub use texts::*;
