//! Whether all is there that publishing needs.

use super::{
    Blog,
    git::Repository,
    plan::Ground,
    programs::GitError,
    short,
    work::{Fault, words},
};

type Judged = Vec<(&'static str, Result<String, String>)>;

impl Blog {
    /// Judges all that publishing needs: what was looked at, and how it is. Nothing is changed in
    /// the blog.
    pub fn judge(&self) -> Judged {
        let mut judged = Vec::new();
        let Some(access) = &self.access else {
            let without = "no repository; the desk offers posts as downloads and patches";
            judged.push(("blog", Ok(without.to_owned())));
            return judged;
        };
        let looked = self.with_repository(|repository| {
            let ground = self.ground(repository)?;
            let (base, branch) = (short(&ground.base), &ground.branch);
            let read = format!("up to {base} of {branch} at {}", access.shown());
            judged.push(("blog read", Ok(read)));
            self.judge_ground(repository, &ground, &mut judged)
        });
        if let Err(fault) = looked {
            judged.push(("blog read", Err(words(fault))));
        }
        judged
    }

    fn judge_ground(
        &self,
        repository: &Repository,
        ground: &Ground,
        judged: &mut Judged,
    ) -> Result<(), Fault> {
        // A branch of a post that there is not.
        let today = jiff::Timestamp::now().to_zoned_datetime(self.zone()).date();
        let own = self.own_branch("intake-check", today);
        let branch = own.as_deref().unwrap_or(&ground.branch);
        judged.push((
            "blog pushed",
            repository
                .try_push(&ground.base, branch)
                .map(|()| format!("it takes {branch}"))
                .map_err(|GitError(said)| said),
        ));
        judged.push((
            "blog check",
            match &self.settings.build_command {
                None => Ok("no `blog.build_command` command".to_owned()),
                Some(command) => match repository.check(&ground.base, command, |_| ())? {
                    Ok(()) => Ok("passes".to_owned()),
                    Err(said) => Err(format!("`{command}` fails: {said}")),
                },
            },
        ));
        judged.push((
            "blog clock",
            Ok(self.zone().iana_name().unwrap_or("UTC").to_owned()),
        ));
        Ok(())
    }
}
