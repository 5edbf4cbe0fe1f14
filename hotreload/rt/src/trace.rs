//! A bundle's `tracing` subscriber: hands everything to the host's.

use core::{fmt, num::NonZeroU64};

use tracing_core::{
    Dispatch, Event, Interest, Level, Metadata, Subscriber,
    dispatcher::{get_default, set_global_default},
    field::{Field, Visit},
    span,
};

use crate::{
    alone::table,
    events::{Parent, SitePointer, SiteRecord, Slice, TraceTable, Value},
    growing::Growing,
    panic::go_on,
    table::Text,
};

/// Makes the host's subscriber this image's, unless a constructor has set another one, or it is so
/// already.
pub(super) fn install() {
    // Where the crate exists once, what is forwarded would come back, for ever.
    if get_default(|dispatch| core::ptr::from_ref(dispatch).addr()) == (host().dispatch)() {
        return;
    }
    let _ = set_global_default(Dispatch::new(Forward { sites: Growing::new() }));
}

/// Made once, and never dropped.
struct Forward {
    /// The host's counterparts of this image's callsites, by the address of their metadata.
    sites: Growing<usize, Site>,
}

struct Site(SitePointer);

// SAFETY: an address that is passed on.
unsafe impl Send for Site {}
// SAFETY: as above.
unsafe impl Sync for Site {}

fn host() -> &'static TraceTable {
    table().trace
}

/// Ends a call of the host's: its result, or its panic.
fn ended<R>(result: R) -> R {
    go_on();
    result
}

fn address(metadata: &Metadata<'_>) -> usize {
    core::ptr::from_ref(metadata).addr()
}

fn level(level: &Level) -> usize {
    match *level {
        Level::ERROR => 1,
        Level::WARN => 2,
        Level::INFO => 3,
        Level::DEBUG => 4,
        _ => 5,
    }
}

/// The host's counterpart, which it finds by what is written there.
fn look_up(metadata: &Metadata<'_>) -> SitePointer {
    let fields: Vec<_> = metadata.fields().iter().map(|field| Text::new(field.name())).collect();
    let record = SiteRecord {
        name: Text::new(metadata.name()),
        target: Text::new(metadata.target()),
        level: level(metadata.level()),
        module: Text::maybe(metadata.module_path()),
        file: Text::maybe(metadata.file()),
        line: metadata.line().unwrap_or(0),
        is_span: metadata.is_span(),
        fields: Slice::new(&fields),
    };
    // SAFETY: everything that the record borrows outlives the call.
    ended(unsafe { (host().site)(&record) })
}

impl Forward {
    fn site(&self, metadata: &Metadata<'_>) -> SitePointer {
        let known = self.sites.get(&address(metadata)).map(|site| site.0);
        // Made up on the spot, as by `tracing-log`: not registered.
        known.unwrap_or_else(|| look_up(metadata))
    }
}

fn parent(is_root: bool, parent: Option<&span::Id>) -> Parent {
    match parent {
        Some(id) => Parent::Span(id.into_u64()),
        None if is_root => Parent::Root,
        None => Parent::Context,
    }
}

impl Subscriber for Forward {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        self.sites.add(address(metadata), Site(look_up(metadata)));
        // The host's answer may change at any time, and nothing would tell: it is asked each time.
        Interest::sometimes()
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        if level(metadata.level()) > (host().max_level)() {
            return false;
        }
        // SAFETY: the site is the host's.
        ended(unsafe { (host().enabled)(self.site(metadata)) })
    }

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let parent = parent(event.is_root(), event.parent());
        let site = self.site(event.metadata());
        // SAFETY: the site is the host's, and the values outlive the call.
        fields.with(|values| unsafe { (host().event)(site, parent, values) });
    }

    fn new_span(&self, span: &span::Attributes<'_>) -> span::Id {
        let mut fields = Fields::default();
        span.record(&mut fields);
        let parent = parent(span.is_root(), span.parent());
        let site = self.site(span.metadata());
        // SAFETY: the site is the host's, and the values outlive the call.
        let number = fields.with(|values| unsafe { (host().new_span)(site, parent, values) });
        span::Id::from_non_zero_u64(NonZeroU64::new(number).unwrap_or(NonZeroU64::MAX))
    }

    fn record(&self, span: &span::Id, values: &span::Record<'_>) {
        let mut fields = Fields::default();
        values.record(&mut fields);
        // SAFETY: the values outlive the call.
        fields.with(|values| unsafe { (host().record)(span.into_u64(), values) });
    }

    fn record_follows_from(&self, span: &span::Id, follows: &span::Id) {
        (host().follows)(span.into_u64(), follows.into_u64());
        ended(());
    }

    fn enter(&self, span: &span::Id) {
        (host().enter)(span.into_u64());
        ended(());
    }

    fn exit(&self, span: &span::Id) {
        (host().exit)(span.into_u64());
        ended(());
    }

    fn clone_span(&self, span: &span::Id) -> span::Id {
        let number = ended((host().clone)(span.into_u64()));
        NonZeroU64::new(number).map_or_else(|| span.clone(), span::Id::from_non_zero_u64)
    }

    fn try_close(&self, span: span::Id) -> bool {
        ended((host().close)(span.into_u64()))
    }
}

/// Values by the index of their field, with the texts that they borrow.
#[derive(Default)]
struct Fields(Vec<(Value, String)>);

impl Fields {
    fn put(&mut self, field: &Field, value: Value, text: String) {
        if self.0.len() <= field.index() {
            self.0.resize_with(field.index() + 1, || (Value::Absent, String::new()));
        }
        self.0[field.index()] = (value, text);
    }

    fn with<R>(&self, call: impl FnOnce(Slice<Value>) -> R) -> R {
        let borrowed = |(value, text): &(Value, String)| match value {
            Value::Text(_) => Value::Text(Text::new(text)),
            Value::Formatted(_) => Value::Formatted(Text::new(text)),
            number => *number,
        };
        let values: Vec<_> = self.0.iter().map(borrowed).collect();
        ended(call(Slice::new(&values)))
    }
}

/// Visitors of plain numbers.
macro_rules! numbers {
    ($($visit:ident $type:ty => $variant:ident;)*) => {
        $(fn $visit(&mut self, field: &Field, value: $type) {
            self.put(field, Value::$variant(value), String::new());
        })*
    };
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, Value::Formatted(Text::new("")), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, Value::Text(Text::new("")), value.to_owned());
    }

    numbers! {
        record_bool bool => Bool;
        record_i64 i64 => I64;
        record_u64 u64 => U64;
        record_i128 i128 => I128;
        record_u128 u128 => U128;
        record_f64 f64 => F64;
    }
}
