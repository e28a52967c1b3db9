//! Whatever bytes come in from outside, nothing breaks, and each module keeps its promise. The
//! inputs are real ones, damaged at random. `INTAKE_FUZZ` says how many each target tries, and
//! `INTAKE_FUZZ_SECONDS` for how long at least; a find becomes a test of its own in its module. The
//! promises are those of the targets of `cargo fuzz`, which finds its inputs by the code reached.

mod files;
#[path = "../../fuzz/src/lib.rs"]
mod promises;
mod texts;

use std::{
    cell::{Cell, RefCell},
    time::{Duration, Instant},
};

use proptest::{prelude::*, sample::select};

use crate::fidelity::runner;

/// Nothing that people send is worked on for longer, however slow and busy the machine.
const LONGEST: Duration = Duration::from_secs(5);

/// A number from the environment.
fn asked(name: &str) -> Option<u32> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().expect("a number"))
}

/// Tries the inputs; how many they were, and how long the slowest took.
fn fuzz<S: Strategy>(name: &str, usual: u32, inputs_of_it: S, promise: impl Fn(S::Value)) {
    let (tried, slowest) = (Cell::new(0_u64), RefCell::new(Duration::ZERO));
    let inputs = asked("INTAKE_FUZZ").unwrap_or(usual);
    let time = Duration::from_secs(asked("INTAKE_FUZZ_SECONDS").unwrap_or(0).into());
    let started = Instant::now();
    let outcome = loop {
        let outcome = runner(inputs).run(&inputs_of_it, |input| {
            let begun = Instant::now();
            promise(input);
            let took = begun.elapsed();
            prop_assert!(took < LONGEST, "it took {:?}", took);
            tried.set(tried.get() + 1);
            slowest.replace_with(|slowest| took.max(*slowest));
            Ok(())
        });
        if outcome.is_err() || started.elapsed() >= time {
            break outcome;
        }
    };
    println!(
        "fuzz | {name:24} | {:9} inputs | {:4} s | slowest {:?}",
        tried.get(),
        started.elapsed().as_secs(),
        slowest.borrow()
    );
    outcome.unwrap_or_else(|failure| panic!("{name}: {failure}"));
}

/// Damage to an input; places are parts of its length, so that they mean something in each.
#[derive(Debug, Clone)]
enum Damage {
    Insert(u16, Vec<u8>),
    Remove(u16, usize),
    Repeat(u16, usize, usize),
    Change(u16, u8),
}

impl Damage {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let length = bytes.len();
        let place = |part: u16| length * usize::from(part) / usize::from(u16::MAX);
        match self {
            Self::Insert(at, what) => {
                let at = place(*at);
                bytes.splice(at..at, what.iter().copied());
            }
            Self::Remove(at, count) => {
                let at = place(*at);
                bytes.drain(at..(at + count).min(length));
            }
            Self::Repeat(at, count, times) => {
                let at = place(*at);
                let again = bytes[at..(at + count).min(length)].repeat(*times);
                bytes.splice(at..at, again);
            }
            Self::Change(at, flip) => {
                let at = place(*at);
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= flip;
                }
            }
        }
    }
}

fn damage(marks: &'static [&'static str]) -> impl Strategy<Value = Damage> {
    let noise = prop_oneof![
        6 => select(marks).prop_map(|mark| mark.as_bytes().to_vec()),
        2 => "\\PC{1,6}".prop_map(String::into_bytes),
        2 => any::<char>().prop_map(|c| c.to_string().into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 1..6),
    ];
    let times = prop_oneof![9 => 1..4_usize, 1 => 1..400_usize];
    prop_oneof![
        6 => (any::<u16>(), noise).prop_map(|(at, what)| Damage::Insert(at, what)),
        2 => (any::<u16>(), 1..40_usize).prop_map(|(at, count)| Damage::Remove(at, count)),
        2 => (any::<u16>(), 1..40_usize, times)
            .prop_map(|(at, count, times)| Damage::Repeat(at, count, times)),
        1 => (any::<u16>(), 1..=255_u8).prop_map(|(at, flip)| Damage::Change(at, flip)),
    ]
}

/// Real inputs, damaged; `marks` are what means something in them.
fn damaged(real: Vec<Vec<u8>>, marks: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let damages = prop::collection::vec(damage(marks), 0..16);
    (select(real), damages).prop_map(|(mut bytes, damages)| {
        for damage in damages {
            damage.apply(&mut bytes);
        }
        bytes
    })
}

/// Real texts, damaged, as far as they are texts still.
fn damaged_texts(
    real: &[&str],
    marks: &'static [&'static str],
) -> impl Strategy<Value = String> + use<> {
    let real = real.iter().map(|text| text.as_bytes().to_vec()).collect();
    damaged(real, marks).prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}
