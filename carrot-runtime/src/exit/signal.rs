//! Flushing on SIGTERM and SIGINT, for those who asked for it.
//!
//! The handler writes a byte, and a thread that waits for it flushes. What comes then depends on whose the signal is. The
//! kernel sets one that reached us directly back to its default before our handler runs (`SA_RESETHAND`): so a second one ends
//! the process at once, and finding the default in place tells that nobody else wants it. A handler that was installed later
//! and calls ours keeps its place: the process is its, and we only flush.

use std::io::{Read, Write};
use std::mem::MaybeUninit;
use std::os::unix::net::UnixStream;
use std::panic::catch_unwind;
use std::ptr::null_mut;
use std::sync::OnceLock;

use libc::{SA_ONSTACK, SA_RESETHAND, SA_RESTART, SIG_DFL, SIGINT, SIGTERM, c_int};
use signal_hook::low_level::emulate_default_handler;

use crate::context::Ctx;
use crate::{line, warn};

const SIGNALS: [(c_int, &str); 2] = [(SIGTERM, "SIGTERM"), (SIGINT, "SIGINT")];

/// Where the handler writes: the bell of this process, behind those of the processes it was forked from.
static BELLS: OnceLock<Box<Bell>> = OnceLock::new();

struct Bell {
    owner: u32,
    rope: UnixStream,
    next: OnceLock<Box<Bell>>,
}

fn bells() -> impl Iterator<Item = &'static Bell> {
    std::iter::successors(BELLS.get(), |bell| bell.next.get()).map(Box::as_ref)
}

/// Takes the signals that nobody else has taken.
pub(super) fn watch(debug: bool) {
    if let Err(error) = start() {
        warn::warn_once("signals", &format!("no flush on signals: {error}"));
        return;
    }
    for (signal, name) in SIGNALS {
        if !take(signal) && debug {
            warn::line(&format!(
                "{name} has a handler of its own, which is left alone"
            ));
        }
    }
}

/// A child waits for signals as its parent did.
pub(super) fn begin_anew() {
    if BELLS.get().is_some() {
        watch(false);
    }
}

/// Starts the thread that waits for signals.
fn start() -> std::io::Result<()> {
    let (bell, rope) = UnixStream::pair()?;
    rope.set_nonblocking(true)?;
    std::thread::Builder::new()
        .name("carrot-signals".to_owned())
        .spawn(move || {
            line::replace(Ctx::QUIET);
            wait(bell);
        })?;
    let last = bells().last().map_or(&BELLS, |bell| &bell.next);
    let _ = last.set(Box::new(Bell {
        owner: std::process::id(),
        rope,
        next: OnceLock::new(),
    }));
    Ok(())
}

/// Flushes for each signal that comes.
fn wait(mut bell: UnixStream) {
    let mut rung = [0];
    while bell.read_exact(&mut rung).is_ok() {
        let signal = c_int::from(rung[0]);
        // What ignores a signal by default, as the first process of a container does, is not ended by one.
        let ends = is_default(signal) && std::process::id() != 1;
        if ends {
            // Whichever comes next, it ends the process at once.
            SIGNALS.iter().for_each(|(signal, _)| give_back(*signal));
        }
        let _ = catch_unwind(super::deliver);
        if ends && is_default(signal) {
            let _ = emulate_default_handler(signal);
        } else {
            take(signal);
        }
    }
}

extern "C" fn handler(signal: c_int) {
    let errno = errno::errno();
    let process = std::process::id();
    match (
        bells().find(|bell| bell.owner == process),
        u8::try_from(signal),
    ) {
        // One that finds the socket full is one of hundreds.
        (Some(Bell { rope, .. }), Ok(byte)) => drop({ rope }.write(&[byte])),
        // A child that did not start tracing anew.
        _ if is_default(signal) => drop(emulate_default_handler(signal)),
        _ => {}
    }
    errno::set_errno(errno);
}

fn ours() -> usize {
    handler as extern "C" fn(c_int) as usize
}

fn is_default(signal: c_int) -> bool {
    action(signal).is_some_and(|action| action.sa_sigaction == SIG_DFL)
}

/// Installs our handler unless there is another, or the signal is ignored; says whether it is there now.
fn take(signal: c_int) -> bool {
    match action(signal) {
        Some(action) if action.sa_sigaction == ours() => true,
        Some(mut action) if action.sa_sigaction == SIG_DFL => {
            action.sa_sigaction = ours();
            action.sa_flags = SA_RESTART | SA_RESETHAND | SA_ONSTACK;
            install(signal, &action)
        }
        _ => false,
    }
}

/// Puts the default in place of our handler.
fn give_back(signal: c_int) {
    if let Some(mut action) = action(signal).filter(|action| action.sa_sigaction == ours()) {
        action.sa_sigaction = SIG_DFL;
        install(signal, &action);
    }
}

/// What happens on a signal.
#[allow(unsafe_code, reason = "no crate asks who else handles a signal")]
fn action(signal: c_int) -> Option<libc::sigaction> {
    let mut action = MaybeUninit::zeroed();
    // SAFETY: only asks: the action is written if the result is 0, and is valid as zeros before.
    let result = unsafe { libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr()) };
    // SAFETY: integers, a set of signals and an optional function, all of them valid as zeros, or as they were written.
    (result == 0).then(|| unsafe { action.assume_init() })
}

#[allow(
    unsafe_code,
    reason = "the crates' handlers cannot tell whether another was put in their place"
)]
fn install(signal: c_int, action: &libc::sigaction) -> bool {
    // SAFETY: the action is a valid one, and its handler either the default or ours, which does only what is safe there: it
    // asks for ids and actions, loads atomics, writes to a socket, and restores `errno`.
    unsafe { libc::sigaction(signal, action, null_mut()) == 0 }
}
