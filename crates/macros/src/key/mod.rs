//! `#[derive(Key)]`: `Key` and `KeyEncoding`.
//!
//! | shape | encoding |
//! |---|---|
//! | no field | nothing |
//! | one field | that of the field |
//! | several fields | a composite of them, in the order of declaration |
//! | enum without fields | that of the discriminant |
//! | enum with fields | a composite of the discriminant and the variant's fields |

mod composite;
mod enums;
mod implementation;
mod structs;
#[cfg(test)]
mod tests;

use proc_macro2::{Span, TokenStream};
use syn::{Data, DeriveInput, Error, Ident, LitStr, Path, Result, Type};

use self::composite::NullHandling;
use crate::arguments::{Flag, Once, arguments};
use crate::core_path::core_path;

arguments! {
    "key":
    core: Once<Path>,
    null_handling: Once<Ident>,
    can_own_bytes: Flag,
    enum_repr: Once<Type>,
    name: Once<LitStr>,
}

impl Arguments {
    fn null_handling(&self) -> Result<NullHandling> {
        let Some(word) = self.null_handling.get() else {
            return Ok(NullHandling::Escape);
        };
        match word.to_string().as_str() {
            "escape" => Ok(NullHandling::Escape),
            "allow" => Ok(NullHandling::Allow),
            "deny" => Ok(NullHandling::Deny),
            _ => Err(Error::new(
                Span::call_site(),
                "`null_handling` is one of `escape`, `allow` and `deny`",
            )),
        }
    }
}

pub fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let arguments = Arguments::read(&input.attrs)?;
    let core = core_path(&arguments.core);
    let null_handling = arguments.null_handling()?;
    let key = Derived {
        input,
        core: &core,
        null_handling,
        can_own_bytes: arguments.can_own_bytes.is_set(),
    };
    match &input.data {
        Data::Struct(data) => {
            if let Some(repr) = arguments.enum_repr.get() {
                return Err(Error::new_spanned(
                    repr,
                    "`enum_repr` is only usable on enums",
                ));
            }
            Ok(structs::expand(&key, &data.fields, arguments.name.get()))
        }
        Data::Enum(data) => {
            let repr = match arguments.enum_repr.get() {
                Some(repr) => repr.clone(),
                None => enums::integer_repr(&input.attrs)?,
            };
            Ok(enums::expand(&key, data, &repr))
        }
        Data::Union(_) => Err(Error::new(
            Span::call_site(),
            "unions are unsupported: `Key` can be derived for structs and enums",
        )),
    }
}

/// What all shapes of keys need to know.
struct Derived<'a> {
    input: &'a DeriveInput,
    core: &'a Path,
    null_handling: NullHandling,
    can_own_bytes: bool,
}
