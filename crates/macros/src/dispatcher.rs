//! `#[derive(Dispatcher)]`: from a request to the handlers that `#[derive(Actionable)]` made for it.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{DeriveInput, Error, Ident, Path, Result, Token, TypePath, token};

use crate::arguments::{List, Once, Slot, arguments};
use crate::core_path::actionable_path;

arguments! {
    "dispatcher":
    input: Inputs,
    actionable: Once<Path>,
}

/// `input = Request` or `input = [A, B]`.
#[derive(Default)]
struct Inputs {
    one: Once<TypePath>,
    many: List<TypePath>,
}

impl Slot for Inputs {
    fn fill(&mut self, name: &Ident, input: ParseStream) -> Result<()> {
        let is_list =
            input.peek(token::Paren) || (input.peek(Token![=]) && input.peek2(token::Bracket));
        if is_list {
            self.many.fill(name, input)
        } else {
            self.one.fill(name, input)
        }
    }
}

pub fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let Arguments {
        input: inputs,
        actionable,
    } = Arguments::read(&input.attrs)?;
    let actionable = actionable_path(&actionable);
    if inputs.many.is_empty() {
        inputs
            .one
            .required("input", "dispatcher(input = Request)")?;
    }
    let implementations = inputs
        .one
        .get()
        .into_iter()
        .chain(inputs.many.iter())
        .map(|request| implementation(input, &actionable, request))
        .collect::<Result<Vec<_>>>()?;
    Ok(quote!(#(#implementations)*))
}

fn implementation(
    input: &DeriveInput,
    actionable: &Path,
    request: &TypePath,
) -> Result<TokenStream> {
    let mut dispatcher = request.path.clone();
    let last = match dispatcher.segments.last_mut() {
        Some(last) if request.qself.is_none() => last,
        _ => {
            return Err(Error::new_spanned(
                request,
                "expected the name of an enum that derives `Actionable`",
            ));
        }
    };
    last.ident = format_ident!("{}Dispatcher", last.ident.unraw(), span = last.ident.span());
    let ident = &input.ident;
    let (generics, arguments, bounds) = input.generics.split_for_impl();
    // A handler that is missing is told of at the name of the request.
    let hand_on = quote_spanned! {request.span()=>
        <Self as #dispatcher>::dispatch_to_handlers
    };
    Ok(quote! {
        #[#actionable::async_trait::async_trait]
        impl #generics #actionable::Dispatcher<#request> for #ident #arguments #bounds {
            type Result = ::core::result::Result<
                <Self as #dispatcher>::Output,
                <Self as #dispatcher>::Error,
            >;

            async fn dispatch(
                &self,
                permissions: &#actionable::Permissions,
                request: #request,
            ) -> Self::Result {
                #hand_on(self, permissions, request).await
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::expand;
    use crate::testing::{contains, expansion, mistakes};

    #[test]
    fn requests_are_handed_to_their_handlers() {
        expansion(
            expand,
            "#[dispatcher(input = a::B<C>, actionable = x)] struct D<T>(T) where T: E;",
            "#[x::async_trait::async_trait]
            impl<T> x::Dispatcher<a::B<C> > for D<T> where T: E {
                type Result = ::core::result::Result<
                    <Self as a::BDispatcher<C> >::Output,
                    <Self as a::BDispatcher<C> >::Error,
                >;
                async fn dispatch(&self, permissions: &x::Permissions, request: a::B<C>) -> Self::Result {
                    <Self as a::BDispatcher<C> >::dispatch_to_handlers(self, permissions, request).await
                }
            }",
        );
    }

    #[test]
    fn several_inputs_are_a_list() {
        for inputs in ["input = [A, B]", "input(A, B)", "input = A, input = [B]"] {
            for input in ["A", "B"] {
                contains(
                    expand,
                    &format!("#[dispatcher({inputs}, actionable = x)] enum C {{}}"),
                    &format!("impl x::Dispatcher<{input}> for C"),
                );
            }
        }
    }

    #[test]
    fn a_dispatcher_needs_an_input() {
        for input in ["struct A;", "#[dispatcher(input = [])] struct A;"] {
            mistakes(
                expand,
                input,
                &["the argument `input` is missing\nhelp: #[dispatcher(input = Request)]"],
            );
        }
    }

    #[test]
    fn inputs_are_names() {
        mistakes(
            expand,
            "#[dispatcher(input = <A as B>::C)] struct D;",
            &["expected the name of an enum that derives `Actionable`"],
        );
        mistakes(
            expand,
            "#[dispatcher(input = \"A\")] struct D;",
            &["expected a path for `input`"],
        );
    }
}
