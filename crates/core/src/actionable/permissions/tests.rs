//! Each rule of matching by itself, then random statements against an evaluator that reads them one by one.

use proptest::collection::{hash_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::*;
use crate::actionable::{ActionName, ActionNameList};

fn action(text: &str) -> ActionName {
    let segments = text.split('.').filter(|segment| !segment.is_empty());
    ActionName(segments.map(|segment| segment.to_owned().into()).collect())
}

/// A resource name from text, in which `*` is any segment.
fn resource(text: &str) -> ResourceName<'static> {
    let segments = text.split('.').filter(|segment| !segment.is_empty());
    segments.fold(ResourceName::default(), |name, segment| match segment {
        "*" => name.and(Identifier::Any),
        text => name.and(text.to_owned()),
    })
}

fn allow(on: &str, what: &str) -> Statement {
    Statement::for_resource(resource(on)).allowing(&action(what))
}

#[test]
fn nothing_is_allowed_by_default() {
    let permissions = Permissions::default();
    assert!(!permissions.allowed_to(resource("a"), &action("Read")));
    assert!(!permissions.allowed_to(resource(""), &()));
}

#[test]
fn allow_all_allows_every_action_on_every_named_resource() {
    let permissions = Permissions::allow_all();
    assert!(permissions.allowed_to(resource("a.b.c"), &action("Read")));
    assert!(permissions.allowed_to(resource("a"), &()));
    assert!(permissions.allowed_to(ResourceName::any(), &action("Read")));
    assert!(!permissions.allowed_to(resource(""), &action("Read")));
}

#[test]
fn a_resource_covers_what_is_below_it_and_nothing_else() {
    let permissions = Permissions::from(allow("a.b", "Read"));
    assert!(permissions.allowed_to(resource("a.b"), &action("Read")));
    assert!(permissions.allowed_to(resource("a.b.c.d"), &action("Read")));
    assert!(!permissions.allowed_to(resource("a"), &action("Read")));
    assert!(!permissions.allowed_to(resource("a.bc"), &action("Read")));
    assert!(!permissions.allowed_to(resource("b"), &action("Read")));
    assert!(
        !permissions.allowed_to(resource("a.*"), &action("Read")),
        "one, not any"
    );
}

#[test]
fn the_nameless_resource_covers_every_other() {
    let permissions = Permissions::from(allow("", "Read"));
    assert!(permissions.allowed_to(resource(""), &action("Read")));
    assert!(permissions.allowed_to(resource("a.b"), &action("Read")));
}

#[test]
fn any_stands_for_exactly_one_segment() {
    let permissions = Permissions::from(allow("a.*.c", "Read"));
    assert!(permissions.allowed_to(resource("a.x.c"), &action("Read")));
    assert!(permissions.allowed_to(resource("a.x.c.d"), &action("Read")));
    assert!(permissions.allowed_to(resource("a.*.c"), &action("Read")));
    assert!(!permissions.allowed_to(resource("a.x"), &action("Read")));
    assert!(!permissions.allowed_to(resource("a.x.y.c"), &action("Read")));
    assert!(!permissions.allowed_to(resource("a.c"), &action("Read")));
}

#[test]
fn a_named_segment_does_not_hide_what_any_allows() {
    let permissions = Permissions::from(vec![
        allow("a.b.c", "Write"),
        allow("a.*.d", "Read"),
        allow("*.b.c", "List"),
    ]);
    assert!(permissions.allowed_to(resource("a.b.d"), &action("Read")));
    assert!(permissions.allowed_to(resource("a.b.c"), &action("List")));
    assert!(permissions.allowed_to(resource("a.b.c"), &action("Write")));
    assert!(!permissions.allowed_to(resource("a.b.c"), &action("Read")));
}

#[test]
fn identifiers_match_by_their_bytes() {
    let permissions = Permissions::from(
        Statement::for_resource(ResourceName::named("user").and(7)).allowing(&action("Read")),
    );
    let bytes = [
        Identifier::from("user"),
        Identifier::from(7_u64.to_be_bytes()),
    ];
    assert!(permissions.allowed_to(bytes, &action("Read")));
    let text = [Identifier::from("user"), Identifier::from("7")];
    assert!(!permissions.allowed_to(text, &action("Read")));
}

#[test]
fn an_allowed_action_covers_actions_that_begin_with_it() {
    let permissions = Permissions::from(allow("a", "Document"));
    assert!(permissions.allowed_to(resource("a"), &action("Document.Get")));
    assert!(!permissions.allowed_to(resource("a"), &action("View.Query")));
}

#[test]
fn statements_add_up_in_any_order() {
    let all = || Statement::for_resource(resource("a")).allowing_all();
    for statements in [
        vec![all(), allow("a", "Read")],
        vec![allow("a", "Read"), all()],
        vec![all(), Statement::for_resource(resource("a"))],
        vec![
            all(),
            Statement::for_resource(resource("a")).with("quota", 1_u64),
        ],
    ] {
        let permissions = Permissions::from(statements);
        assert!(permissions.allowed_to(resource("a"), &action("Write")));
    }
    let permissions = Permissions::from(vec![allow("a", "Read"), allow("a", "Write")]);
    assert!(permissions.allowed_to(resource("a"), &action("Read")));
    assert!(permissions.allowed_to(resource("a"), &action("Write")));
}

#[test]
fn a_statement_speaks_of_each_of_its_resources() {
    let statement = Statement::for_resources(["a", "b"]).allowing(&action("Read"));
    let permissions = Permissions::from(statement);
    assert!(permissions.allowed_to(resource("a"), &action("Read")));
    assert!(permissions.allowed_to(resource("b"), &action("Read")));
    assert!(!permissions.allowed_to(resource("c"), &action("Read")));
}

#[test]
fn merging_allows_what_any_of_the_parts_allows() {
    let read = Permissions::from(allow("a", "Read").with("quota", 1_u64));
    let write = Permissions::from(allow("*", "Write").with("quota", 2_u64));
    let merged = Permissions::merged([&read, &write, &Permissions::default()]);
    assert!(merged.allowed_to(resource("a"), &action("Read")));
    assert!(merged.allowed_to(resource("a"), &action("Write")));
    assert!(!merged.allowed_to(resource("b"), &action("Read")));
    assert_eq!(
        merged.get(resource("a"), "quota"),
        Some(&Configuration::from(1_u64))
    );
    assert_eq!(
        merged.get(resource("b"), "quota"),
        Some(&Configuration::from(2_u64))
    );

    assert!(!Permissions::merged([]).allowed_to(resource("a"), &action("Read")));
}

#[test]
fn a_denial_says_what_was_denied() {
    let denied = Permissions::default()
        .check(resource("a.b"), &action("Document.Get"))
        .expect_err("nothing is allowed");
    assert_eq!(denied.resource, resource("a.b"));
    assert_eq!(denied.action, action("Document.Get"));
    let text = denied.to_string();
    assert!(
        text.contains("a.b") && text.contains("Document.Get"),
        "{text}"
    );

    let permissions = Permissions::from(allow("a", "Document"));
    assert!(
        permissions
            .check(resource("a.b"), &action("Document.Get"))
            .is_ok()
    );
}

#[test]
fn the_most_specific_configuration_counts() {
    let set = |on, value: u64| Statement::for_resource(resource(on)).with("quota", value);
    let permissions = Permissions::from(vec![
        set("*", 1),
        set("a", 2),
        set("a.b", 3),
        set("*.b.c", 4),
        set("a.b", 5),
        set("*.x", 6),
    ]);
    let quota = |on| {
        permissions
            .get(resource(on), "quota")
            .and_then(Configuration::to_unsigned)
    };
    assert_eq!(quota("z"), Some(1));
    assert_eq!(quota("a"), Some(2));
    assert_eq!(quota("a.b"), Some(5), "the later of two");
    assert_eq!(quota("a.b.c"), Some(5), "a named segment goes before any");
    assert_eq!(quota("z.b.c"), Some(4));
    assert_eq!(quota("a.x"), Some(2));
    assert_eq!(quota(""), None);
    assert_eq!(permissions.get(resource("a"), "other"), None);
}

#[test]
fn configuring_allows_nothing() {
    let permissions = Permissions::from(Statement::for_any().with("quota", 1_u64));
    assert!(!permissions.allowed_to(resource("a"), &action("Read")));
}

#[test]
fn very_deep_names_do_no_harm() {
    let deep = "a.".repeat(100_000);
    let permissions = Permissions::from(vec![allow(&deep, "Read"), allow("a.*", "Write")]);
    assert!(permissions.allowed_to(resource(&deep), &action("Read")));
    assert!(permissions.allowed_to(resource(&deep), &action("Write")));
    let copy = Permissions::from(Vec::from(permissions.clone()));
    assert!(copy.allowed_to(resource(&deep), &action("Read")));
}

#[test]
fn they_are_serialized_as_statements() {
    let permissions = Permissions::from(allow("a.*", "Read").with("quota", 1_u64));
    let json = serde_json::to_value(&permissions).expect("serializes");
    let statements: Vec<Statement> = serde_json::from_value(json).expect("reads");
    assert_eq!(statements, [allow("a.*", "Read").with("quota", 1_u64)]);
}

/// Whether `pattern` covers `resource`, segment by segment.
fn covers(pattern: &ResourceName<'_>, resource: &[Identifier<'_>]) -> bool {
    let pattern = pattern.as_ref();
    pattern.len() <= resource.len()
        && pattern
            .iter()
            .zip(resource)
            .all(|(pattern, segment)| *pattern == Identifier::Any || pattern == segment)
}

fn naively_allowed(statements: &[Statement], on: &[Identifier<'_>], action: &ActionName) -> bool {
    statements.iter().any(|statement| {
        let resources = &statement.resources;
        let allowed = match &statement.actions {
            None => false,
            Some(ActionNameList::All) => true,
            Some(ActionNameList::List(names)) => {
                names.iter().any(|name| action.0.starts_with(&name.0))
            }
        };
        allowed && resources.iter().any(|pattern| covers(pattern, on))
    })
}

fn naively_configured<'s>(
    statements: &'s [Statement],
    on: &[Identifier<'_>],
    key: &str,
) -> Option<&'s Configuration> {
    let named = |pattern: &ResourceName<'_>| {
        let segments = pattern.as_ref().iter();
        segments
            .map(|segment| *segment != Identifier::Any)
            .collect::<Vec<_>>()
    };
    let values = statements.iter().flat_map(|statement| {
        let value = statement
            .configuration
            .as_ref()
            .and_then(|values| values.get(key));
        let resources = statement.resources.iter();
        resources.filter_map(move |pattern| Some((pattern, value?)))
    });
    values
        .filter(|(pattern, _)| covers(pattern, on))
        .max_by_key(|(pattern, _)| named(pattern))
        .map(|(_, value)| value)
}

fn identifiers() -> impl Strategy<Value = Identifier<'static>> {
    prop_oneof![
        Just(Identifier::Any),
        Just(Identifier::from("a")),
        Just(Identifier::from(b"a")),
        Just(Identifier::from("b")),
        Just(Identifier::from(1)),
        Just(Identifier::from(1_u64.to_be_bytes())),
    ]
}

fn resources() -> impl Strategy<Value = ResourceName<'static>> {
    vec(identifiers(), 0..5).prop_map(|segments| ResourceName::from(&segments[..]))
}

fn actions() -> impl Strategy<Value = ActionName> {
    vec(prop_oneof![Just("A"), Just("B"), Just("AB")], 0..4)
        .prop_map(|segments| ActionName(segments.into_iter().map(Into::into).collect()))
}

fn statements() -> impl Strategy<Value = Statement> {
    let list = prop_oneof![
        1 => Just(ActionNameList::All),
        4 => vec(actions(), 0..4).prop_map(ActionNameList::List),
    ];
    let values = (0_u64..9).prop_map(Configuration::from);
    let configuration = hash_map(prop_oneof!["k", "l"], values, 0..3);
    (
        vec(resources(), 0..3),
        option::of(list),
        option::of(configuration),
    )
        .prop_map(|(resources, actions, configuration)| Statement {
            resources,
            actions,
            configuration,
        })
}

proptest! {
    #[test]
    fn permissions_agree_with_their_statements(
        statements in vec(statements(), 0..8),
        questions in vec((resources(), actions()), 1..20),
    ) {
        let permissions = Permissions::from(statements.clone());
        let bytes = pot::to_vec(&permissions).expect("serializes");
        let parts = statements.iter().cloned().map(Permissions::from).collect::<Vec<_>>();
        let all_ways = [
            permissions,
            pot::from_slice(&bytes).expect("deserializes"),
            Permissions::merged(&parts),
        ];
        for permissions in all_ways {
            for (resource, action) in &questions {
                agree(&permissions, &statements, resource, action)?;
            }
        }
    }
}

fn agree(
    permissions: &Permissions,
    statements: &[Statement],
    resource: &ResourceName<'_>,
    action: &ActionName,
) -> Result<(), TestCaseError> {
    let allowed = naively_allowed(statements, resource.as_ref(), action);
    prop_assert_eq!(permissions.allowed_to(resource, action), allowed);
    prop_assert_eq!(permissions.check(resource, action).is_ok(), allowed);
    let value = naively_configured(statements, resource.as_ref(), "k");
    prop_assert_eq!(permissions.get(resource, "k"), value);
    Ok(())
}
