//! Where spools are if nobody says otherwise.

use std::ffi::OsString;
use std::path::PathBuf;

/// The name in the environment that says where the spool is, or that there is none.
const SPOOL: &str = "CARROT_SPOOL";

/// What the environment says about the spool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Root {
    /// It is in this folder, which `CARROT_SPOOL` names.
    Named(PathBuf),
    /// It is in this folder, since nothing else was said.
    Usual(PathBuf),
    /// `CARROT_SPOOL` is `off` or `memory`: nothing is ever written to a disk.
    None,
}

/// `CARROT_SPOOL`; else `carrot/spool` in `$XDG_STATE_HOME` or `$HOME/.local/state`; else `carrot-spool-<user>` in
/// the folder for temporary files.
pub fn default_root() -> Root {
    choose(|name| std::env::var_os(name).filter(|value| !value.is_empty()))
}

fn choose(env: impl Fn(&str) -> Option<OsString>) -> Root {
    if let Some(named) = env(SPOOL) {
        let none = named.to_str().map(str::trim).map(str::to_ascii_lowercase);
        return match none.as_deref() {
            Some("off" | "memory") => Root::None,
            _ => Root::Named(named.into()),
        };
    }
    // Relative ones are to be ignored (XDG Base Directory Specification).
    let absolute = |name| {
        env(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let state = absolute("XDG_STATE_HOME");
    let state = state.or_else(|| absolute("HOME").map(|home| home.join(".local/state")));
    Root::Usual(match state {
        Some(state) => state.join("carrot").join("spool"),
        None => std::env::temp_dir().join(format!("carrot-spool-{}", user(env))),
    })
}

/// The user's number, where users have one, else their name.
fn user(env: impl Fn(&str) -> Option<OsString>) -> String {
    if cfg!(unix) {
        return crate::files::user().to_string();
    }
    let name = env("USERNAME").unwrap_or_default();
    crate::names::safe(&name.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(env: &[(&str, &str)]) -> Root {
        choose(|wanted| {
            let found = env.iter().find(|(name, _)| *name == wanted);
            found.map(|(_, value)| value.into())
        })
    }

    #[test]
    fn the_environment_says_where() {
        let home = ("HOME", "/home/u");
        let xdg = ("XDG_STATE_HOME", "/state");
        let usual = |path: &str| Root::Usual(path.into());
        assert_eq!(root(&[home]), usual("/home/u/.local/state/carrot/spool"));
        assert_eq!(root(&[home, xdg]), usual("/state/carrot/spool"));
        let relative = ("XDG_STATE_HOME", "state");
        assert_eq!(root(&[home, relative]), root(&[home]));
        assert_eq!(root(&[home, (SPOOL, "/s")]), Root::Named("/s".into()));
        assert_eq!(root(&[home, (SPOOL, " OFF")]), Root::None);
        assert_eq!(root(&[home, (SPOOL, "memory")]), Root::None);
        let Root::Usual(temporary) = root(&[("USER", "a/b")]) else {
            panic!("no folder")
        };
        let name = temporary
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap();
        assert!(
            name.starts_with("carrot-spool-") && name.len() > 13,
            "{name}"
        );
        assert_eq!(temporary.parent(), Some(std::env::temp_dir().as_path()));
    }
}
