//! The row of one operation.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt;
use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{
    Attribute, Error, FnArg, GenericArgument, Generics, Ident, Lifetime, Pat, PathArguments,
    Result, ReturnType, TraitItemFn, Type, TypeImplTrait, TypeParamBound, TypeTraitObject,
};

pub fn row(method: &TraitItemFn, needs: &Attribute) -> Result<TokenStream> {
    let name = &method.sig.ident;
    let named = named(&method.sig.generics)?;
    let needs: TokenStream = needs.parse_args()?;
    let operation = format_ident!(
        "{}",
        camel_case(&name.unraw().to_string()),
        span = name.span()
    );
    let cfgs = method.attrs.iter().filter(|a| a.path().is_ident("cfg"));
    let arguments: Vec<TokenStream> = method
        .sig
        .inputs
        .iter()
        .filter_map(|input| match input {
            FnArg::Typed(argument) => Some(passed(&argument.pat, &argument.ty, &named)),
            FnArg::Receiver(_) => None,
        })
        .collect::<Result<_>>()?;
    let output = output(name, &method.sig.output)?;
    let generics = &method.sig.generics.params;
    Ok(quote!({ #(#cfgs)* #name #operation [#generics] (#(#arguments),*) -> #output; #needs }))
}

/// A type parameter for whatever names something.
struct Named<'a> {
    parameter: &'a Ident,
    /// The type of the id of what is named.
    id: &'a Type,
}

/// The type parameters. All must be `Nameable`: whatever names something is data once its name is taken.
fn named(generics: &Generics) -> Result<Vec<Named<'_>>> {
    let named: Option<Vec<Named<'_>>> = generics
        .type_params()
        .map(|parameter| {
            let id = parameter.bounds.iter().find_map(nameable)?;
            let parameter = &parameter.ident;
            Some(Named { parameter, id })
        })
        .collect();
    match named {
        Some(named) if named.is_empty() && generics.params.is_empty() => Ok(named),
        Some(named) if !named.is_empty() && generics.where_clause.is_none() => Ok(named),
        _ => Err(Error::new_spanned(
            &generics.params,
            "an operation is data and cannot be generic, but over `T: Nameable<'_, Id>`",
        )),
    }
}

/// The `Id` of the bound `Nameable<'_, Id>`.
fn nameable(bound: &TypeParamBound) -> Option<&Type> {
    let TypeParamBound::Trait(bound) = bound else {
        return None;
    };
    let last = bound.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    let id = arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(id) => Some(id),
        _ => None,
    });
    id.filter(|_| last.ident == "Nameable")
}

/// `argument: Param => pass Owned as Seen`
fn passed(argument: &Pat, param: &Type, named: &[Named<'_>]) -> Result<TokenStream> {
    let Pat::Ident(argument) = argument else {
        return Err(Error::new_spanned(
            argument,
            "an operation names its arguments",
        ));
    };
    let argument = &argument.ident;
    let is_param =
        |name: &&Named<'_>| matches!(param, Type::Path(path) if path.path.is_ident(name.parameter));
    if let Some(Named { id, .. }) = named.iter().find(is_param) {
        return Ok(quote! {
            #argument: #param => name NamedReference<'static, #id> as &NamedReference<'_, #id>
        });
    }
    let mut found = Found::default();
    found.visit_type(match param {
        Type::Reference(reference) => &reference.elem,
        param => param,
    });
    if found.is_open {
        return Err(Error::new_spanned(
            param,
            "an operation is data and cannot be generic",
        ));
    }
    let Type::Reference(reference) = param else {
        let owned = if found.borrows {
            let owned = without_lifetimes(param);
            quote!(detach #owned)
        } else {
            quote!(give #param)
        };
        return Ok(quote!(#argument: #param => #owned as &#param));
    };
    if reference.mutability.is_some() {
        return Err(Error::new_spanned(
            param,
            "an operation is data and cannot change its arguments",
        ));
    }
    if found.borrows {
        return Err(Error::new_spanned(
            param,
            "what borrows twice cannot be owned; take it by value",
        ));
    }
    let owned = match &*reference.elem {
        Type::Slice(slice) => {
            let element = &slice.elem;
            quote!(Vec<#element>)
        }
        Type::Path(path) if path.path.is_ident("str") => quote!(String),
        other => other.to_token_stream(),
    };
    Ok(quote!(#argument: #param => lend #owned as #param))
}

/// What is in a type that data cannot be.
#[derive(Default)]
struct Found {
    /// References and lifetimes other than `'static`.
    borrows: bool,
    /// `impl Trait` and `dyn Trait`.
    is_open: bool,
}

impl Visit<'_> for Found {
    fn visit_lifetime(&mut self, lifetime: &Lifetime) {
        self.borrows |= lifetime.ident != "static";
    }

    fn visit_type_reference(&mut self, reference: &syn::TypeReference) {
        self.borrows |= reference.lifetime.is_none();
        visit::visit_type_reference(self, reference);
    }

    fn visit_type_impl_trait(&mut self, _: &TypeImplTrait) {
        self.is_open = true;
    }

    fn visit_type_trait_object(&mut self, _: &TypeTraitObject) {
        self.is_open = true;
    }
}

fn without_lifetimes(param: &Type) -> Type {
    struct ToStatic;
    impl VisitMut for ToStatic {
        fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
            *lifetime = Lifetime::new("'static", lifetime.span());
        }
        fn visit_type_reference_mut(&mut self, reference: &mut syn::TypeReference) {
            let span = reference.and_token.span;
            reference
                .lifetime
                .get_or_insert_with(|| Lifetime::new("'static", span));
            visit_mut::visit_type_reference_mut(self, reference);
        }
    }
    let mut owned = param.clone();
    ToStatic.visit_type_mut(&mut owned);
    owned
}

/// The `T` of `Result<T>` or `Result<T, E>`.
fn output(name: &Ident, output: &ReturnType) -> Result<Type> {
    let ReturnType::Type(_, ty) = output else {
        return Err(Error::new(name.span(), "an operation returns Result<..>"));
    };
    let result = match &**ty {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .filter(|last| last.ident == "Result"),
        _ => None,
    };
    let Some(PathArguments::AngleBracketed(arguments)) = result.map(|last| &last.arguments) else {
        return Err(Error::new_spanned(ty, "an operation returns Result<..>"));
    };
    let Some(GenericArgument::Type(answer)) = arguments.args.first() else {
        return Err(Error::new_spanned(ty, "an operation returns Result<..>"));
    };
    let mut found = Found::default();
    found.visit_type(answer);
    if found.borrows || found.is_open {
        return Err(Error::new_spanned(
            answer,
            "the answer of an operation is data and cannot borrow",
        ));
    }
    Ok(answer.clone())
}

fn camel_case(name: &str) -> String {
    name.split('_')
        .flat_map(|word| {
            let mut letters = word.chars();
            let first = letters.next().map(|first| first.to_ascii_uppercase());
            first.into_iter().chain(letters)
        })
        .collect()
}
