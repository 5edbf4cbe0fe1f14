//! What bundles trace, given to the host's subscriber.
//!
//! `tracing` knows events and spans by their callsites, which are statics. Those of a bundle are
//! described to the host, which makes callsites of its own with the same texts: leaked, since a
//! subscriber may keep them, and found again by their texts, so that a reload makes new ones for
//! new lines only.

use std::{
    collections::HashMap,
    sync::{
        LazyLock, Mutex, OnceLock, PoisonError, RwLock,
        atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering},
    },
};

use tracing_core::{
    Callsite, Dispatch, Event, Interest, Kind, Level, LevelFilter, Metadata, callsite, dispatcher,
    field::{self, FieldSet},
    identify_callsite,
    span::{Attributes, Id, Record},
};

use crate::boundary::guarded::guarded;
use crate::state::moment;
use hot_rt::rt::{Parent, SitePointer, SiteRecord, Slice, Text, TraceTable, Value};

pub(crate) static TABLE: TraceTable = TraceTable {
    dispatch,
    max_level,
    site,
    enabled,
    event,
    new_span,
    record,
    follows,
    enter,
    exit,
    clone,
    close,
};

/// A callsite of a bundle's, as the host's subscriber sees it.
struct Site {
    metadata: OnceLock<Metadata<'static>>,
    interest: AtomicU8,
}

const NEVER: u8 = 0;
const SOMETIMES: u8 = 1;
const ALWAYS: u8 = 2;

impl Callsite for Site {
    fn set_interest(&self, interest: Interest) {
        let interest = match interest {
            interest if interest.is_never() => NEVER,
            interest if interest.is_always() => ALWAYS,
            _ => SOMETIMES,
        };
        // Relaxed, as in tracing's own: a thread that still sees the old one is not wrong.
        self.interest.store(interest, Ordering::Relaxed);
    }

    fn metadata(&self) -> &Metadata<'_> {
        self.own_metadata()
    }
}

impl Site {
    fn own_metadata(&self) -> &Metadata<'static> {
        self.metadata.get().expect("set before the site is registered")
    }

    fn is_enabled(&'static self) -> bool {
        match self.interest.load(Ordering::Relaxed) {
            NEVER => false,
            ALWAYS => true,
            _ => dispatcher::get_default(|subscriber| subscriber.enabled(self.own_metadata())),
        }
    }
}

/// What makes two callsites one.
#[derive(PartialEq, Eq, Hash)]
struct Identity {
    name: &'static str,
    target: &'static str,
    level: usize,
    module: Option<&'static str>,
    file: Option<&'static str>,
    line: u32,
    is_span: bool,
    fields: Vec<&'static str>,
}

static SITES: LazyLock<Mutex<HashMap<Identity, &'static Site>>> = LazyLock::new(Mutex::default);

extern "C" fn dispatch() -> usize {
    dispatcher::get_default(|dispatch| std::ptr::from_ref(dispatch).addr())
}

extern "C" fn max_level() -> usize {
    match LevelFilter::current().into_level() {
        Some(Level::ERROR) => 1,
        Some(Level::WARN) => 2,
        Some(Level::INFO) => 3,
        Some(Level::DEBUG) => 4,
        Some(_) => 5,
        None => 0,
    }
}

fn level(number: usize) -> Level {
    [Level::ERROR, Level::WARN, Level::INFO, Level::DEBUG]
        .get(number.wrapping_sub(1))
        .copied()
        .unwrap_or(Level::TRACE)
}

/// Every text that callsites are made of, once.
fn intern(text: &str) -> &'static str {
    static TEXTS: LazyLock<Mutex<HashMap<Box<str>, &'static str>>> = LazyLock::new(Mutex::default);
    let _moment = moment();
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = texts.get(text) {
        return known;
    }
    let leaked: &'static str = Box::leak(text.into());
    texts.insert(text.into(), leaked);
    leaked
}

unsafe extern "C" fn site(record: &SiteRecord) -> SitePointer {
    guarded(std::ptr::null(), || {
        // SAFETY: everything that the record borrows outlives the call.
        let identity = unsafe {
            Identity {
                name: intern(record.name.as_str()),
                target: intern(record.target.as_str()),
                level: record.level,
                module: record.module.as_option().map(intern),
                file: record.file.as_option().map(intern),
                line: record.line,
                is_span: record.is_span,
                fields: record.fields.get().iter().map(|name| intern(name.as_str())).collect(),
            }
        };
        std::ptr::from_ref(find(identity)).cast()
    })
}

fn find(identity: Identity) -> &'static Site {
    let moment = moment();
    let mut sites = SITES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = sites.get(&identity) {
        return known;
    }
    let site: &'static Site =
        Box::leak(Box::new(Site { metadata: OnceLock::new(), interest: AtomicU8::new(SOMETIMES) }));
    let names: &'static [&'static str] = identity.fields.clone().leak();
    site.metadata.get_or_init(|| {
        Metadata::new(
            identity.name,
            identity.target,
            level(identity.level),
            identity.file,
            Some(identity.line).filter(|line| *line != 0),
            identity.module,
            FieldSet::new(names, identify_callsite!(site)),
            if identity.is_span { Kind::SPAN } else { Kind::EVENT },
        )
    });
    sites.insert(identity, site);
    // The subscriber is asked now: it may trace, here or in a bundle.
    drop((sites, moment));
    callsite::register(site);
    site
}

/// # Safety
/// The pointer is one that [`site`] gave, or null.
unsafe fn known(site: SitePointer) -> Option<&'static Site> {
    // SAFETY: sites are never freed; the caller's promise.
    unsafe { site.cast::<Site>().as_ref() }
}

unsafe extern "C" fn enabled(site: SitePointer) -> bool {
    // SAFETY: the bundle passes on what `site` gave.
    let Some(site) = (unsafe { known(site) }) else { return false };
    guarded(false, || site.is_enabled())
}

/// Gives `body` the values in the form that subscribers want.
fn with_values<R>(
    site: &'static Site,
    values: Slice<Value>,
    body: impl FnOnce(&field::ValueSet<'_>) -> R,
) -> R {
    // SAFETY: whoever called the host keeps the values and their texts alive.
    let values = unsafe { values.get() };
    let texts = |text: &Text| {
        // SAFETY: as above.
        unsafe { text.as_str() }
    };
    let owned: Vec<_> = values
        .iter()
        .map(|value| -> Option<Box<dyn field::Value + '_>> {
            Some(match value {
                Value::Absent => return None,
                Value::Bool(value) => Box::new(*value),
                Value::I64(value) => Box::new(*value),
                Value::U64(value) => Box::new(*value),
                Value::I128(value) => Box::new(*value),
                Value::U128(value) => Box::new(*value),
                Value::F64(value) => Box::new(*value),
                Value::Text(text) => Box::new(texts(text)),
                Value::Formatted(text) => Box::new(field::display(texts(text))),
            })
        })
        .collect();
    let fields = site.own_metadata().fields();
    let mut values: Vec<_> = owned.iter().map(Option::as_deref).collect();
    values.resize(fields.len(), None);
    body(&fields.value_set_all(&values))
}

unsafe extern "C" fn event(site: SitePointer, parent: Parent, values: Slice<Value>) {
    // SAFETY: the bundle passes on what `site` gave.
    let Some(site) = (unsafe { known(site) }) else { return };
    guarded((), || {
        with_values(site, values, |values| {
            let metadata = site.own_metadata();
            match parent {
                Parent::Context => Event::dispatch(metadata, values),
                Parent::Root => Event::child_of(None, metadata, values),
                Parent::Span(number) => match of_span(number, Span::id) {
                    Some((_, id)) => Event::child_of(id, metadata, values),
                    None => Event::dispatch(metadata, values),
                },
            }
        });
    });
}

/// A span of a bundle's. It belongs to the subscriber that was current when it was made.
struct Span {
    subscriber: Dispatch,
    id: Id,
    site: &'static Site,
    /// How many of the bundle's handles share the number.
    handles: AtomicUsize,
}

/// By the number that the bundle knows. Ids of two subscribers may be equal, and a bundle may use
/// the id of a span that is closed.
static SPANS: LazyLock<RwLock<HashMap<u64, Span>>> = LazyLock::new(RwLock::default);

/// What is asked of a span. Nothing else runs meanwhile: a subscriber may trace, here or in a bundle.
fn of_span<R>(number: u64, what: impl FnOnce(&Span) -> R) -> Option<R> {
    let _moment = moment();
    SPANS.read().unwrap_or_else(PoisonError::into_inner).get(&number).map(what)
}

impl Span {
    fn id(&self) -> (Dispatch, Id) {
        (self.subscriber.clone(), self.id.clone())
    }
}

fn insert(subscriber: Dispatch, id: Id, site: &'static Site) -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let span = Span { subscriber, id, site, handles: AtomicUsize::new(1) };
    let _moment = moment();
    SPANS.write().unwrap_or_else(PoisonError::into_inner).insert(number, span);
    number
}

/// The subscriber runs without the lock.
fn with_span<R>(number: u64, otherwise: R, body: impl FnOnce(Dispatch, Id) -> R) -> R {
    let span = of_span(number, Span::id);
    match span {
        Some((subscriber, id)) => guarded(otherwise, || body(subscriber, id)),
        None => otherwise,
    }
}

unsafe extern "C" fn new_span(site: SitePointer, parent: Parent, values: Slice<Value>) -> u64 {
    // SAFETY: the bundle passes on what `site` gave.
    let Some(site) = (unsafe { known(site) }) else { return u64::MAX };
    guarded(u64::MAX, || {
        with_values(site, values, |values| {
            let metadata = site.own_metadata();
            let above = match parent {
                Parent::Span(number) => of_span(number, Span::id),
                _ => None,
            };
            let attributes = match (parent, above) {
                (_, Some((_, id))) => Attributes::child_of(id, metadata, values),
                (Parent::Root, None) => Attributes::new_root(metadata, values),
                (_, None) => Attributes::new(metadata, values),
            };
            let (subscriber, id) = dispatcher::get_default(|subscriber| {
                (subscriber.clone(), subscriber.new_span(&attributes))
            });
            insert(subscriber, id, site)
        })
    })
}

unsafe extern "C" fn record(number: u64, values: Slice<Value>) {
    let site = of_span(number, |span| span.site);
    let Some(site) = site else { return };
    with_span(number, (), |subscriber, id| {
        with_values(site, values, |values| subscriber.record(&id, &Record::new(values)));
    });
}

extern "C" fn follows(number: u64, earlier: u64) {
    let earlier = of_span(earlier, Span::id);
    let Some((_, earlier)) = earlier else { return };
    with_span(number, (), |subscriber, id| subscriber.record_follows_from(&id, &earlier));
}

extern "C" fn enter(number: u64) {
    with_span(number, (), |subscriber, id| subscriber.enter(&id));
}

extern "C" fn exit(number: u64) {
    with_span(number, (), |subscriber, id| subscriber.exit(&id));
}

extern "C" fn clone(number: u64) -> u64 {
    let site = of_span(number, |span| span.site);
    let Some(site) = site else { return number };
    with_span(number, number, |subscriber, id| {
        let other = subscriber.clone_span(&id);
        if other != id {
            return insert(subscriber, other, site);
        }
        of_span(number, |span| span.handles.fetch_add(1, Ordering::Relaxed));
        number
    })
}

extern "C" fn close(number: u64) -> bool {
    let moment = moment();
    let mut spans = SPANS.write().unwrap_or_else(PoisonError::into_inner);
    let Some(span) = spans.get_mut(&number) else { return false };
    let (subscriber, id) = span.id();
    *span.handles.get_mut() -= 1;
    // What it has is dropped below.
    let closed = if *span.handles.get_mut() == 0 { spans.remove(&number) } else { None };
    drop((spans, moment));
    drop(closed);
    guarded(false, || subscriber.try_close(id))
}
