//! Whether all is there that publishing needs.

use super::{Blog, git::lies_there, programs::GitError, short, work::words};

impl Blog {
    /// Judges all that publishing needs: what was looked at, and how it is. Nothing is changed in
    /// the blog.
    pub fn judge(&self) -> Vec<(&'static str, Result<String, String>)> {
        let mut judged = Vec::new();
        let Some(path) = &self.settings.path else {
            judged.push((
                "blog",
                Ok("no checkout; the desk offers posts as downloads and patches".to_owned()),
            ));
            return judged;
        };
        let checkout = match self.checkout().and_then(|it| Ok(it.take_turn()?)) {
            Ok(checkout) => checkout,
            Err(fault) => {
                judged.push(("blog", Err(words(fault))));
                return judged;
            }
        };
        judged.push((
            "blog written",
            checkout
                .try_to_write()
                .map(|()| format!("{} can be written", path.display()))
                .map_err(|GitError(said)| said),
        ));
        let branch = self.any_branch();
        let ground = match self.ground(&checkout, &branch) {
            Ok(ground) => ground,
            Err(fault) => {
                judged.push(("blog read", Err(words(fault))));
                return judged;
            }
        };
        match checkout.in_the_way_of(&ground.base) {
            Ok(None) => {}
            Ok(Some(file)) => judged.push(("blog read", Err(lies_there(&file)))),
            Err(GitError(said)) => judged.push(("blog read", Err(said))),
        }
        judged.push((
            "blog read",
            Ok(if ground.has_remote {
                format!("up to {} of {}", short(&ground.base), self.settings.remote)
            } else {
                format!("up to {}; it has no remote", short(&ground.base))
            }),
        ));
        judged.push((
            "blog pushed",
            if self.settings.push {
                checkout
                    .try_push(&ground.start, &branch)
                    .map(|()| format!("{} takes {branch}", self.settings.remote))
                    .map_err(|GitError(said)| said)
            } else {
                Ok("not asked for; commits wait in the checkout".to_owned())
            },
        ));
        judged.push((
            "blog check",
            match &self.settings.build_command {
                None => Ok("no `blog.build_command` command".to_owned()),
                Some(command) => match checkout.check(&ground.base, command) {
                    Ok(None) => Ok("passes".to_owned()),
                    Ok(Some(said)) => Err(format!("`{command}` fails: {said}")),
                    Err(GitError(said)) => Err(said),
                },
            },
        ));
        judged
    }
}
