//! Schemas as data, for people and tools.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::key::KeyDescription;
use crate::schema::view::ViewUpdatePolicy;
use crate::schema::{CollectionName, SchemaName, Schematic, ViewName};

/// What a schema consists of.
#[derive(Debug, Eq, PartialEq, Clone, Serialize, Deserialize)]
pub struct SchemaSummary {
    /// The name of the schema.
    pub name: SchemaName,
    collections: BTreeMap<CollectionName, CollectionSummary>,
}

impl SchemaSummary {
    /// Returns the collection of this name.
    pub fn collection(&self, name: &CollectionName) -> Option<&CollectionSummary> {
        self.collections.get(name)
    }

    /// Iterates over all collections.
    pub fn collections(&self) -> impl Iterator<Item = &CollectionSummary> {
        self.collections.values()
    }
}

impl From<&Schematic> for SchemaSummary {
    fn from(schematic: &Schematic) -> Self {
        let collections = schematic.collections().filter_map(|name| {
            let summary = CollectionSummary {
                name: name.clone(),
                primary_key: schematic.collection_primary_key_description(name)?.clone(),
                views: schematic
                    .views_in_collection(name)
                    .map(|view| (view.view_name(), ViewSummary::from(view)))
                    .collect(),
            };
            Some((name.clone(), summary))
        });
        Self {
            name: schematic.name.clone(),
            collections: collections.collect(),
        }
    }
}

/// What a collection consists of.
#[derive(Debug, Eq, PartialEq, Clone, Serialize, Deserialize)]
pub struct CollectionSummary {
    /// The name of the collection.
    pub name: CollectionName,
    /// The primary key of its documents.
    pub primary_key: KeyDescription,
    views: BTreeMap<ViewName, ViewSummary>,
}

impl CollectionSummary {
    /// Returns the view of this name.
    pub fn view(&self, name: &ViewName) -> Option<&ViewSummary> {
        self.views.get(name)
    }

    /// Iterates over all views.
    pub fn views(&self) -> impl Iterator<Item = &ViewSummary> {
        self.views.values()
    }
}

/// What a view is.
#[derive(Debug, Eq, PartialEq, Clone, Serialize, Deserialize)]
pub struct ViewSummary {
    /// The name of the view.
    pub name: ViewName,
    /// The key of its mappings.
    pub key: KeyDescription,
    /// When it is brought up to date.
    pub policy: ViewUpdatePolicy,
    /// The version of its functions.
    pub version: u64,
}

impl From<&dyn crate::schema::view::Serialized> for ViewSummary {
    fn from(view: &dyn crate::schema::view::Serialized) -> Self {
        Self {
            name: view.view_name(),
            key: view.key_description(),
            policy: view.update_policy(),
            version: view.version(),
        }
    }
}
