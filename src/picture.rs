//! Pictures from outside, made harmless: decoded in a short-lived process of this program with limits
//! on memory and time, turned upright, made smaller, and written anew without anything but the picture
//! itself. What came is kept nowhere.

use std::{
    io::{Cursor, Read, Write},
    process::{Command, ExitCode, Stdio},
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use image::{
    DynamicImage, ImageDecoder, ImageError, ImageFormat, Limits,
    codecs::{
        jpeg::{JpegDecoder, JpegEncoder},
        png::{CompressionType, FilterType, PngDecoder, PngEncoder},
        webp::WebPDecoder,
    },
    imageops,
};
use rustix::process::{Resource, Rlimit, setrlimit};

/// The largest file that is taken, in bytes.
pub const LARGEST_FILE: usize = 15 << 20;
/// The most pixels that it may have.
pub const MOST_PIXELS: u64 = 50_000_000;
/// The longest side of what is kept, in pixels.
const LONGEST_SIDE: u32 = 1600;
/// What shines through is kept up to this many bytes; a larger picture becomes a JPEG.
const LARGEST_KEPT: usize = 2 << 20;
/// How good a JPEG is, of 100.
const QUALITY: u8 = 85;
/// How long the process may take, and how much memory: a picture of [`MOST_PIXELS`] takes a third.
const TIME: Duration = Duration::from_secs(30);
const MEMORY: u64 = 1 << 30;

/// The word on the command line that begins the process; no command for people.
pub const COMMAND: &str = "make-picture-harmless";

/// A picture that may be kept and shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Harmless {
    /// The file.
    pub bytes: Vec<u8>,
    /// The ending of its kind: `jpg` or `png`.
    pub ending: &'static str,
}

/// Why a file is not taken.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::EnumString, strum::IntoStaticStr,
)]
#[strum(serialize_all = "snake_case")]
#[allow(missing_docs, reason = "the words say it")]
pub enum PictureProblem {
    #[error("This file is empty. Choose it again.")]
    Empty,
    #[error("This file is larger than 15 MB. Choose a smaller one, or make it smaller first.")]
    TooLarge,
    #[error("This picture has more than 50 million pixels. Make it smaller first.")]
    TooManyPixels,
    #[error("This is no JPEG, PNG or WebP picture. Save it as one of these first.")]
    OtherKind,
    #[error(
        "This picture is in Apple’s HEIC format, which most browsers can’t show. On an iPhone, set Settings › Camera › Formats to “Most Compatible”, or send the photo to yourself by email, which makes it a JPEG."
    )]
    Heic,
    #[error("This picture moves. Choose one that stands still.")]
    Animated,
    #[error("This file is damaged or was cut off, so it can’t be shown. Choose it again.")]
    Damaged,
    #[error("This picture took too long to read. Make it smaller first.")]
    TooSlow,
    #[error("You have uploaded so many pictures that there is no room for more.")]
    TooMany,
    #[error(
        "So many pictures were uploaded lately that we can’t take more now. Try again in an hour."
    )]
    TooOften,
    #[error("We can’t read pictures just now. Try again in a few minutes.")]
    NotNow,
}

/// How many pictures are worked on at once; each may take [`MEMORY`].
const AT_ONCE: usize = 2;
static AT_WORK: AtomicUsize = AtomicUsize::new(0);

/// The right to work on a picture, until it is dropped.
struct Turn;

impl Turn {
    fn take() -> Option<Self> {
        let more = |count| (count < AT_ONCE).then_some(count + 1);
        let taken = AT_WORK.fetch_update(Ordering::AcqRel, Ordering::Acquire, more);
        taken.ok().map(|_| Self)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        AT_WORK.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Makes a file that somebody has sent harmless, in a process of its own.
///
/// # Errors
/// Why it is not taken.
pub fn make_harmless(file: &[u8]) -> Result<Harmless, PictureProblem> {
    let _turn = Turn::take().ok_or(PictureProblem::NotNow)?;
    if file.is_empty() {
        return Err(PictureProblem::Empty);
    }
    if file.len() > LARGEST_FILE {
        return Err(PictureProblem::TooLarge);
    }
    let program = std::env::current_exe().map_err(|_| PictureProblem::NotNow)?;
    let mut child = Command::new(program)
        .arg(COMMAND)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| {
            tracing::error!(%error, "the process for pictures cannot be started");
            PictureProblem::NotNow
        })?;
    let (Some(mut stdin), Some(mut stdout)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(PictureProblem::NotNow);
    };
    // It reads all before it writes anything; one that ends early does not keep us.
    let file = file.to_vec();
    thread::spawn(move || stdin.write_all(&file));
    let (done, answer) = mpsc::channel();
    thread::spawn(move || {
        let mut out = Vec::new();
        let read = stdout.read_to_end(&mut out).map(|_| out);
        let _ = done.send(read);
    });
    let answer = answer.recv_timeout(TIME);
    let _ = child.kill();
    let _ = child.wait();
    let out = match answer {
        Ok(Ok(out)) => out,
        Ok(Err(_)) => return Err(PictureProblem::Damaged),
        Err(_) => return Err(PictureProblem::TooSlow),
    };
    let Some(end) = out.iter().position(|byte| *byte == b'\n') else {
        // It was ended by its limits.
        return Err(PictureProblem::Damaged);
    };
    let (said, bytes) = (String::from_utf8_lossy(&out[..end]), &out[end + 1..]);
    let ending = match said.as_ref() {
        "jpg" => "jpg",
        "png" => "png",
        problem => return Err(problem.parse().unwrap_or(PictureProblem::Damaged)),
    };
    Ok(Harmless {
        bytes: bytes.to_vec(),
        ending,
    })
}

/// What the process does: a file on standard input, and on standard output a line that says what it
/// has become, and the bytes.
pub fn process() -> ExitCode {
    let limit = |most| Rlimit {
        current: Some(most),
        maximum: Some(most),
    };
    let limits = [
        (Resource::As, MEMORY),
        (Resource::Cpu, TIME.as_secs()),
        (Resource::Core, 0),
        (Resource::Fsize, 0),
    ];
    for (resource, most) in limits {
        if setrlimit(resource, limit(most)).is_err() {
            return ExitCode::FAILURE;
        }
    }
    let mut file = Vec::new();
    if std::io::stdin().read_to_end(&mut file).is_err() {
        return ExitCode::FAILURE;
    }
    let mut out = std::io::stdout().lock();
    let written = match redraw(&file) {
        Ok(picture) => {
            writeln!(out, "{}", picture.ending).and_then(|()| out.write_all(&picture.bytes))
        }
        Err(problem) => writeln!(out, "{}", <&str>::from(problem)),
    };
    match written.and_then(|()| out.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Reads a picture and draws it anew.
fn redraw(file: &[u8]) -> Result<Harmless, PictureProblem> {
    let kind = image::guess_format(file).map_err(|_| match is_heic(file) {
        true => PictureProblem::Heic,
        false => PictureProblem::OtherKind,
    })?;
    let picture = match kind {
        ImageFormat::Jpeg => {
            if !has_an_end(file) {
                return Err(PictureProblem::Damaged);
            }
            upright(JpegDecoder::new(Cursor::new(file)).map_err(problem)?)?
        }
        ImageFormat::Png => {
            let decoder = PngDecoder::new(Cursor::new(file)).map_err(problem)?;
            if decoder.is_apng().map_err(problem)? {
                return Err(PictureProblem::Animated);
            }
            upright(decoder)?
        }
        ImageFormat::WebP => {
            let decoder = WebPDecoder::new(Cursor::new(file)).map_err(problem)?;
            if decoder.has_animation() {
                return Err(PictureProblem::Animated);
            }
            upright(decoder)?
        }
        ImageFormat::Gif => return Err(PictureProblem::OtherKind),
        _ if is_heic(file) => return Err(PictureProblem::Heic),
        _ => return Err(PictureProblem::OtherKind),
    };
    let smaller = shrink(picture);
    let is_transparent =
        smaller.color().has_alpha() && smaller.to_rgba8().pixels().any(|pixel| pixel.0[3] < 255);
    if is_transparent {
        let kept = png(&DynamicImage::ImageRgba8(smaller.to_rgba8()))?;
        if kept.bytes.len() <= LARGEST_KEPT {
            return Ok(kept);
        }
    }
    let opaque = DynamicImage::ImageRgb8(smaller.to_rgb8());
    let jpeg = jpeg(&opaque)?;
    if kind == ImageFormat::Png {
        // Drawings are smaller so, and sharper.
        let png = png(&opaque)?;
        if png.bytes.len() <= jpeg.bytes.len() {
            return Ok(png);
        }
    }
    Ok(jpeg)
}

fn upright(mut decoder: impl ImageDecoder) -> Result<DynamicImage, PictureProblem> {
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(PictureProblem::TooManyPixels);
    }
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MEMORY / 2);
    decoder.set_limits(limits).map_err(problem)?;
    // What cannot be read of the notes about the picture says nothing about how it is turned.
    let orientation = decoder.orientation();
    let mut picture = DynamicImage::from_decoder(decoder).map_err(problem)?;
    if let Ok(orientation) = orientation {
        picture.apply_orientation(orientation);
    }
    Ok(picture)
}

fn shrink(picture: DynamicImage) -> DynamicImage {
    let longest = |picture: &DynamicImage| picture.width().max(picture.height());
    // In two steps, because the second is good and slow.
    let picture = match longest(&picture) > 2 * LONGEST_SIDE {
        true => picture.thumbnail(2 * LONGEST_SIDE, 2 * LONGEST_SIDE),
        false => picture,
    };
    match longest(&picture) > LONGEST_SIDE {
        true => picture.resize(LONGEST_SIDE, LONGEST_SIDE, imageops::FilterType::Lanczos3),
        false => picture,
    }
}

fn jpeg(picture: &DynamicImage) -> Result<Harmless, PictureProblem> {
    let mut bytes = Vec::new();
    picture
        .write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, QUALITY))
        .map_err(problem)?;
    Ok(Harmless {
        bytes,
        ending: "jpg",
    })
}

fn png(picture: &DynamicImage) -> Result<Harmless, PictureProblem> {
    let mut bytes = Vec::new();
    let encoder =
        PngEncoder::new_with_quality(&mut bytes, CompressionType::Default, FilterType::Adaptive);
    picture.write_with_encoder(encoder).map_err(problem)?;
    Ok(Harmless {
        bytes,
        ending: "png",
    })
}

fn problem(error: ImageError) -> PictureProblem {
    match error {
        ImageError::Limits(_) => PictureProblem::TooManyPixels,
        ImageError::Unsupported(_) => PictureProblem::OtherKind,
        _ => PictureProblem::Damaged,
    }
}

/// ISO/IEC 23008-12: a box `ftyp` that names a brand of HEIF.
fn is_heic(file: &[u8]) -> bool {
    const BRANDS: [&[u8]; 7] = [
        b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"avif",
    ];
    file.get(4..8) == Some(b"ftyp") && file.get(8..12).is_some_and(|brand| BRANDS.contains(&brand))
}

/// Whether a JPEG has its end (ITU-T T.81, annex B): decoders show one that was cut as if the rest
/// were grey. In the data after its header an end marker can be nothing else.
fn has_an_end(file: &[u8]) -> bool {
    let mut at = 2;
    while let Some(&[0xff, marker, high, low]) = file.get(at..at + 4) {
        if marker == 0xda {
            return file[at..].windows(2).any(|pair| pair == [0xff, 0xd9]);
        }
        at += match marker {
            // Fill bytes may stand before a marker.
            0xff => 1,
            _ => 2 + usize::from(u16::from_be_bytes([high, low])),
        };
    }
    false
}
