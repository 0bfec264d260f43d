//! The arguments of helper attributes such as `#[collection(name = "shapes", views = [ByArea])]`, for all derives.
//!
//! A derive makes one slot per argument, by [`arguments!`], and has [`read`] fill them from every attribute of that name. The slot's type says
//! what the value looks like; the order of the slots is the order in which messages list what is accepted.
//!
//! | slot | written as |
//! |---|---|
//! | [`Once<T>`] | `name = value`, at most once |
//! | [`Flag`] | `name`, `name = true`, `name(true)`, at most once |
//! | [`List<T>`] | `name = [A, B]`, `name = (A, B)`, `name(A, B)`; repeated lists concatenate |

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{
    Attribute, Error, Expr, LitBool, LitInt, LitStr, Meta, Path, PathArguments, Result, Token,
    Type, TypePath, bracketed, parenthesized, token,
};

/// Declares `Arguments`: what the attribute of that name accepts, in the order in which messages list it.
macro_rules! arguments {
    ($attribute:literal: $($name:ident: $slot:ty),* $(,)?) => {
        #[derive(Default)]
        struct Arguments {
            $($name: $slot,)*
        }

        impl Arguments {
            fn read(attributes: &[syn::Attribute]) -> syn::Result<Self> {
                let mut arguments = Self::default();
                $crate::arguments::read(
                    $attribute,
                    attributes,
                    &mut [$((stringify!($name), &mut arguments.$name)),*],
                )?;
                Ok(arguments)
            }
        }
    };
}
pub(crate) use arguments;

/// Takes the value of one argument.
pub trait Slot {
    /// Parses what follows `name`, up to the next comma.
    fn fill(&mut self, name: &Ident, input: ParseStream) -> Result<()>;
}

/// Fills `slots` from all attributes called `attribute`.
pub fn read(
    attribute: &str,
    attributes: &[Attribute],
    slots: &mut [(&str, &mut dyn Slot)],
) -> Result<()> {
    for found in attributes {
        if !found.path().is_ident(attribute) {
            continue;
        }
        match &found.meta {
            Meta::Path(_) => {}
            Meta::List(list) => {
                let parser = |input: ParseStream| read_list(attribute, input, slots);
                parser.parse2(list.tokens.clone())?;
            }
            Meta::NameValue(pair) => {
                return Err(Error::new_spanned(
                    &pair.value,
                    format!("expected `#[{attribute}(..)]`"),
                ));
            }
        }
    }
    Ok(())
}

fn read_list(
    attribute: &str,
    input: ParseStream,
    slots: &mut [(&str, &mut dyn Slot)],
) -> Result<()> {
    while !input.is_empty() {
        let start = input.span();
        let slot = Ident::parse_any(input).ok().and_then(|name| {
            let slot = slots.iter_mut().find(|(accepted, _)| name == accepted)?;
            Some((name, &mut slot.1))
        });
        let Some((name, slot)) = slot else {
            let accepted: Vec<_> = slots.iter().map(|(name, _)| format!("`{name}`")).collect();
            return Err(Error::new(
                start,
                format!("`#[{attribute}(..)]` accepts {}", accepted.join(", ")),
            ));
        };
        slot.fill(&name, input)?;
        if !input.is_empty() && !input.peek(Token![,]) {
            return Err(input.error(format!("expected `,` after the value of `{name}`")));
        }
        input.parse::<Option<Token![,]>>()?;
    }
    Ok(())
}

/// What the value of an argument can be.
pub trait Value: Sized {
    /// For messages: expected what.
    const EXPECTED: &'static str;

    /// Parses the value. Failures are reported as [`Value::EXPECTED`].
    fn parse_value(input: ParseStream) -> Result<Self>;
}

/// The value here, or a mistake at its first token.
fn value<T: Value>(name: &Ident, input: ParseStream) -> Result<T> {
    let at = if input.is_empty() {
        name.span()
    } else {
        input.span()
    };
    T::parse_value(input)
        .map_err(|_| Error::new(at, format!("expected {} for `{name}`", T::EXPECTED)))
}

macro_rules! values {
    ($($value:ty: $expected:literal;)*) => {
        $(impl Value for $value {
            const EXPECTED: &'static str = $expected;

            fn parse_value(input: ParseStream) -> Result<Self> {
                input.parse()
            }
        })*
    };
}

values! {
    LitStr: "a string literal";
    Expr: "an expression";
    Type: "a type";
    Path: "a path";
    TypePath: "a path";
    LitInt: "an integer literal";
    Ident: "a word";
    LitBool: "`true` or `false`";
}

/// An argument that may be given once.
pub struct Once<T> {
    given: Option<(Ident, T)>,
}

impl<T> Default for Once<T> {
    fn default() -> Self {
        Self { given: None }
    }
}

impl<T> Once<T> {
    /// The value, if the argument was given.
    pub fn get(&self) -> Option<&T> {
        self.given.as_ref().map(|(_, value)| value)
    }

    /// The value, or a mistake that ends with `example` as help.
    pub fn required(&self, name: &str, example: &str) -> Result<&T> {
        self.get().ok_or_else(|| {
            Error::new(
                Span::call_site(),
                format!("the argument `{name}` is missing\nhelp: #[{example}]"),
            )
        })
    }

    fn set(&mut self, name: &Ident, value: T) -> Result<()> {
        if let Some((first, _)) = &self.given {
            return Err(repeated(first, name));
        }
        self.given = Some((name.clone(), value));
        Ok(())
    }
}

impl<T: Value> Slot for Once<T> {
    fn fill(&mut self, name: &Ident, input: ParseStream) -> Result<()> {
        let expected = || format!("expected `{name} = ` and {}", T::EXPECTED);
        if input.is_empty() || input.peek(Token![,]) {
            return Err(Error::new(name.span(), expected()));
        }
        if input.parse::<Token![=]>().is_err() {
            return Err(input.error(expected()));
        }
        let value = value(name, input)?;
        self.set(name, value)
    }
}

/// Both places where an argument was given that may be given once.
fn repeated(first: &Ident, second: &Ident) -> Error {
    let message = format!("the argument `{first}` is given twice");
    let mut mistake = Error::new(first.span(), &message);
    mistake.combine(Error::new(second.span(), &message));
    mistake
}

/// A word that says yes by being there.
#[derive(Default)]
pub struct Flag(Once<bool>);

impl Flag {
    /// Whether it was given, and not as `false`.
    pub fn is_set(&self) -> bool {
        self.0.get().copied().unwrap_or_default()
    }
}

impl Slot for Flag {
    fn fill(&mut self, name: &Ident, input: ParseStream) -> Result<()> {
        let is_set = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            value::<LitBool>(name, input)?.value
        } else if input.peek(token::Paren) {
            let content;
            parenthesized!(content in input);
            value::<LitBool>(name, &content)?.value
        } else {
            true
        };
        self.0.set(name, is_set)
    }
}

/// An argument with any number of values.
pub struct List<T>(Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> List<T> {
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.iter()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T: Value> Slot for List<T> {
    fn fill(&mut self, name: &Ident, input: ParseStream) -> Result<()> {
        let has_sign = input.parse::<Option<Token![=]>>()?.is_some();
        let content;
        if input.peek(token::Paren) {
            parenthesized!(content in input);
        } else if has_sign && input.peek(token::Bracket) {
            bracketed!(content in input);
        } else {
            let at = if input.is_empty() || input.peek(Token![,]) {
                name.span()
            } else {
                input.span()
            };
            return Err(Error::new(
                at,
                format!("expected a list for `{name}`: `{name} = [A, B]` or `{name}(A, B)`"),
            ));
        }
        while !content.is_empty() {
            self.0.push(value(name, &content)?);
            if !content.is_empty() {
                content.parse::<Token![,]>()?;
            }
        }
        Ok(())
    }
}

/// A value that may be written as its type is: `ByArea`, `Ranked<3>`, `ByKey::new("area")`.
pub struct Unit(Expr);

impl Value for Unit {
    const EXPECTED: &'static str = "a type or a value of it";

    fn parse_value(input: ParseStream) -> Result<Self> {
        let ahead = input.fork();
        if ahead.parse::<Type>().is_ok() && (ahead.is_empty() || ahead.peek(Token![,])) {
            let mut unit: Type = input.parse()?;
            if let Type::Path(unit) = &mut unit {
                for segment in &mut unit.path.segments {
                    if let PathArguments::AngleBracketed(arguments) = &mut segment.arguments {
                        arguments.colon2_token.get_or_insert_default();
                    }
                }
            }
            let tokens = unit.into_token_stream();
            return Ok(Self(<Expr as Parse>::parse.parse2(tokens)?));
        }
        match input.parse()? {
            Expr::Lit(literal) => Err(Error::new_spanned(literal, Self::EXPECTED)),
            value => Ok(Self(value)),
        }
    }
}

impl ToTokens for Unit {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.0.to_tokens(tokens);
    }
}

/// Joins what any number of results have to complain about.
pub fn all<T>(results: impl IntoIterator<Item = Result<T>>) -> Result<Vec<T>> {
    let mut values = Vec::new();
    let mut mistakes: Option<Error> = None;
    for result in results {
        match (result, &mut mistakes) {
            (Ok(value), _) => values.push(value),
            (Err(mistake), Some(mistakes)) => mistakes.combine(mistake),
            (Err(mistake), none) => *none = Some(mistake),
        }
    }
    mistakes.map_or(Ok(values), Err)
}

/// Joins what two results have to complain about.
pub fn both<A, B>(first: Result<A>, second: Result<B>) -> Result<(A, B)> {
    match (first, second) {
        (Ok(first), Ok(second)) => Ok((first, second)),
        (Err(mut first), Err(second)) => {
            first.combine(second);
            Err(first)
        }
        (Err(mistake), _) | (_, Err(mistake)) => Err(mistake),
    }
}

#[cfg(test)]
mod tests {
    use quote::ToTokens;
    use syn::{DeriveInput, Expr, Ident, LitInt, LitStr, Result, Type};

    use super::{Flag, List, Once, Unit, read};

    #[derive(Default)]
    struct Arguments {
        text: Once<LitStr>,
        expr: Once<Expr>,
        ty: Once<Type>,
        int: Once<LitInt>,
        word: Once<Ident>,
        flag: Flag,
        types: List<Type>,
        units: List<Unit>,
    }

    fn arguments(attributes: &str) -> Result<Arguments> {
        let input: DeriveInput = syn::parse_str(&format!("{attributes} struct A;"))?;
        let mut arguments = Arguments::default();
        read(
            "a",
            &input.attrs,
            &mut [
                ("text", &mut arguments.text),
                ("expr", &mut arguments.expr),
                ("type", &mut arguments.ty),
                ("int", &mut arguments.int),
                ("word", &mut arguments.word),
                ("flag", &mut arguments.flag),
                ("types", &mut arguments.types),
                ("units", &mut arguments.units),
            ],
        )?;
        Ok(arguments)
    }

    fn text(value: Option<&impl ToTokens>) -> String {
        let value = value.expect("given").to_token_stream();
        value.to_string().replace(' ', "")
    }

    fn list<T: ToTokens>(list: &List<T>) -> Vec<String> {
        list.iter().map(|value| text(Some(value))).collect()
    }

    /// Their places are pinned by the tests in `tests/ui`.
    #[track_caller]
    fn mistakes(attributes: &str, expected: &[&str]) {
        let told: Vec<_> = match arguments(attributes) {
            Ok(_) => panic!("no mistake in {attributes}"),
            Err(mistakes) => mistakes.into_iter().map(|told| told.to_string()).collect(),
        };
        assert_eq!(told, expected);
    }

    #[test]
    fn each_kind_of_value_is_parsed() {
        let given =
            arguments(r#"#[a(text = "b", expr = c < d, type = E<F, G>, int = 7, word = h, flag)]"#)
                .expect("no mistake");
        assert_eq!(text(given.text.get()), "\"b\"");
        assert_eq!(text(given.expr.get()), "c<d");
        assert_eq!(text(given.ty.get()), "E<F,G>");
        assert_eq!(text(given.int.get()), "7");
        assert_eq!(text(given.word.get()), "h");
        assert!(given.flag.is_set());
    }

    #[test]
    fn attributes_are_merged_and_others_left_alone() {
        let given = arguments(r#"#[a] #[a()] #[b(x)] #[a(text = "b",)] #[a(expr = |c, d| c)]"#)
            .expect("no mistake");
        assert_eq!(text(given.text.get()), "\"b\"");
        assert_eq!(text(given.expr.get()), "|c,d|c");
        assert!(given.ty.get().is_none());
    }

    #[test]
    fn flags_have_three_forms() {
        for (form, expected) in [
            ("flag", true),
            ("flag = true", true),
            ("flag(true)", true),
            ("flag = false", false),
            ("flag(false)", false),
            ("int = 1", false),
        ] {
            let given = arguments(&format!("#[a({form})]")).expect("no mistake");
            assert_eq!(given.flag.is_set(), expected, "{form}");
        }
    }

    #[test]
    fn lists_have_three_forms_and_concatenate() {
        let given = arguments("#[a(types = [B, C<D, E>,], types = (F), types(G,), types())]")
            .expect("no mistake");
        assert_eq!(list(&given.types), ["B", "C<D,E>", "F", "G"]);
    }

    #[test]
    fn units_are_types_or_values() {
        let given = arguments("#[a(units = [B, c::D, E<3>, F::<G>, H::new(1, 2), I { j: 2 }])]")
            .expect("no mistake");
        assert_eq!(
            list(&given.units),
            ["B", "c::D", "E::<3>", "F::<G>", "H::new(1,2)", "I{j:2}"]
        );
    }

    #[test]
    fn what_is_unknown_is_told_with_what_is_known() {
        let accepted =
            "`#[a(..)]` accepts `text`, `expr`, `type`, `int`, `word`, `flag`, `types`, `units`";
        mistakes("#[a(colour = 1)]", &[accepted]);
        mistakes("#[a(int = 1, \"b\")]", &[accepted]);
        mistakes("#[a(b::int = 1)]", &[accepted]);
    }

    #[test]
    fn what_is_repeated_is_told_at_both_places() {
        let mut attributes = "#[a(int = 1, text = \"b\", int = 2)]";
        let message = "the argument `int` is given twice";
        mistakes(attributes, &[message, message]);
        attributes = "#[a(flag)] #[a(flag = false)]";
        let message = "the argument `flag` is given twice";
        mistakes(attributes, &[message, message]);
    }

    #[test]
    fn wrong_values_are_told() {
        for (attributes, message) in [
            ("#[a(text = 1)]", "expected a string literal for `text`"),
            ("#[a(text = b)]", "expected a string literal for `text`"),
            ("#[a(expr = ,)]", "expected an expression for `expr`"),
            ("#[a(expr =)]", "expected an expression for `expr`"),
            ("#[a(type = \"B\")]", "expected a type for `type`"),
            (
                r#"#[a(int = "1")]"#,
                "expected an integer literal for `int`",
            ),
            ("#[a(word = \"b\")]", "expected a word for `word`"),
            ("#[a(flag = 1)]", "expected `true` or `false` for `flag`"),
            ("#[a(flag(b))]", "expected `true` or `false` for `flag`"),
            ("#[a(types = [1])]", "expected a type for `types`"),
            (
                "#[a(units(\"b\"))]",
                "expected a type or a value of it for `units`",
            ),
            ("#[a(text)]", "expected `text = ` and a string literal"),
            (
                "#[a(text, int = 1)]",
                "expected `text = ` and a string literal",
            ),
            (
                "#[a(text(\"b\"))]",
                "expected `text = ` and a string literal",
            ),
            ("#[a = \"b\"]", "expected `#[a(..)]`"),
            (
                "#[a(int = 1 int = 2)]",
                "expected `,` after the value of `int`",
            ),
        ] {
            mistakes(attributes, &[message]);
        }
        let message = "expected a list for `types`: `types = [A, B]` or `types(A, B)`";
        for attributes in ["#[a(types)]", "#[a(types = B)]", "#[a(types[B])]"] {
            mistakes(attributes, &[message]);
        }
    }
}
