//! What the derives for collections and schemas have in common.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Expr, LitStr, Path, Type};

/// The value of `name_type` called `name`: private unless there is an authority.
pub fn qualified_name(
    core: &Path,
    name_type: &Type,
    authority: Option<&Expr>,
    name: &LitStr,
) -> TokenStream {
    let value = if let Some(authority) = authority {
        quote!(new(#authority, #name))
    } else {
        quote!(private(#name))
    };
    quote!(<#name_type as #core::schema::Qualified>::#value)
}

/// The name of the `&mut Schematic` that is defined, or `_` where there is nothing to define.
pub fn schema_parameter(is_unused: bool) -> TokenStream {
    if is_unused { quote!(_) } else { quote!(schema) }
}
