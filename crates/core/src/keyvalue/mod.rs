//! The key-value store: values and numbers under text keys, each changed by one atomic operation.
//!
//! [`KeyValue`] and [`AsyncKeyValue`] are what a program uses. All of their methods end in one operation, a
//! [`KeyOperation`], which is what a backend executes and answers with an [`Output`].

pub mod get;
pub mod increment;
#[allow(clippy::module_inception)] // the room's main trait
mod keyvalue;
pub mod namespaced;
mod numeric;
mod operation;
pub mod set;
mod target;
mod timestamp;
mod value;

pub use keyvalue::{AsyncKeyValue, KeyValue};
pub use numeric::{IncompatibleTypeError, Numeric};
pub use operation::{Command, KeyCheck, KeyOperation, KeyStatus, Output, SetCommand};
pub use timestamp::Timestamp;
pub use value::Value;

/// What builders put before whatever they have to say.
const ORIGIN: &str = "key-value";
