//! `#[derive(Actionable)]`: requests as an enum, and the traits of whatever answers them.
//!
//! For an enum `Request` with a variant `Open` there are
//!
//! - `RequestDispatcher`, which says what requests are answered with and hands each to its handler;
//! - `OpenHandler`, one for each variant, which answers it and says what must be allowed before.
//!
//! Every variant says how it is protected: a request that was forgotten would be answered for everybody.

mod handler;
#[cfg(test)]
mod tests;

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Error, Ident, Path, Result};

use self::handler::Handler;
use crate::arguments::{Once, all, arguments};
use crate::core_path::actionable_path;

arguments! {
    "actionable":
    actionable: Once<Path>,
}

/// What all traits of one enum need to know.
struct Requests<'a> {
    input: &'a DeriveInput,
    actionable: &'a Path,
    /// The trait that hands requests on.
    dispatcher: Ident,
    /// What a request is answered with.
    answer: TokenStream,
}

pub fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let actionable = actionable_path(&Arguments::read(&input.attrs)?.actionable);
    let Data::Enum(data) = &input.data else {
        return Err(Error::new(
            Span::call_site(),
            "`Actionable` can be derived for enums alone",
        ));
    };
    let handlers = all(data.variants.iter().map(Handler::of))?;
    let dispatcher = format_ident!("{}Dispatcher", input.ident.unraw());
    let (_, arguments, _) = input.generics.split_for_impl();
    let requests = Requests {
        input,
        actionable: &actionable,
        answer: quote! {
            ::core::result::Result<
                <Self as #dispatcher #arguments>::Output,
                <Self as #dispatcher #arguments>::Error,
            >
        },
        dispatcher,
    };
    let dispatcher = requests.dispatcher(&handlers);
    let handlers = handlers.iter().map(|handler| handler.expand(&requests));
    Ok(quote!(#dispatcher #(#handlers)*))
}

/// The argument with the permissions, which no field is confused with.
fn permissions() -> Ident {
    Ident::new("permissions", Span::mixed_site())
}

impl Requests<'_> {
    fn dispatcher(&self, handlers: &[Handler<'_>]) -> TokenStream {
        let Self {
            input,
            actionable,
            dispatcher,
            answer,
        } = self;
        let (ident, visibility) = (&input.ident, &input.vis);
        let (generics, arguments, bounds) = input.generics.split_for_impl();
        let permissions = permissions();
        let arms = handlers.iter().map(|handler| handler.arm(self));
        let names = handlers.iter().map(|handler| &handler.name);
        let doc = format!("Answers [`{ident}`], each variant by its handler.");
        quote! {
            #[doc = #doc]
            #[#actionable::async_trait::async_trait]
            #visibility trait #dispatcher #generics: ::core::marker::Send + ::core::marker::Sync #bounds {
                /// What requests are answered with.
                type Output: ::core::marker::Send;
                /// What they are answered with when something is wrong.
                type Error: ::core::convert::From<#actionable::PermissionDenied> + ::core::marker::Send;

                /// Hands a request to its handler.
                ///
                /// # Errors
                ///
                /// That the request is not allowed, and whatever the handler answers with.
                async fn dispatch_to_handlers(
                    &self,
                    #permissions: &#actionable::Permissions,
                    request: #ident #arguments,
                ) -> #answer
                where
                    Self: ::core::marker::Sized #(+ #names #arguments)*,
                {
                    let _ = #permissions;
                    match request {
                        #(#arms)*
                    }
                }
            }
        }
    }
}
