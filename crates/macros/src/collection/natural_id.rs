//! Where the natural id of a collection comes from: a marked field, an expression, a closure or a function.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Attribute, Data, DeriveInput, Error, Expr, Field, Member, Path, Result, Type};

pub enum NaturalId<'a> {
    /// The clone of a field marked `#[natural_id]`.
    Field {
        mark: &'a Attribute,
        member: Member,
        ty: &'a Type,
    },
    /// Something to call with a reference to the collection's value.
    Function(&'a Expr),
    /// An expression that uses `self`.
    Expression(&'a Expr),
}

impl<'a> NaturalId<'a> {
    /// Finds the marked field, or judges the expression given as `natural_id = ..`.
    pub fn find(input: &'a DeriveInput, expression: Option<&'a Expr>) -> Result<Option<Self>> {
        let marked = marked_field(input)?;
        match (marked, expression) {
            (Some(Self::Field { mark, .. }), Some(expression)) => {
                let message = "the natural id is given by a field and by an expression; remove one of the two";
                let mut mistake = Error::new_spanned(mark, message);
                mistake.combine(Error::new_spanned(expression, message));
                Err(mistake)
            }
            (marked, None) => Ok(marked),
            (_, Some(expression)) => Ok(Some(if is_function(expression) {
                Self::Function(expression)
            } else {
                Self::Expression(expression)
            })),
        }
    }

    /// A mistake where the natural id is given.
    pub fn mistake(&self, message: &str) -> Error {
        match self {
            Self::Field { mark, .. } => Error::new_spanned(mark, message),
            Self::Function(expression) | Self::Expression(expression) => {
                Error::new_spanned(expression, message)
            }
        }
    }

    /// The primary key that a marked field implies.
    pub fn field_type(&self) -> Option<&Type> {
        match self {
            Self::Field { ty, .. } => Some(ty),
            Self::Function(_) | Self::Expression(_) => None,
        }
    }

    /// `fn natural_id(&self)`, for `DefaultSerialization`.
    pub fn method(&self, core: &Path) -> TokenStream {
        let id = quote!(::core::option::Option<<Self as #core::schema::Collection>::PrimaryKey>);
        let (receiver, body) = match self {
            Self::Field { .. } | Self::Function(_) => {
                (quote!(self), self.call(core, &quote!(self)))
            }
            Self::Expression(expression) => (receiver_of(expression), quote!(#expression)),
        };
        quote! {
            fn natural_id(&#receiver) -> #id {
                #body
            }
        }
    }

    /// `fn natural_id(contents: &Self)`, for `SerializedCollection` with `Contents = Self`.
    pub fn function(&self, input: &DeriveInput, core: &Path) -> TokenStream {
        let id = quote!(::core::option::Option<<Self as #core::schema::Collection>::PrimaryKey>);
        let body = match self {
            Self::Field { .. } | Self::Function(_) => self.call(core, &quote!(contents)),
            Self::Expression(expression) => {
                let ident = &input.ident;
                let (generics, arguments, bounds) = input.generics.split_for_impl();
                let receiver = receiver_of(expression);
                // `self` exists in methods alone.
                quote! {
                    trait __NaturalId: #core::schema::Collection {
                        fn __natural_id(&self) -> #id;
                    }
                    impl #generics __NaturalId for #ident #arguments #bounds {
                        fn __natural_id(&#receiver) -> #id {
                            #expression
                        }
                    }
                    <Self as __NaturalId>::__natural_id(contents)
                }
            }
        };
        quote! {
            fn natural_id(contents: &Self) -> #id {
                #body
            }
        }
    }

    fn call(&self, core: &Path, value: &TokenStream) -> TokenStream {
        match self {
            Self::Field { member, .. } => quote! {
                ::core::option::Option::Some(::core::clone::Clone::clone(&#value.#member))
            },
            Self::Function(function) | Self::Expression(function) => {
                // Telling the type first lets a closure go without one.
                let call = quote_spanned!(Span::mixed_site()=> natural_id);
                quote! {
                    let #call: fn(&Self) -> ::core::option::Option<<Self as #core::schema::Collection>::PrimaryKey>
                        = #function;
                    #call(#value)
                }
            }
        }
    }
}

/// The `self` of a method that `expression` is the body of. What an expression in a macro's call names `self` is not what
/// the macro itself names so.
fn receiver_of(expression: &Expr) -> TokenStream {
    fn first_self(tokens: TokenStream) -> Option<Ident> {
        tokens.into_iter().find_map(|token| match token {
            TokenTree::Ident(ident) if ident == "self" => Some(ident),
            TokenTree::Group(group) => first_self(group.stream()),
            _ => None,
        })
    }
    let receiver = first_self(expression.to_token_stream());
    receiver.map_or_else(|| quote!(self), |receiver| quote!(#receiver))
}

/// A closure or a path, but for `self`. Groups come from macros.
fn is_function(expression: &Expr) -> bool {
    match expression {
        Expr::Closure(_) => true,
        Expr::Path(path) => !path.path.is_ident("self"),
        Expr::Group(group) => is_function(&group.expr),
        Expr::Paren(parentheses) => is_function(&parentheses.expr),
        _ => false,
    }
}

fn marked_field(input: &DeriveInput) -> Result<Option<NaturalId<'_>>> {
    let mut found: Option<NaturalId> = None;
    for (member, field, mark) in marks(input)? {
        mark.meta.require_path_only()?;
        if let Some(first) = &found {
            let message = "only one field may be marked; \
                 for an id made of several, use `#[collection(natural_id = ..)]` on the type";
            let mut mistake = Error::new_spanned(mark, message);
            mistake.combine(first.mistake(message));
            return Err(mistake);
        }
        found = Some(NaturalId::Field {
            mark,
            member,
            ty: &field.ty,
        });
    }
    Ok(found)
}

fn marks(input: &DeriveInput) -> Result<Vec<(Member, &Field, &Attribute)>> {
    let is_mark = |attribute: &&Attribute| attribute.path().is_ident("natural_id");
    match &input.data {
        Data::Struct(data) => Ok(data
            .fields
            .members()
            .zip(&data.fields)
            .flat_map(|(member, field)| {
                let marks = field.attrs.iter().filter(is_mark);
                marks.map(move |mark| (member.clone(), field, mark))
            })
            .collect()),
        Data::Enum(data) => {
            let mut fields = data.variants.iter().flat_map(|variant| &variant.fields);
            let mark = fields.find_map(|field| field.attrs.iter().find(is_mark));
            mark.map_or(Ok(Vec::new()), |mark| {
                Err(Error::new_spanned(
                    mark,
                    "only the field of a struct may be marked; \
                     use `#[collection(natural_id = ..)]` on the type",
                ))
            })
        }
        Data::Union(_) => Ok(Vec::new()),
    }
}
