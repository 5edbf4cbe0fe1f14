//! Linux: threads by `gettid`, and the limit on mappings.

use std::{fs, io, ptr};

/// The kernel's number of this thread. It can be given to another thread once this one is gone,
/// and it changes in a forked child. A system call: ask once per thread.
pub(crate) fn thread_id() -> u64 {
    // SAFETY: `gettid` takes nothing, touches no memory of ours, and cannot fail.
    unsafe { libc::gettid() as u64 }
}

/// Whether this process has no thread of this number. `false` is also "cannot tell": the number
/// may have gone to a new thread, a thread is still seen for a moment after it was joined, and a
/// main thread that ended before the process is seen until the end.
pub(crate) fn thread_is_gone(id: u64) -> bool {
    let Ok(id) = libc::pid_t::try_from(id) else {
        return false;
    };
    // SAFETY: signal 0 is never delivered: the kernel only checks that the thread exists. None of
    // the arguments is a pointer.
    let result = unsafe { libc::syscall(libc::SYS_tgkill, libc::getpid(), id, 0) };
    result == -1 && io::Error::last_os_error().raw_os_error() == Some(libc::ESRCH)
}

/// The name of a thread of this process as the system keeps it: at most 15 bytes.
pub(crate) fn thread_name(id: u64) -> Option<String> {
    let name = fs::read(format!("/proc/self/task/{id}/comm")).ok()?;
    Some(String::from_utf8_lossy(&name).trim_end_matches('\n').to_owned())
}

/// Whether `n` more mappings fit under `vm.max_map_count`. Nothing is left behind.
///
/// One region is mapped and split by giving every other page other rights. It is a shared one,
/// since a private one can be merged with its neighbours: then fewer mappings would be tried than
/// asked for, and at the limit the region could not be cut out again.
pub(crate) fn probe_mappings(n: usize) -> bool {
    // SAFETY: `sysconf` reads a number; the name is one that it knows.
    let Ok(page) = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }) else {
        return false;
    };
    let Some(length) = n.checked_mul(page) else {
        return false;
    };
    if length == 0 {
        return true;
    }
    let flags = libc::MAP_SHARED | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: the kernel chooses an address range that nothing uses: without MAP_FIXED no mapping
    // is replaced.
    let start = unsafe { libc::mmap(ptr::null_mut(), length, libc::PROT_NONE, flags, -1, 0) };
    if start == libc::MAP_FAILED {
        return false;
    }
    let split = (1..n).step_by(2).all(|index| {
        let at = start.wrapping_byte_add(index * page);
        // SAFETY: the page lies inside the region mapped above (`index < n`), which is ours alone
        // and is never read or written.
        unsafe { libc::mprotect(at, page, libc::PROT_READ) == 0 }
    });
    // SAFETY: exactly the region mapped above; no reference into it was ever made. It begins and
    // ends with mappings of its own, so that nothing is split and the limit cannot forbid it.
    let unmapped = unsafe { libc::munmap(start, length) } == 0;
    split && unmapped
}

/// From now on, processes whose parent ends become children of this one, if they come from it.
#[cfg(feature = "cli")]
pub(crate) fn adopt_orphans() {
    let yes: libc::c_ulong = 1;
    // SAFETY: the option takes a number. Old kernels do not know it: then orphans are not adopted.
    unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, yes) };
}

/// Waits for adopted children that have ended, so that no zombies pile up. The end of `except` is for
/// somebody else to see.
#[cfg(feature = "cli")]
pub(crate) fn reap_orphans(except: u32) {
    let options = libc::WEXITED | libc::WNOWAIT | libc::WNOHANG;
    loop {
        // SAFETY: zeroes are a value of the struct, which is made of numbers and pointers.
        let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
        // SAFETY: `info` is a local that may be written.
        if unsafe { libc::waitid(libc::P_ALL, 0, &mut info, options) } != 0 {
            return;
        }
        // SAFETY: `waitid` has written the fields for a child, or left the zeroes.
        let child = unsafe { info.si_pid() };
        if child == 0 || u32::try_from(child) == Ok(except) {
            return;
        }
        super::reap(child);
    }
}

/// Ends all children but `except` that have not left this process's session, and what these leave
/// behind: to be called when `except` has ended and its own have been adopted.
#[cfg(feature = "cli")]
pub(crate) fn end_orphans(except: u32) {
    let own = std::process::id();
    let Some((_, session)) = family(own) else { return };
    // Each round ends a generation.
    loop {
        let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
        let numbers = processes.filter_map(|it| it.file_name().to_str()?.parse::<u32>().ok());
        let orphans: Vec<_> = numbers
            .filter(|it| *it != except && family(*it) == Some((own, session)))
            .filter_map(|it| libc::pid_t::try_from(it).ok())
            .collect();
        if orphans.is_empty() {
            return;
        }
        for orphan in orphans {
            // SAFETY: takes numbers only. It is a child of this process that was not waited for: no
            // other process has its number.
            unsafe { libc::kill(orphan, libc::SIGKILL) };
            super::reap(orphan);
        }
    }
}

/// A process's parent and session.
#[cfg(feature = "cli")]
fn family(process: u32) -> Option<(u32, i32)> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name before it, in brackets, may hold anything. Then: state, parent, group, session.
    let mut fields = stat.rsplit_once(") ")?.1.split(' ').skip(1);
    let parent = fields.next()?.parse().ok()?;
    Some((parent, fields.nth(1)?.parse().ok()?))
}
