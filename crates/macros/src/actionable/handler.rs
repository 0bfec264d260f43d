//! The trait that answers one variant.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::ext::IdentExt;
use syn::{Error, Fields, Ident, LitStr, Result, Type, Variant};

use super::{Requests, permissions};
use crate::arguments::{Flag, Once, arguments, both};

arguments! {
    "actionable":
    protection: Once<LitStr>,
    subaction: Flag,
}

/// One variant, and what was said of it.
pub struct Handler<'a> {
    /// The name of the trait.
    pub name: Ident,
    variant: &'a Variant,
    protection: Protection,
    /// Whether the variant's field is a request that another dispatcher answers.
    is_subaction: bool,
    fields: Vec<Field<'a>>,
}

#[derive(Clone, Copy, PartialEq)]
enum Protection {
    /// Whoever asks is answered.
    None,
    /// One action on one resource must be allowed.
    Simple,
    /// The handler decides.
    Custom,
}

/// A field of the variant, as an argument of the handler.
struct Field<'a> {
    name: Ident,
    ty: &'a Type,
}

impl<'a> Handler<'a> {
    pub fn of(variant: &'a Variant) -> Result<Self> {
        let given = Arguments::read(&variant.attrs)?;
        let is_subaction = given.subaction.is_set();
        let (protection, ()) = both(
            protection_of(variant, given.protection.get(), is_subaction),
            check_subaction(variant, is_subaction),
        )?;
        let named = |(index, field): (usize, &'a syn::Field)| Field {
            name: match (&field.ident, variant.fields.len()) {
                (Some(name), _) => name.clone(),
                (None, 1) => format_ident!("value"),
                (None, _) => format_ident!("value_{index}"),
            },
            ty: &field.ty,
        };
        Ok(Self {
            name: format_ident!("{}Handler", variant.ident.unraw()),
            variant,
            protection,
            is_subaction,
            fields: variant.fields.iter().enumerate().map(named).collect(),
        })
    }

    /// The arm that hands the variant to its handler.
    pub fn arm(&self, requests: &Requests<'_>) -> TokenStream {
        let Self { name, variant, .. } = self;
        let (request, ident) = (&requests.input.ident, &variant.ident);
        let (_, arguments, _) = requests.input.generics.split_for_impl();
        let fields = self.fields.iter().map(|field| &field.name);
        let values = self.fields.iter().map(|field| &field.name);
        let pattern = match &variant.fields {
            Fields::Named(_) => quote!({ #(#fields),* }),
            Fields::Unnamed(_) => quote!((#(#fields),*)),
            Fields::Unit => TokenStream::new(),
        };
        let permissions = permissions();
        quote! {
            #request::#ident #pattern => {
                <Self as #name #arguments>::handle(self, #permissions, #(#values),*).await
            }
        }
    }

    /// The trait.
    pub fn expand(&self, requests: &Requests<'_>) -> TokenStream {
        let Requests {
            input,
            actionable,
            dispatcher,
            ..
        } = requests;
        let (name, ident) = (&self.name, &self.variant.ident);
        let visibility = &input.vis;
        let (generics, arguments, bounds) = input.generics.split_for_impl();
        let doc = format!("Answers [`{}::{ident}`].", input.ident);
        let inner = self.is_subaction.then(|| self.inner_dispatcher(requests));
        let methods = self.methods(requests);
        quote! {
            #[doc = #doc]
            #[allow(clippy::ptr_arg, clippy::too_many_arguments)] // the fields are as they are
            #[#actionable::async_trait::async_trait]
            #visibility trait #name #generics: #dispatcher #arguments #bounds {
                #inner
                #methods
            }
        }
    }

    /// Who answers the inner request.
    fn inner_dispatcher(&self, requests: &Requests<'_>) -> TokenStream {
        let (actionable, answer) = (requests.actionable, &requests.answer);
        let inner = self.fields.iter().map(|field| field.ty);
        quote! {
            /// What answers the inner request.
            type Dispatcher: #actionable::Dispatcher<#(#inner)*, Result = #answer>;

            /// Returns what answers the inner request.
            fn dispatcher(&self) -> &Self::Dispatcher;
        }
    }

    fn methods(&self, requests: &Requests<'_>) -> TokenStream {
        let Requests {
            input,
            actionable,
            answer,
            dispatcher,
        } = requests;
        let (_, arguments, _) = input.generics.split_for_impl();
        let name = &self.name;
        let (fields, types): (Vec<_>, Vec<_>) = self.fields.iter().map(|f| (&f.name, f.ty)).unzip();
        let permissions = permissions();
        let answers = self.answering(requests);
        let error = quote!(<Self as #dispatcher #arguments>::Error);
        let (declarations, check) = match self.protection {
            Protection::None => return answers,
            Protection::Simple => (
                quote! {
                    /// What must be allowed.
                    type Action: #actionable::Action;

                    /// Returns what must be allowed.
                    fn action() -> Self::Action;

                    /// Returns what it must be allowed on.
                    ///
                    /// # Errors
                    ///
                    /// Then the request is not answered.
                    async fn resource_name<'a>(
                        &'a self,
                        #(#fields: &'a #types),*
                    ) -> ::core::result::Result<#actionable::ResourceName<'a>, #error>;
                },
                quote! {
                    let resource =
                        <Self as #name #arguments>::resource_name(self, #(&#fields),*).await?;
                    #actionable::Permissions::check(
                        #permissions,
                        &resource,
                        &<Self as #name #arguments>::action(),
                    )?;
                },
            ),
            Protection::Custom => (
                quote! {
                    /// Checks that the request is allowed.
                    ///
                    /// # Errors
                    ///
                    /// Then the request is not answered.
                    async fn verify_permissions(
                        &self,
                        #permissions: &#actionable::Permissions,
                        #(#fields: &#types),*
                    ) -> ::core::result::Result<(), #error>;
                },
                quote! {
                    <Self as #name #arguments>::verify_permissions(
                        self,
                        #permissions,
                        #(&#fields),*
                    ).await?;
                },
            ),
        };
        quote! {
            #declarations
            #answers

            /// Checks that the request is allowed, and answers it.
            ///
            /// # Errors
            ///
            /// That it is not allowed, and whatever it is answered with.
            async fn handle(
                &self,
                #permissions: &#actionable::Permissions,
                #(#fields: #types),*
            ) -> #answer {
                { #check }
                <Self as #name #arguments>::handle_protected(self, #permissions, #(#fields),*).await
            }
        }
    }

    /// The method that answers: `handle`, or `handle_protected` if there is something to check first.
    fn answering(&self, requests: &Requests<'_>) -> TokenStream {
        let (actionable, answer) = (requests.actionable, &requests.answer);
        let (_, arguments, _) = requests.input.generics.split_for_impl();
        let name = &self.name;
        let (fields, types): (Vec<_>, Vec<_>) = self.fields.iter().map(|f| (&f.name, f.ty)).unzip();
        let permissions = permissions();
        let (method, doc) = match self.protection {
            Protection::None => (quote!(handle), "Answers the request."),
            Protection::Simple | Protection::Custom => {
                let doc = "Answers the request, which has been found to be allowed.";
                (quote!(handle_protected), doc)
            }
        };
        let body = if self.is_subaction {
            quote! {
                {
                    #actionable::Dispatcher::dispatch(
                        <Self as #name #arguments>::dispatcher(self),
                        #permissions,
                        #(#fields)*
                    ).await
                }
            }
        } else {
            quote!(;)
        };
        quote! {
            #[doc = #doc]
            ///
            /// # Errors
            ///
            /// Whatever it is answered with.
            async fn #method(
                &self,
                #permissions: &#actionable::Permissions,
                #(#fields: #types),*
            ) -> #answer #body
        }
    }
}

fn protection_of(
    variant: &Variant,
    given: Option<&LitStr>,
    is_subaction: bool,
) -> Result<Protection> {
    let Some(word) = given else {
        if is_subaction {
            return Ok(Protection::None);
        }
        return Err(Error::new(
            variant.ident.span(),
            "say how this request is protected\nhelp: #[actionable(protection = \"simple\")]",
        ));
    };
    match word.value().as_str() {
        "none" => Ok(Protection::None),
        "simple" => Ok(Protection::Simple),
        "custom" => Ok(Protection::Custom),
        _ => Err(Error::new(
            word.span(),
            "`protection` is one of \"none\", \"simple\" and \"custom\"",
        )),
    }
}

fn check_subaction(variant: &Variant, is_subaction: bool) -> Result<()> {
    match &variant.fields {
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => Ok(()),
        _ if !is_subaction => Ok(()),
        _ => Err(Error::new(
            variant.ident.span(),
            "a subaction has one field without a name: the request that another dispatcher answers",
        )),
    }
}
