//! What is asked of the kernel between fork and exec.

#![allow(
    unsafe_code,
    reason = "both can only be asked for between fork and exec"
)]

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// The first descriptor that is not a standard stream.
const FIRST: libc::c_int = 3;
/// Where the search for open descriptors ends on kernels that cannot mark a range.
const LAST: libc::c_int = 65_536;

pub(super) fn close_on_exec(command: &mut Command) {
    // SAFETY: the closure makes system calls only and touches no memory of the parent.
    unsafe { command.pre_exec(mark_all) };
}

#[cfg(target_os = "linux")]
pub(super) fn end_with_parent(command: &mut Command, signal: crate::EndSignal) {
    use rustix::process::{Signal, set_parent_process_death_signal};
    let signal = match signal {
        crate::EndSignal::Terminate => Signal::TERM,
        crate::EndSignal::Kill => Signal::KILL,
    };
    let ask = move || Ok(set_parent_process_death_signal(Some(signal))?);
    // SAFETY: the closure makes one system call and touches no memory of the parent.
    unsafe { command.pre_exec(ask) };
}

/// Marks every descriptor from 3 on as close-on-exec. They stay open until then: the standard
/// library reports a failed exec through one of them.
fn mark_all() -> io::Result<()> {
    #[cfg(target_os = "linux")]
    if mark_range() {
        return Ok(());
    }
    mark_one_by_one()
}

/// False on kernels before 5.11, which do not have the call or its flag. The call is made by number
/// because glibc before 2.34 has no function for it.
#[cfg(target_os = "linux")]
fn mark_range() -> bool {
    let flag = libc::CLOSE_RANGE_CLOEXEC;
    // SAFETY: the call takes numbers only.
    unsafe { libc::syscall(libc::SYS_close_range, FIRST, libc::c_uint::MAX, flag) == 0 }
}

fn mark_one_by_one() -> io::Result<()> {
    // SAFETY: the calls take numbers only; for a number that is not open they return an error.
    unsafe {
        let limit = libc::c_int::try_from(libc::sysconf(libc::_SC_OPEN_MAX)).unwrap_or(LAST);
        for descriptor in FIRST..limit.clamp(256, LAST) {
            let flags = libc::fcntl(descriptor, libc::F_GETFD);
            if flags >= 0 && libc::fcntl(descriptor, libc::F_SETFD, flags | libc::FD_CLOEXEC) < 0 {
                return Err(io::Error::last_os_error());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;
    use crate::tests::{descriptors, leaky_pipe};

    /// The descriptors are marked in the child: other tests of this process hand theirs on.
    #[test]
    #[allow(
        clippy::disallowed_methods,
        reason = "a command that marks in the older way only"
    )]
    fn older_kernels_are_served_one_descriptor_at_a_time() {
        let pipe = leaky_pipe();
        let mut marked = Command::new("sh");
        // SAFETY: the closure makes system calls only and touches no memory of the parent.
        unsafe { marked.pre_exec(mark_one_by_one) };
        let inherited = descriptors(marked);
        assert_eq!(inherited.len(), 3, "{inherited:?}");
        drop(pipe);
    }
}
