//! A map that only grows, without a lock: a child that is forked while another thread works with it
//! finds it whole.

use core::{
    hash::{Hash, Hasher},
    ptr,
    sync::atomic::{AtomicPtr, Ordering},
};
use std::hash::DefaultHasher;

const BUCKETS: usize = 64;

/// The map. What is in it stays for as long as the process lives, wherever the map goes: so it is for
/// statics and what lives as long.
pub(crate) struct Growing<K, V>([AtomicPtr<Entry<K, V>>; BUCKETS]);

struct Entry<K, V> {
    key: K,
    value: V,
    next: *const Entry<K, V>,
}

impl<K: Hash + Eq, V> Growing<K, V> {
    pub(crate) const fn new() -> Self {
        Growing([const { AtomicPtr::new(ptr::null_mut()) }; BUCKETS])
    }

    fn bucket(&self, key: &K) -> &AtomicPtr<Entry<K, V>> {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        &self.0[hasher.finish() as usize % BUCKETS]
    }

    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        // Acquire: pairs with the Release of `add`. Those behind the first were published before it.
        let mut next = self.bucket(key).load(Ordering::Acquire).cast_const();
        // SAFETY: entries are never freed, nor written once they are in the list.
        while let Some(entry) = unsafe { next.as_ref() } {
            if entry.key == *key {
                return Some(&entry.value);
            }
            next = entry.next;
        }
        None
    }

    /// Adds an entry. Where two threads add one of the same key, the latest is found.
    pub(crate) fn add(&self, key: K, value: V) {
        let bucket = self.bucket(&key);
        let mut first = bucket.load(Ordering::Acquire);
        let entry = Box::leak(Box::new(Entry { key, value, next: ptr::null() }));
        loop {
            entry.next = first;
            match bucket.compare_exchange(first, entry, Ordering::Release, Ordering::Acquire) {
                Ok(_) => return,
                Err(newer) => first = newer,
            }
        }
    }
}

// SAFETY: it gives `&K` and `&V` to every thread, and takes them from every thread; the pointers lead
// to entries that are never written.
unsafe impl<K: Send + Sync, V: Send + Sync> Sync for Growing<K, V> {}
// SAFETY: as above.
unsafe impl<K: Send + Sync, V: Send + Sync> Send for Growing<K, V> {}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn what_is_added_is_found_by_every_thread() {
        let map = Growing::new();
        thread::scope(|scope| {
            for thread in 0..4_u32 {
                let map = &map;
                scope.spawn(move || {
                    for number in 0..500 {
                        let key = number * 4 + thread;
                        assert_eq!(map.get(&key), None);
                        map.add(key, key.to_string());
                        assert_eq!(map.get(&key), Some(&key.to_string()));
                    }
                });
            }
        });
        assert!((0..2000).all(|key| map.get(&key) == Some(&key.to_string())));
        map.add(7, "again".to_owned());
        assert_eq!(map.get(&7).unwrap(), "again");
    }
}
