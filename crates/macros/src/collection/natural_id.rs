//! Where the natural id of a collection comes from: a marked field, an expression, a closure or a function.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
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
            (_, Some(expression)) => Ok(Some(match expression {
                Expr::Closure(_) => Self::Function(expression),
                Expr::Path(path) if !path.path.is_ident("self") => Self::Function(expression),
                _ => Self::Expression(expression),
            })),
        }
    }

    pub fn span(&self) -> Span {
        match self {
            Self::Field { mark, .. } => mark.span(),
            Self::Function(expression) | Self::Expression(expression) => expression.span(),
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
        let body = match self {
            Self::Field { .. } | Self::Function(_) => self.call(core, &quote!(self)),
            Self::Expression(expression) => expression.to_token_stream(),
        };
        quote! {
            fn natural_id(&self) -> #id {
                #body
            }
        }
    }

    /// `fn natural_id(contents: &Self::Contents)`, for `SerializedCollection` with `Contents = Self`.
    pub fn function(&self, input: &DeriveInput, core: &Path) -> TokenStream {
        let id = quote!(::core::option::Option<<Self as #core::schema::Collection>::PrimaryKey>);
        let body = match self {
            Self::Field { .. } | Self::Function(_) => self.call(core, &quote!(contents)),
            Self::Expression(expression) => {
                let ident = &input.ident;
                let (generics, arguments, bounds) = input.generics.split_for_impl();
                // `self` exists in methods alone.
                quote! {
                    trait __NaturalId: #core::schema::Collection {
                        fn __natural_id(&self) -> #id;
                    }
                    impl #generics __NaturalId for #ident #arguments #bounds {
                        fn __natural_id(&self) -> #id {
                            #expression
                        }
                    }
                    <Self as __NaturalId>::__natural_id(contents)
                }
            }
        };
        quote! {
            fn natural_id(contents: &Self::Contents) -> #id {
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

fn marked_field(input: &DeriveInput) -> Result<Option<NaturalId<'_>>> {
    let mut found: Option<NaturalId> = None;
    for (member, field, mark) in marks(input)? {
        mark.meta.require_path_only()?;
        if let Some(first) = &found {
            let message = "only one field may be marked; \
                 for an id made of several, use `#[collection(natural_id = ..)]` on the type";
            let mut mistake = Error::new_spanned(mark, message);
            mistake.combine(Error::new(first.span(), message));
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
