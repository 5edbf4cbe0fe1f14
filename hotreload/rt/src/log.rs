//! A bundle's logger: hands everything to the host's.

use log::{
    LevelFilter, Log, Metadata, Record,
    kv::{self, VisitSource, VisitValue},
};

use crate::{
    alone::table,
    events::{KeyValue, LogRecord, Slice, Value},
    panic::go_on,
    table::Text,
};

/// Makes the host's logger this image's, unless a constructor has set another one, or it is so already.
pub(super) fn install() {
    if !is_the_hosts() && log::set_logger(&Forward).is_ok() {
        // The host's level may change at any time, and nothing would tell: it is asked each time.
        log::set_max_level(LevelFilter::Trace);
    }
}

/// Whether the crate `log` exists once, for the host and this image: then what is forwarded would come
/// back, for ever.
fn is_the_hosts() -> bool {
    let host = table();
    let hosts_level = || (host.log.max_level)();
    let level = log::max_level();
    if !host.shared_std || level as usize != hosts_level() {
        return false;
    }
    // An image's own level is that of the beginning, unless a constructor has set it.
    if level != LevelFilter::Off {
        return true;
    }
    // Nobody logs yet, so nobody notices.
    log::set_max_level(LevelFilter::Error);
    let is_the_hosts = hosts_level() == LevelFilter::Error as usize;
    if log::max_level() == LevelFilter::Error {
        log::set_max_level(level);
    }
    is_the_hosts
}

struct Forward;

impl Log for Forward {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let host = table().log;
        let level = metadata.level() as usize;
        if level > (host.max_level)() {
            return false;
        }
        // SAFETY: the text outlives the call.
        let enabled = unsafe { (host.enabled)(level, Text::new(metadata.target())) };
        go_on();
        enabled
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let formatted;
        let message = match record.args().as_str() {
            Some(text) => text,
            None => {
                formatted = record.args().to_string();
                &formatted
            }
        };
        let mut fields = Fields::default();
        // A source that fails half-way: what came before is logged.
        let _ = record.key_values().visit(&mut fields);
        let fields: Vec<_> = fields.0.iter().map(Owned::borrow).collect();
        let record = LogRecord {
            level: record.level() as usize,
            target: Text::new(record.target()),
            message: Text::new(message),
            module: Text::maybe(record.module_path()),
            file: Text::maybe(record.file()),
            line: record.line().unwrap_or(0),
            fields: Slice::new(&fields),
        };
        // SAFETY: everything that the record borrows outlives the call.
        unsafe { (table().log.log)(&record) }
        go_on();
    }

    fn flush(&self) {
        (table().log.flush)();
        go_on();
    }
}

/// A field whose texts are kept until the call is over.
struct Owned {
    key: String,
    text: String,
    value: Value,
}

impl Owned {
    fn borrow(&self) -> KeyValue {
        let value = match self.value {
            Value::Text(_) => Value::Text(Text::new(&self.text)),
            Value::Formatted(_) => Value::Formatted(Text::new(&self.text)),
            number => number,
        };
        KeyValue { key: Text::new(&self.key), value }
    }
}

#[derive(Default)]
struct Fields(Vec<Owned>);

impl<'a> VisitSource<'a> for Fields {
    fn visit_pair(&mut self, key: kv::Key<'a>, value: kv::Value<'a>) -> Result<(), kv::Error> {
        let mut field = Owned {
            key: key.as_str().to_owned(),
            text: String::new(),
            value: Value::Formatted(Text::new("")),
        };
        value.visit(&mut field)?;
        self.0.push(field);
        Ok(())
    }
}

/// Visitors of plain numbers.
macro_rules! numbers {
    ($($visit:ident $type:ty => $variant:ident;)*) => {
        $(fn $visit(&mut self, value: $type) -> Result<(), kv::Error> {
            self.value = Value::$variant(value);
            Ok(())
        })*
    };
}

impl<'a> VisitValue<'a> for &mut Owned {
    fn visit_any(&mut self, value: kv::Value<'_>) -> Result<(), kv::Error> {
        self.text = value.to_string();
        Ok(())
    }

    fn visit_str(&mut self, value: &str) -> Result<(), kv::Error> {
        self.text = value.to_owned();
        self.value = Value::Text(Text::new(""));
        Ok(())
    }

    numbers! {
        visit_bool bool => Bool;
        visit_i64 i64 => I64;
        visit_u64 u64 => U64;
        visit_i128 i128 => I128;
        visit_u128 u128 => U128;
        visit_f64 f64 => F64;
    }
}
