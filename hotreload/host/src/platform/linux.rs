//! Linux: threads by `gettid`, and the limit on mappings.

use std::{
    ffi::{CStr, c_void},
    fs, io,
    path::Path,
    ptr,
    sync::atomic::AtomicU32,
    time::{Duration, SystemTime},
};

use rustix::{
    mm::{MapFlags, MprotectFlags, ProtFlags, mmap_anonymous, mprotect, munmap},
    process::{Pid, Signal, getpid, kill_process, set_child_subreaper},
    thread::{MembarrierCommand, futex, membarrier},
};

use super::{CLOCK_STEP, OwnLibrary};

/// An address in the program itself: where the kernel has put the list of its segments.
pub(super) fn in_program() -> *const c_void {
    // SAFETY: reads a list that the kernel has left; the name is one that it knows.
    let address = unsafe { libc::getauxval(libc::AT_PHDR) };
    ptr::without_provenance(address as usize)
}

/// The library that is mapped at this address. The loader's name for it says less: it may be relative
/// to a folder that the program has left, and nothing of what has become of the file.
pub(super) fn library_at(address: *const c_void, _name: &CStr) -> Option<OwnLibrary> {
    let maps = mappings();
    let mut mappings = maps.lines().filter_map(super::begun::mapping);
    let path = mappings.find(|it| it.range.contains(&address.addr()))?.file?;
    let text = path.to_str()?;
    Some(match text.strip_suffix(" (deleted)") {
        Some(path) => OwnLibrary { path: path.into(), is_gone: true },
        None => OwnLibrary { path, is_gone: false },
    })
}

/// The kernel's number of this thread. It can be given to another thread once this one is gone,
/// and it changes in a forked child. A system call: ask once per thread.
pub(crate) fn thread_id() -> u64 {
    rustix::thread::gettid().as_raw_nonzero().get().unsigned_abs().into()
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

/// Has each thread of this process pass a full memory barrier before this returns. False: the system
/// cannot.
pub(crate) fn barrier_in_all_threads() -> bool {
    // Registered each time, since a forked child is another process: the first time may take some
    // milliseconds, later ones are a look at a flag.
    [MembarrierCommand::RegisterPrivateExpedited, MembarrierCommand::PrivateExpedited]
        .into_iter()
        .all(|command| membarrier(command).is_ok())
}

/// Waits while the word has this value, until somebody calls [`wake_all`]. It may return earlier.
pub(crate) fn wait_while(word: &AtomicU32, value: u32) {
    // An error says that it has another value, or that a signal came.
    let _ = futex::wait(word, futex::Flags::PRIVATE, value, None);
}

/// Wakes those who wait for the word, which has another value now.
pub(crate) fn wake_all(word: &AtomicU32) {
    // It fails for addresses only that are none.
    let _ = futex::wake(word, futex::Flags::PRIVATE, i32::MAX as u32);
}

/// The moment that a file in this folder which is written now gets for its time: from the next one on, a
/// write is seen in the time. The kernel's clock for it goes in steps of up to 10 ms.
pub(crate) fn file_clock(file: &Path) -> SystemTime {
    // What this kernel writes itself. Others (of a server, of a virtual machine's host) have clocks of
    // their own.
    const OWN: [u32; 5] = [0xef53, 0x0102_1994, 0x5846_5342, 0x9123_683e, 0x794c_7630];

    let is_own = rustix::fs::statfs(file)
        .is_ok_and(|it| u32::try_from(it.f_type).is_ok_and(|kind| OWN.contains(&kind)));
    if !is_own {
        return SystemTime::now().checked_sub(CLOCK_STEP).unwrap_or(SystemTime::UNIX_EPOCH);
    }
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `now` is a local that may be written.
    unsafe { libc::clock_gettime(libc::CLOCK_REALTIME_COARSE, &mut now) };
    let seconds = u64::try_from(now.tv_sec).unwrap_or_default();
    let nanoseconds = u32::try_from(now.tv_nsec).unwrap_or_default();
    SystemTime::UNIX_EPOCH + Duration::new(seconds, nanoseconds)
}

/// What is mapped into the process, in the form of `/proc/PID/maps`; empty if it cannot be read.
pub(crate) fn mappings() -> String {
    fs::read("/proc/self/maps")
        .map_or_else(|_| String::new(), |bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// Whether `n` more mappings fit under `vm.max_map_count`. Nothing is left behind.
///
/// One region is mapped and split by giving every other page other rights. It is a shared one,
/// since a private one can be merged with its neighbours: then fewer mappings would be tried than
/// asked for, and at the limit the region could not be cut out again.
pub(crate) fn probe_mappings(n: usize) -> bool {
    let page = rustix::param::page_size();
    let Some(length) = n.checked_mul(page) else {
        return false;
    };
    if length == 0 {
        return true;
    }
    let flags = MapFlags::SHARED | MapFlags::NORESERVE;
    // SAFETY: the kernel chooses an address range that nothing uses: without MAP_FIXED no mapping
    // is replaced.
    let Ok(start) = (unsafe { mmap_anonymous(ptr::null_mut(), length, ProtFlags::empty(), flags) })
    else {
        return false;
    };
    let split = (1..n).step_by(2).all(|index| {
        let at = start.wrapping_byte_add(index * page);
        // SAFETY: the page lies inside the region mapped above (`index < n`), which is ours alone
        // and is never read or written.
        unsafe { mprotect(at, page, MprotectFlags::READ) }.is_ok()
    });
    // SAFETY: exactly the region mapped above; no reference into it was ever made. It begins and
    // ends with mappings of its own, so that nothing is split and the limit cannot forbid it.
    let unmapped = unsafe { munmap(start, length) }.is_ok();
    split && unmapped
}

/// From now on, processes whose parent ends become children of this one, if they come from it.
pub fn adopt_orphans() {
    // Old kernels do not know it: then orphans are not adopted.
    let _ = set_child_subreaper(Some(getpid()));
}

/// Waits for adopted children that have ended, so that no zombies pile up. The end of `except` is for
/// somebody else to see.
pub fn reap_orphans(except: u32) {
    let options = libc::WEXITED | libc::WNOWAIT | libc::WNOHANG;
    // Not rustix's, which does not tell the child's number.
    loop {
        // SAFETY: zeroes are a value of the struct, which is made of numbers and pointers.
        let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
        // SAFETY: `info` is a local that may be written.
        if unsafe { libc::waitid(libc::P_ALL, 0, &mut info, options) } != 0 {
            return;
        }
        // SAFETY: `waitid` has written the fields for a child, or left the zeroes.
        let child = unsafe { info.si_pid() };
        match Pid::from_raw(child) {
            Some(child) if u32::try_from(child.as_raw_nonzero().get()) != Ok(except) => {
                super::reap(child);
            }
            _ => return,
        }
    }
}

/// Ends all children but `except` that have not left this process's session, and what these leave
/// behind: to be called when `except` has ended and its own have been adopted.
pub fn end_orphans(except: u32) {
    let own = std::process::id();
    let Some((_, session)) = family(own) else { return };
    // Each round ends a generation.
    loop {
        let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
        let numbers = processes.filter_map(|it| it.file_name().to_str()?.parse::<u32>().ok());
        let orphans: Vec<_> = numbers
            .filter(|it| *it != except && family(*it) == Some((own, session)))
            .filter_map(super::pid)
            .collect();
        if orphans.is_empty() {
            return;
        }
        for orphan in orphans {
            // It is a child of this process that was not waited for: no other process has its number.
            let _ = kill_process(orphan, Signal::KILL);
            super::reap(orphan);
        }
    }
}

/// When a process was started; `None` if there is none of this number, or the system does not tell.
pub(crate) fn started(process: u32) -> Option<SystemTime> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name before it, in brackets, may hold anything. In ticks since the system was started.
    let ticks: u64 = stat.rsplit_once(") ")?.1.split(' ').nth(19)?.parse().ok()?;
    let then = Duration::from_millis(ticks * 1000 / rustix::param::clock_ticks_per_second());
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: writes the time into `now`, which is valid for that.
    unsafe { libc::clock_gettime(libc::CLOCK_BOOTTIME, &mut now) };
    let now = Duration::new(now.tv_sec.try_into().ok()?, now.tv_nsec.try_into().ok()?);
    SystemTime::now().checked_sub(now.checked_sub(then)?)
}

/// A process's parent and session.
fn family(process: u32) -> Option<(u32, i32)> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name before it, in brackets, may hold anything. Then: state, parent, group, session.
    let mut fields = stat.rsplit_once(") ")?.1.split(' ').skip(1);
    let parent = fields.next()?.parse().ok()?;
    Some((parent, fields.nth(1)?.parse().ok()?))
}
