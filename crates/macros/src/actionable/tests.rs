//! What handlers look like, and what is refused.

use super::expand;
use crate::testing::{contains, mistakes};

#[test]
fn each_variant_goes_to_its_handler() {
    let input = r#"#[actionable(actionable = x::y)] pub(crate) enum A<T> where T: B {
        #[actionable(protection = "none")] C(T),
        #[actionable(protection = "none")] r#type { d: E, f: G },
        #[actionable(protection = "none")] H,
    }"#;
    contains(
        expand,
        input,
        "#[x::y::async_trait::async_trait]
        pub(crate) trait ADispatcher<T>: ::core::marker::Send + ::core::marker::Sync where T: B",
    );
    contains(
        expand,
        input,
        "async fn dispatch_to_handlers(
            &self,
            permissions: &x::y::Permissions,
            request: A<T>,
        ) -> ::core::result::Result<
            <Self as ADispatcher<T> >::Output,
            <Self as ADispatcher<T> >::Error,
        >
        where
            Self: ::core::marker::Sized + CHandler<T> + typeHandler<T> + HHandler<T>,
        {
            let _ = permissions;
            match request {
                A::C(value) => {
                    <Self as CHandler<T> >::handle(self, permissions, value).await
                }
                A::r#type { d, f } => {
                    <Self as typeHandler<T> >::handle(self, permissions, d, f).await
                }
                A::H => { <Self as HHandler<T> >::handle(self, permissions,).await }
            }
        }",
    );
    contains(
        expand,
        input,
        "#[x::y::async_trait::async_trait]
        pub(crate) trait CHandler<T>: ADispatcher<T> where T: B",
    );
}

#[test]
fn arguments_are_named_as_the_fields() {
    for (fields, arguments) in [
        ("", "permissions: &x::Permissions"),
        (
            "{ a: B, permissions: C }",
            "permissions: &x::Permissions, a: B, permissions: C",
        ),
        ("(B)", "permissions: &x::Permissions, value: B"),
        (
            "(B, C)",
            "permissions: &x::Permissions, value_0: B, value_1: C",
        ),
    ] {
        contains(
            expand,
            &format!(
                r#"#[actionable(actionable = x)] enum A {{ #[actionable(protection = "none")] D {fields} }}"#
            ),
            &format!("async fn handle(&self, {arguments})"),
        );
    }
}

#[test]
fn simple_protection_checks_one_action_on_one_resource() {
    contains(
        expand,
        r#"#[actionable(actionable = x)] enum A { #[actionable(protection = "simple")] B { c: D } }"#,
        "{
            let resource = <Self as BHandler>::resource_name(self, &c).await?;
            x::Permissions::check(permissions, &resource, &<Self as BHandler>::action(),)?;
        }
        <Self as BHandler>::handle_protected(self, permissions, c).await",
    );
}

#[test]
fn custom_protection_asks_the_handler() {
    contains(
        expand,
        r#"#[actionable(actionable = x)] enum A { #[actionable(protection = "custom")] B }"#,
        "{ <Self as BHandler>::verify_permissions(self, permissions,).await?; }
        <Self as BHandler>::handle_protected(self, permissions,).await",
    );
}

#[test]
fn subactions_are_handed_on() {
    contains(
        expand,
        "#[actionable(actionable = x)] enum A { #[actionable(subaction)] B(C) }",
        "{ x::Dispatcher::dispatch(<Self as BHandler>::dispatcher(self), permissions, value).await }",
    );
    contains(
        expand,
        r#"#[actionable(actionable = x)] enum A { #[actionable(subaction, protection = "custom")] B(C) }"#,
        "async fn handle_protected(&self, permissions: &x::Permissions, value: C) -> ::core::result::Result<
            <Self as ADispatcher>::Output,
            <Self as ADispatcher>::Error,
        > { x::Dispatcher::dispatch(<Self as BHandler>::dispatcher(self), permissions, value).await }",
    );
}

#[test]
fn each_variant_says_how_it_is_protected() {
    let forgotten =
        "say how this request is protected\nhelp: #[actionable(protection = \"simple\")]";
    mistakes(
        expand,
        r#"enum A { B, #[actionable(protection = "none")] C, #[actionable] D }"#,
        &[forgotten, forgotten],
    );
    mistakes(
        expand,
        r#"enum A { #[actionable(protection = "simpel")] B }"#,
        &["`protection` is one of \"none\", \"simple\" and \"custom\""],
    );
}

#[test]
fn subactions_are_one_request() {
    let message =
        "a subaction has one field without a name: the request that another dispatcher answers";
    mistakes(
        expand,
        r#"enum A {
            #[actionable(subaction)] B,
            #[actionable(subaction)] C(D, E),
            #[actionable(subaction, protection = "none")] F { g: H },
        }"#,
        &[message, message, message],
    );
}

#[test]
fn only_enums_are_actionable() {
    mistakes(
        expand,
        "struct A;",
        &["`Actionable` can be derived for enums alone"],
    );
}

#[test]
fn unknown_words_are_told() {
    mistakes(
        expand,
        "#[actionable(protection = \"none\")] enum A {}",
        &["`#[actionable(..)]` accepts `actionable`"],
    );
    mistakes(
        expand,
        "enum A { #[actionable(actionable = x)] B }",
        &["`#[actionable(..)]` accepts `protection`, `subaction`"],
    );
}
