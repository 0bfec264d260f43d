//! How generated code names the core crate.
//!
//! The first of these among the dependencies of the crate that is being compiled, under whatever name it has there:
//! `bonsaidb`, `bonsaidb-server`, `bonsaidb-local`, `bonsaidb-client`, `bonsaidb-core`. All but the last re-export it as
//! `core`. A crate of this list names itself by its own name, in tests and examples too: its library says `extern crate self`.

use proc_macro_crate::{FoundCrate, crate_name};
use proc_macro2::Span;
use syn::{Ident, Path, parse_quote};

use crate::arguments::Once;

const CRATES: [&str; 5] = [
    "bonsaidb",
    "bonsaidb-server",
    "bonsaidb-local",
    "bonsaidb-client",
    CORE,
];
const CORE: &str = "bonsaidb-core";

/// The path given as `core = path`, or the default one.
pub fn core_path(given: &Once<Path>) -> Path {
    given.get().cloned().unwrap_or_else(default_core_path)
}

/// The path given as `actionable = path`, or that of the module of the default core crate.
pub fn actionable_path(given: &Once<Path>) -> Path {
    given.get().cloned().unwrap_or_else(|| {
        let core = default_core_path();
        parse_quote!(#core::actionable)
    })
}

/// The path of the core crate where nothing else was said.
fn default_core_path() -> Path {
    let compiled = std::env::var("CARGO_PKG_NAME").unwrap_or_default();
    choose(&compiled, |name| match crate_name(name) {
        Ok(FoundCrate::Name(name)) => Some(name),
        Ok(FoundCrate::Itself) => Some(name.replace('-', "_")),
        Err(_) => None,
    })
}

/// `dependency` answers under which name a crate is known, if it is.
fn choose(compiled: &str, dependency: impl Fn(&str) -> Option<String>) -> Path {
    let known = if let Some(own) = CRATES.into_iter().find(|name| *name == compiled) {
        Some((own, own.replace('-', "_")))
    } else {
        CRATES
            .into_iter()
            .find_map(|name| Some((name, dependency(name)?)))
    };
    let (name, known_as) = known.unwrap_or((CORE, CORE.replace('-', "_")));
    let known_as = Ident::new(&known_as, Span::call_site());
    if name == CORE {
        parse_quote!(::#known_as)
    } else {
        parse_quote!(::#known_as::core)
    }
}

#[cfg(test)]
mod tests {
    use quote::ToTokens;

    use super::choose;

    fn chosen(compiled: &str, dependencies: &[(&str, &str)]) -> String {
        let path = choose(compiled, |name| {
            let found = dependencies.iter().find(|(known, _)| *known == name)?;
            Some(found.1.to_owned())
        });
        path.to_token_stream().to_string().replace(' ', "")
    }

    #[test]
    fn the_outermost_dependency_is_named() {
        let mut dependencies = vec![
            ("bonsaidb-core", "bonsaidb_core"),
            ("bonsaidb-client", "bonsaidb_client"),
            ("bonsaidb-local", "bonsaidb_local"),
            ("bonsaidb-server", "bonsaidb_server"),
            ("bonsaidb", "bonsaidb"),
        ];
        for expected in [
            "::bonsaidb::core",
            "::bonsaidb_server::core",
            "::bonsaidb_local::core",
            "::bonsaidb_client::core",
            "::bonsaidb_core",
        ] {
            assert_eq!(chosen("app", &dependencies), expected);
            dependencies.pop();
        }
    }

    #[test]
    fn renamed_dependencies_are_honoured() {
        assert_eq!(chosen("app", &[("bonsaidb-core", "db")]), "::db");
        assert_eq!(chosen("app", &[("bonsaidb", "db")]), "::db::core");
    }

    #[test]
    fn the_crates_name_themselves() {
        let dependencies = [("bonsaidb", "bonsaidb"), ("bonsaidb-core", "bonsaidb_core")];
        assert_eq!(
            chosen("bonsaidb-local", &dependencies),
            "::bonsaidb_local::core"
        );
        assert_eq!(chosen("bonsaidb-core", &dependencies), "::bonsaidb_core");
    }

    #[test]
    fn without_any_the_core_crate_is_named() {
        assert_eq!(chosen("app", &[]), "::bonsaidb_core");
    }
}
