//! One sentence of an access policy, as an administrator would write it.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{Action, ActionNameList, Configuration, ResourceName};

/// Allows actions on resources, and may attach configured values to them.
///
/// A statement speaks of its resources and of everything below them. Statements only ever add: none takes away
/// what another one allows.
///
/// ```rust
/// use bonsaidb_core::actionable::{Permissions, ResourceName, Statement};
/// use bonsaidb_core::permissions::bonsai::{BonsaiAction, DatabaseAction, DocumentAction};
///
/// let get = BonsaiAction::Database(DatabaseAction::Document(DocumentAction::Get));
/// let delete = BonsaiAction::Database(DatabaseAction::Document(DocumentAction::Delete));
/// let shop = ResourceName::named("bonsaidb").and("shop");
/// let permissions = Permissions::from(Statement::for_resource(shop.clone()).allowing(&get));
///
/// let order = shop.and("orders").and("document").and(42);
/// assert!(permissions.allowed_to(&order, &get));
/// assert!(!permissions.allowed_to(&order, &delete));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[must_use]
pub struct Statement {
    /// The resources this statement speaks of.
    pub resources: Vec<ResourceName<'static>>,
    /// The actions allowed on them, if any.
    pub actions: Option<ActionNameList>,
    /// Values attached to them, if any.
    pub configuration: Option<HashMap<String, Configuration>>,
}

impl Statement {
    /// Returns the statement that allows everything.
    pub fn allow_all_for_any_resource() -> Self {
        Self::for_any().allowing_all()
    }

    /// Returns a statement about one resource that allows nothing yet.
    pub fn for_resource(resource: impl Into<ResourceName<'static>>) -> Self {
        Self::for_resources([resource])
    }

    /// Returns a statement about every resource that allows nothing yet.
    pub fn for_any() -> Self {
        Self::for_resource(ResourceName::any())
    }

    /// Returns a statement about several resources that allows nothing yet.
    pub fn for_resources<II>(resources: II) -> Self
    where
        II: IntoIterator,
        II::Item: Into<ResourceName<'static>>,
    {
        Self {
            resources: resources.into_iter().map(Into::into).collect(),
            actions: None,
            configuration: None,
        }
    }

    /// Allows `action` as well.
    pub fn allow<A: Action>(&mut self, action: &A) {
        match &mut self.actions {
            Some(ActionNameList::All) => {}
            Some(ActionNameList::List(list)) => list.push(action.name()),
            None => self.actions = Some(ActionNameList::List(vec![action.name()])),
        }
    }

    /// Allows `action` as well, and returns the statement.
    pub fn allowing<A: Action>(mut self, action: &A) -> Self {
        self.allow(action);
        self
    }

    /// Allows every action.
    pub fn allow_all(&mut self) {
        self.actions = Some(ActionNameList::All);
    }

    /// Allows every action, and returns the statement.
    pub fn allowing_all(mut self) -> Self {
        self.allow_all();
        self
    }

    /// Attaches a value under `key`, in place of an earlier one.
    pub fn configure(&mut self, key: impl Into<String>, value: impl Into<Configuration>) {
        self.configuration
            .get_or_insert_default()
            .insert(key.into(), value.into());
    }

    /// Attaches a value under `key`, in place of an earlier one, and returns the statement.
    pub fn with(mut self, key: impl Into<String>, value: impl Into<Configuration>) -> Self {
        self.configure(key, value);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actionable::ActionName;

    fn action(name: &'static str) -> ActionName {
        ActionName(vec![name.into()])
    }

    #[test]
    fn allowing_adds_to_the_list_and_keeps_all() {
        let statement = Statement::for_any()
            .allowing(&action("A"))
            .allowing(&action("B"));
        let both = ActionNameList::List(vec![action("A"), action("B")]);
        assert_eq!(statement.actions, Some(both));

        let statement = statement.allowing_all().allowing(&action("C"));
        assert_eq!(statement.actions, Some(ActionNameList::All));
    }

    #[test]
    fn a_value_configured_twice_keeps_the_last() {
        let statement = Statement::for_resource("a")
            .with("quota", 1_u64)
            .with("quota", "two");
        let configuration = statement.configuration.expect("configured");
        assert_eq!(configuration.len(), 1);
        assert_eq!(configuration["quota"], Configuration::from("two"));
        assert!(statement.actions.is_none());
    }

    #[test]
    fn for_resources_takes_several_forms() {
        let statement = Statement::for_resources(["a", "b"]);
        assert_eq!(
            statement.resources,
            [ResourceName::named("a"), ResourceName::named("b")]
        );
    }
}
