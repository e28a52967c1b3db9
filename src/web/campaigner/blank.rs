//! Forms as everybody gets them who opens one: the same page, but for its token.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::form::Vocabulary;

/// The page of each form without answers, kept from one request to the next. All that such a page
/// is made of stands still while the service runs, but for the token and the blog's pages.
#[derive(Default)]
pub(in crate::web) struct Blanks(Mutex<BTreeMap<String, Blank>>);

#[derive(Clone)]
struct Blank {
    /// What it was rendered with. It is kept with the page, so no other can stand at its address.
    vocabulary: Arc<Vocabulary>,
    /// What stands around each place of the token; `None` where a template does something else
    /// with the token than write it down.
    around: Option<Arc<[String]>>,
}

impl Blanks {
    /// The page of the form of this name, with a token of its own.
    ///
    /// # Errors
    /// That of `render`, which makes the page with a token.
    pub(super) fn page<E>(
        &self,
        form: &str,
        vocabulary: &Arc<Vocabulary>,
        token: impl Fn() -> String,
        render: impl Fn(&str) -> Result<String, E>,
    ) -> Result<String, E> {
        let around = match self.kept(form, vocabulary) {
            Some(blank) => blank.around,
            None => {
                let around = around(&token, &render)?;
                let blank = Blank {
                    vocabulary: Arc::clone(vocabulary),
                    around: around.clone(),
                };
                self.lock().insert(form.to_owned(), blank);
                around
            }
        };
        match around {
            Some(around) => Ok(around.join(&token())),
            None => render(&token()),
        }
    }

    fn kept(&self, form: &str, vocabulary: &Arc<Vocabulary>) -> Option<Blank> {
        let blanks = self.lock();
        let blank = blanks.get(form)?;
        Arc::ptr_eq(&blank.vocabulary, vocabulary).then(|| blank.clone())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Blank>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Renders the page with two tokens: what stands around them must be the same, or the page cannot
/// be kept. An installation's own template might cut the token, say, and then nothing would tell
/// that one person's page holds another's.
fn around<E>(
    token: impl Fn() -> String,
    render: impl Fn(&str) -> Result<String, E>,
) -> Result<Option<Arc<[String]>>, E> {
    let parts = || {
        let token = token();
        let page = render(&token)?;
        Ok(page.split(&token).map(str::to_owned).collect::<Arc<[_]>>())
    };
    let (one, other) = (parts()?, parts()?);
    Ok((one == other).then_some(one))
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, convert::Infallible, iter};

    use super::*;

    /// Asks for the page of a form three times: the pages, and how often one was rendered.
    fn three(
        blanks: &Blanks,
        vocabulary: &Arc<Vocabulary>,
        render: impl Fn(&str) -> String,
    ) -> (Vec<String>, usize) {
        let (tokens, rendered) = (Cell::new(0), Cell::new(0));
        let token = || {
            tokens.set(tokens.get() + 1);
            format!("t0ken{}", tokens.get())
        };
        let render = |token: &str| {
            rendered.set(rendered.get() + 1);
            Ok::<_, Infallible>(render(token))
        };
        let ask = || blanks.page("note", vocabulary, token, render).unwrap();
        let pages = iter::repeat_with(ask).take(3).collect();
        (pages, rendered.get())
    }

    #[test]
    fn pages_differ_in_nothing_but_their_tokens() {
        let (blanks, words) = (Blanks::default(), Arc::default());
        let (pages, rendered) = three(&blanks, &words, |token| format!("<i>{token}</i>, {token}"));
        let expected = [3, 4, 5].map(|number| format!("<i>t0ken{number}</i>, t0ken{number}"));
        assert_eq!((pages.as_slice(), rendered), (expected.as_slice(), 2));

        // The blog has changed.
        let (pages, rendered) = three(&blanks, &Arc::default(), |token| format!("<b>{token}</b>"));
        assert_eq!((pages[2].as_str(), rendered), ("<b>t0ken5</b>", 2));
    }

    #[test]
    fn nobody_gets_the_token_of_somebody_else() {
        let (blanks, words) = (Blanks::default(), Arc::default());
        let (pages, rendered) = three(&blanks, &words, str::to_uppercase);
        assert_eq!(pages, ["T0KEN3", "T0KEN4", "T0KEN5"]);
        assert_eq!(rendered, 5);
    }
}
