//! A git repository around the files of a run, which knows nothing of the machine's own git.

use std::process::Command;

use super::builder::{Cli, cli};

/// A run in a repository with one commit of these files, on the branch `main`, by dana.
pub(super) fn repository(files: &[(&str, &str)]) -> Cli {
    let path = std::env::var("PATH").unwrap_or_default();
    let cli = cli()
        .variable("PATH", &path)
        .variable("GIT_CONFIG_GLOBAL", "/dev/null")
        .variable("GIT_CONFIG_NOSYSTEM", "1")
        .files(files);
    cli.git("dana", "init --quiet --initial-branch=main");
    cli.commit("dana")
}

impl Cli {
    /// Runs git as somebody, which must go well, and gives what it says.
    pub(super) fn git(&self, who: &str, args: &str) -> String {
        let args: Vec<&str> = args.split_whitespace().collect();
        let address = match who.contains('@') {
            true => who.to_owned(),
            false => format!("{who}@acme.example"),
        };
        let output = Command::new("git")
            .args(&args)
            .current_dir(self.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path())
            .envs([
                ("GIT_CONFIG_GLOBAL", "/dev/null"),
                ("GIT_CONFIG_NOSYSTEM", "1"),
                ("GIT_AUTHOR_NAME", who),
                ("GIT_AUTHOR_EMAIL", address.as_str()),
                ("GIT_AUTHOR_DATE", "2026-11-20T12:00:00Z"),
                ("GIT_COMMITTER_NAME", "bot"),
                ("GIT_COMMITTER_EMAIL", "bot@acme.example"),
                ("GIT_COMMITTER_DATE", "2026-11-20T12:00:00Z"),
            ])
            .output()
            .expect("git is there");
        assert!(
            output.status.success(),
            "git {args:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Commits everything as somebody.
    pub(super) fn commit(self, who: &str) -> Self {
        self.git(who, "add --all");
        self.git(who, "commit --quiet --allow-empty --message=change");
        self
    }
}
