//! The queue as a file: what the filter of the queue's page leaves, as a table and as JSON.

use std::{
    io::{self, BufWriter, Write},
    time::Duration,
};

use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, header},
    web::{Bytes, Data},
};
use jiff::{Timestamp, tz::TimeZone};
use tokio::{runtime::Handle, sync::mpsc, time::timeout};

use super::list::List;
use crate::{
    service::{Export, ExportError, Noted, Service, note},
    store::StoreError,
    text::search::Query,
    web::{errors::Error, session::SignedIn},
};

/// So much is gathered before it is sent.
const PIECE: usize = 64 * 1024;
/// So many pieces may wait for whoever downloads them.
const WAITING: usize = 4;
/// Whoever takes nothing for so long has gone away.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Clone, Copy)]
enum Format {
    Csv,
    Json,
}

/// `GET /desk/export.csv`.
pub(in crate::web) async fn csv(
    service: Data<Service>,
    request: HttpRequest,
    signed_in: SignedIn,
) -> Result<HttpResponse, Error> {
    Ok(download(&service, &request, &signed_in, Format::Csv))
}

/// `GET /desk/export.json`.
pub(in crate::web) async fn json(
    service: Data<Service>,
    request: HttpRequest,
    signed_in: SignedIn,
) -> Result<HttpResponse, Error> {
    Ok(download(&service, &request, &signed_in, Format::Json))
}

fn download(
    service: &Data<Service>,
    request: &HttpRequest,
    signed_in: &SignedIn,
    format: Format,
) -> HttpResponse {
    let query = request.query_string();
    let list = List::parse(service, query, signed_in);
    let mut parts = form_urlencoded::parse(query.as_bytes());
    let export = Export {
        filter: list.wanted,
        query: Query::parse(&list.q),
        private: parts.any(|(name, value)| name == "private" && value == "yes"),
    };
    let (ending, kind) = match format {
        Format::Csv => ("csv", "text/csv; charset=utf-8; header=present"),
        Format::Json => ("json", "application/json"),
    };
    let name = match export.private {
        true => "queue-private",
        false => "queue",
    };
    let today = Timestamp::now().to_zoned_datetime(TimeZone::UTC).date();
    let disposition = format!("attachment; filename=\"{name}-{today}.{ending}\"");
    let mut response = HttpResponse::Ok();
    response
        .content_type(kind)
        .insert_header((header::CONTENT_DISPOSITION, disposition));
    if request.method() == Method::HEAD {
        return response.finish();
    }
    if export.private {
        let who = &signed_in.editor.name;
        note(Noted::Exported, who, "", "with personal data");
    }
    let (sender, receiver) = mpsc::channel(WAITING);
    let service = Data::clone(service);
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || {
        let send = |piece| {
            let sent = timeout(PATIENCE, sender.send(piece));
            match runtime.block_on(sent) {
                Ok(Ok(())) => Ok(()),
                Ok(Err(_)) | Err(_) => Err(io::ErrorKind::BrokenPipe.into()),
            }
        };
        let mut out = BufWriter::with_capacity(PIECE, Pieces(|piece| send(Ok(piece))));
        let unreadable = |error: StoreError| {
            tracing::error!(%error, "left out of a download");
        };
        let written = match format {
            Format::Csv => export.csv(&service.store, &service.forms, &mut out, unreadable),
            Format::Json => export.json(&service.store, &service.forms, &mut out, unreadable),
        };
        match written.and_then(|()| Ok(out.flush()?)) {
            Ok(()) | Err(ExportError::Output(_)) => {}
            Err(ExportError::Store(error)) => {
                tracing::error!(%error, "a download was cut short");
                // Without its end the browser says that the file is not whole.
                let _ = send(Err(io::Error::other("cut short")));
            }
        }
    });
    let pieces = futures_util::stream::unfold(receiver, |mut receiver| async move {
        let piece: Option<io::Result<Bytes>> = receiver.recv().await;
        piece.map(|piece| (piece, receiver))
    });
    response.streaming(pieces)
}

/// Hands on what is written.
struct Pieces<F>(F);

impl<F: FnMut(Bytes) -> io::Result<()>> Write for Pieces<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (self.0)(Bytes::copy_from_slice(bytes))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
