//! The arguments of `#[twin(..)]`.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use syn::{Error, Result};

#[derive(Debug, Default)]
pub struct Options {
    /// The item holds both worlds; its methods are paired.
    pub methods: bool,
    /// Bounds which the blocking header does without.
    pub strip: Vec<String>,
    cfg: Option<TokenStream>,
}

impl Options {
    pub fn parse(arguments: TokenStream) -> Result<Self> {
        let mut options = Self::default();
        let mut arguments = arguments.into_iter().peekable();
        while let Some(token) = arguments.next() {
            match (token.to_string().as_str(), arguments.peek()) {
                (",", _) => {}
                ("methods", _) => options.methods = true,
                ("strip", Some(TokenTree::Group(bounds))) => {
                    options.strip = names(bounds.stream())?;
                    arguments.next();
                }
                ("cfg", Some(TokenTree::Group(condition))) => {
                    options.cfg = Some(condition.stream());
                    arguments.next();
                }
                _ => {
                    return Err(Error::new(
                        token.span(),
                        "#[twin]: expected `methods`, `strip(..)` or `cfg(..)`",
                    ));
                }
            }
        }
        Ok(options)
    }

    /// The attribute that stands before each twin, if any.
    pub fn gate(&self) -> Option<TokenStream> {
        let condition = self.cfg.as_ref()?;
        Some(quote!(#[cfg(#condition)]))
    }
}

fn names(list: TokenStream) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for token in list {
        match token {
            TokenTree::Ident(name) => names.push(name.to_string()),
            TokenTree::Punct(comma) if comma.as_char() == ',' => {}
            other => return Err(Error::new(other.span(), "#[twin]: expected a bound's name")),
        }
    }
    Ok(names)
}
