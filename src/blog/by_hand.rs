//! What somebody has changed on the blog by hand since a post was published from here.

use std::collections::BTreeMap;

use super::{
    Blog,
    git::Repository,
    programs::GitError,
    work::{NewPicture, words},
};
use crate::{
    store::Store,
    submission::{ByHand, Publication, Submission},
};

/// What stands on the blog where a post was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stands {
    /// The post.
    pub text: String,
    /// The pictures that are others there than were published, and about which nothing was decided yet:
    /// the path of each, and what git calls it.
    pub pictures: BTreeMap<String, String>,
}

impl Stands {
    /// All of it in one text, by which it is told from something else.
    pub fn whole(&self) -> String {
        let mut whole = self.text.clone();
        for (path, object) in &self.pictures {
            whole += &format!("\0{path}\0{object}");
        }
        whole
    }
}

/// How it stands with a picture on the blog.
pub(super) enum Found {
    /// As it was published from here, or as it was decided to be written over.
    Ours,
    /// It was decided that it stays.
    Stays,
    /// Somebody has changed it, and nothing was decided.
    ByHand,
}

/// How it stands with this picture, which git calls `object` there; `published` is what was published.
pub(super) fn found(
    repository: &Repository,
    decided: Option<&ByHand>,
    object: &str,
    published: Option<&[u8]>,
) -> Result<Found, GitError> {
    if let Some(decided) = decided.filter(|it| it.object == object) {
        return Ok(match decided.stays {
            true => Found::Stays,
            false => Found::Ours,
        });
    }
    let is_ours = match published {
        Some(bytes) => repository.object_of(bytes)? == object,
        None => false,
    };
    Ok(if is_ours { Found::Ours } else { Found::ByHand })
}

/// The same for a picture that is about to be written or taken away.
pub(super) fn found_in(
    repository: &Repository,
    publication: &Publication,
    picture: &NewPicture,
    object: &str,
) -> Result<Found, GitError> {
    let decided = publication.by_hand.get(&picture.path);
    Ok(
        match found(repository, decided, object, picture.published.as_deref())? {
            // Somebody has put another one in its place here since.
            Found::Stays if picture.is_new => Found::Ours,
            found => found,
        },
    )
}

impl Blog {
    /// What stands on the blog where this was published, as it was seen last.
    ///
    /// # Errors
    /// In words, when nothing does, or it cannot be read.
    pub fn stands(&self, store: &Store, submission: &Submission) -> Result<Stands, String> {
        let publication = submission.publication.as_ref();
        let publication = publication.ok_or("It is not on the blog.")?;
        let access = self.access.clone().ok_or("There is no repository.")?;
        let commit = self.known().commit.clone();
        let repository = Repository::to_read(&self.folder, access);
        let repository = repository.ok_or("The blog’s repository was not read yet.")?;
        let git = |error: GitError| words(error.into());
        let text = repository
            .text_at(&commit, &publication.path)
            .map_err(git)?;
        let text = text.ok_or_else(|| format!("{} has gone from the blog.", publication.path))?;
        let text = String::from_utf8(text);
        let text = text.map_err(|_| format!("{} is not a text.", publication.path))?;
        let mut pictures = BTreeMap::new();
        for (path, file) in &publication.pictures {
            let Some(object) = repository.object_at(&commit, path).map_err(git)? else {
                continue;
            };
            let published = store.picture(submission.id, file);
            let published = published.map_err(|error| words(error.into()))?;
            let decided = publication.by_hand.get(path);
            let found = found(&repository, decided, &object, published.as_deref()).map_err(git)?;
            if matches!(found, Found::ByHand) {
                pictures.insert(path.clone(), object);
            }
        }
        Ok(Stands { text, pictures })
    }
}
