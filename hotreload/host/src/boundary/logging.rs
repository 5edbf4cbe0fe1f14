//! What bundles log, given to the host's logger.

use log::{
    Level, Metadata, Record,
    kv::{self, ToValue},
};

use crate::boundary::guarded::guarded;
use hot_rt::rt::{KeyValue, LogRecord, LogTable, Text, Value};

pub(crate) static TABLE: LogTable = LogTable { max_level, enabled, log: log_record, flush };

extern "C" fn max_level() -> usize {
    log::max_level() as usize
}

fn level(number: usize) -> Level {
    Level::iter().find(|level| *level as usize == number).unwrap_or(Level::Trace)
}

unsafe extern "C" fn enabled(number: usize, target: Text) -> bool {
    guarded(false, || {
        // SAFETY: the caller's text outlives the call.
        let target = unsafe { target.as_str() };
        let metadata = Metadata::builder().level(level(number)).target(target).build();
        log::logger().enabled(&metadata)
    })
}

unsafe extern "C" fn log_record(record: &LogRecord) {
    guarded((), || {
        // SAFETY: everything that the record borrows outlives the call.
        let (target, message, module, file, fields) = unsafe {
            let LogRecord { target, message, module, file, fields, .. } = record;
            (target.as_str(), message.as_str(), module.as_option(), file.as_option(), fields.get())
        };
        // SAFETY: as above.
        let field = |field: &KeyValue| unsafe { (field.key.as_str(), Field::new(field.value)) };
        let fields: Vec<_> = fields.iter().map(field).collect();
        let fields = fields.as_slice();
        let line = Some(record.line).filter(|line| *line != 0);
        let mut builder = Record::builder();
        builder.level(level(record.level)).target(target).module_path(module).file(file);
        builder.line(line).key_values(&fields);
        // The arguments must live to the end of the statement.
        log::logger().log(&builder.args(format_args!("{message}")).build());
    });
}

extern "C" fn flush() {
    guarded((), || log::logger().flush());
}

/// A value with its text, if it has one.
struct Field<'a> {
    value: Value,
    text: &'a str,
}

impl Field<'_> {
    /// # Safety
    /// The value's text is alive for as long as the result is used.
    unsafe fn new(value: Value) -> Self {
        let text = match value {
            // SAFETY: the caller's promise.
            Value::Text(text) | Value::Formatted(text) => unsafe { text.as_str() },
            _ => "",
        };
        Field { value, text }
    }
}

impl ToValue for Field<'_> {
    fn to_value(&self) -> kv::Value<'_> {
        match &self.value {
            Value::Absent => kv::Value::null(),
            Value::Bool(value) => (*value).into(),
            Value::I64(value) => (*value).into(),
            Value::U64(value) => (*value).into(),
            Value::I128(value) => value.into(),
            Value::U128(value) => value.into(),
            Value::F64(value) => (*value).into(),
            Value::Text(_) => self.text.into(),
            Value::Formatted(_) => kv::Value::from_dyn_display(&self.text),
        }
    }
}
