//! The definition of a schema: its collections and views by name and by type.

use std::any::TypeId;
use std::collections::{BTreeMap, HashSet};
use std::fmt::{self, Debug};

use crate::Error;
use crate::document::{DocumentId, KeyId};
use crate::key::{Key, KeyDescription, NextValueError};
use crate::schema::view::{Serialized, ViewDefinition};
use crate::schema::{
    Collection, CollectionName, MapReduce, Schema, SchemaName, SerializedView, View, ViewName,
    ViewSchema,
};

/// The collections and views of a schema.
pub struct Schematic {
    /// The name of the schema.
    pub name: SchemaName,
    collection_types: HashSet<TypeId>,
    collections: BTreeMap<CollectionName, CollectionDefinition>,
    view_types: BTreeMap<TypeId, ViewName>,
    views: BTreeMap<ViewName, Box<dyn Serialized>>,
    /// In the order of their definition, also of collections that are not defined yet: a collection
    /// may define views of another.
    views_by_collection: BTreeMap<CollectionName, Vec<ViewName>>,
}

struct CollectionDefinition {
    key: KeyDescription,
    encryption_key: Option<KeyId>,
    next_id: NextId,
}

/// Returns the id after this one, or the first.
#[doc(hidden)]
pub type NextId = fn(Option<DocumentId>) -> Result<DocumentId, Error>;

impl Schematic {
    /// Returns the definition of `S`.
    ///
    /// # Errors
    ///
    /// [`Error::CollectionAlreadyDefined`], [`Error::ViewAlreadyRegistered`].
    pub fn from_schema<S: Schema + ?Sized>() -> Result<Self, Error> {
        let mut schematic = Self {
            name: S::schema_name(),
            collection_types: HashSet::new(),
            collections: BTreeMap::new(),
            view_types: BTreeMap::new(),
            views: BTreeMap::new(),
            views_by_collection: BTreeMap::new(),
        };
        S::define_collections(&mut schematic)?;
        Ok(schematic)
    }

    /// Adds the collection `C` and its views.
    ///
    /// # Errors
    ///
    /// [`Error::CollectionAlreadyDefined`] if the name is in use, [`Error::ViewAlreadyRegistered`].
    pub fn define_collection<C: Collection + 'static>(&mut self) -> Result<(), Error> {
        let name = C::collection_name();
        if self.collections.contains_key(&name) {
            return Err(Error::CollectionAlreadyDefined);
        }
        self.collections.insert(
            name,
            CollectionDefinition {
                key: KeyDescription::for_key::<C::PrimaryKey>(),
                encryption_key: C::encryption_key(),
                next_id: next_id::<C>,
            },
        );
        self.collection_types.insert(TypeId::of::<C>());
        C::define_views(self)
    }

    /// Adds a view that is its own schema.
    ///
    /// # Errors
    ///
    /// [`Error::ViewAlreadyRegistered`] if the name is in use.
    pub fn define_view<V>(&mut self, view: V) -> Result<(), Error>
    where
        V: MapReduce + ViewSchema<View = V> + SerializedView + Clone + 'static,
    {
        self.define_view_with_schema(view.clone(), view)
    }

    /// Adds a view with its schema.
    ///
    /// # Errors
    ///
    /// [`Error::ViewAlreadyRegistered`] if the name is in use.
    pub fn define_view_with_schema<V, S>(&mut self, view: V, schema: S) -> Result<(), Error>
    where
        V: SerializedView + 'static,
        S: MapReduce + ViewSchema<View = V> + 'static,
    {
        let definition = ViewDefinition { view, schema };
        let name = definition.view_name();
        if self.views.contains_key(&name) {
            return Err(Error::ViewAlreadyRegistered(name));
        }
        self.views_by_collection
            .entry(name.collection.clone())
            .or_default()
            .push(name.clone());
        self.view_types.insert(TypeId::of::<V>(), name.clone());
        self.views.insert(name, Box::new(definition));
        Ok(())
    }

    /// Returns true if the type `C` was defined.
    pub fn contains_collection<C: Collection + 'static>(&self) -> bool {
        self.collection_types.contains(&TypeId::of::<C>())
    }

    /// Returns the description of a collection's primary key, or `None` for an unknown collection.
    pub fn collection_primary_key_description<'a>(
        &'a self,
        collection: &CollectionName,
    ) -> Option<&'a KeyDescription> {
        Some(&self.collections.get(collection)?.key)
    }

    /// Returns the id after `id`, or the first one.
    ///
    /// # Errors
    ///
    /// [`Error::CollectionNotFound`], [`Error::DocumentPush`] if the primary key has no next
    /// value.
    pub fn next_id_for_collection(
        &self,
        collection: &CollectionName,
        id: Option<DocumentId>,
    ) -> Result<DocumentId, Error> {
        let definition = self
            .collections
            .get(collection)
            .ok_or(Error::CollectionNotFound)?;
        (definition.next_id)(id)
    }

    /// Returns what [`next_id_for_collection`](Self::next_id_for_collection) calls, for those who
    /// call it for every document.
    #[doc(hidden)]
    pub fn next_id_function(&self, collection: &CollectionName) -> Result<NextId, Error> {
        let definition = self.collections.get(collection);
        let definition = definition.ok_or(Error::CollectionNotFound)?;
        Ok(definition.next_id)
    }

    /// Returns the view of this name.
    ///
    /// # Errors
    ///
    /// [`Error::ViewNotFound`].
    pub fn view_by_name(&self, name: &ViewName) -> Result<&dyn Serialized, Error> {
        self.views
            .get(name)
            .map(|view| &**view)
            .ok_or(Error::ViewNotFound)
    }

    /// Returns the view of this type.
    ///
    /// # Errors
    ///
    /// [`Error::ViewNotFound`].
    pub fn view<V: View + 'static>(&self) -> Result<&dyn Serialized, Error> {
        let name = self
            .view_types
            .get(&TypeId::of::<V>())
            .ok_or(Error::ViewNotFound)?;
        self.view_by_name(name)
    }

    /// Iterates over all views, in no particular order.
    pub fn views(&self) -> impl Iterator<Item = &dyn Serialized> {
        self.views.values().map(|view| &**view)
    }

    /// Iterates over the views of a collection, in the order of their definition.
    pub fn views_in_collection<'a>(
        &'a self,
        collection: &CollectionName,
    ) -> impl Iterator<Item = &'a dyn Serialized> + use<'a> {
        self.views_by_collection
            .get(collection)
            .filter(|_| self.collections.contains_key(collection))
            .into_iter()
            .flatten()
            .filter_map(|name| self.view_by_name(name).ok())
    }

    /// Iterates over the eager and unique views of a collection, in the order of their definition.
    pub fn eager_views_in_collection<'a>(
        &'a self,
        collection: &CollectionName,
    ) -> impl Iterator<Item = &'a dyn Serialized> + use<'a> {
        self.views_in_collection(collection)
            .filter(|view| view.update_policy().is_eager())
    }

    /// Returns the key a collection is encrypted with, if it is.
    pub fn encryption_key_for_collection(&self, collection: &CollectionName) -> Option<&KeyId> {
        self.collections.get(collection)?.encryption_key.as_ref()
    }

    /// Iterates over the names of all collections, in no particular order.
    pub fn collections(&self) -> impl Iterator<Item = &CollectionName> {
        self.collections.keys()
    }
}

impl Debug for Schematic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Schematic")
            .field("name", &self.name)
            .field("collections", &self.collections.keys())
            .field("views", &self.views.keys())
            .finish_non_exhaustive()
    }
}

fn next_id<C: Collection>(id: Option<DocumentId>) -> Result<DocumentId, Error> {
    let failed = |error: NextValueError| Error::DocumentPush(C::collection_name(), error);
    let last = match id {
        Some(id) => id.deserialize::<C::PrimaryKey>().map_err(|error| {
            error.about(|| format!("the greatest id `{id}` of `{}`", C::collection_name()))
        })?,
        None => C::PrimaryKey::first_value().map_err(failed)?,
    };
    let next = last.next_value().map_err(failed)?;
    DocumentId::new::<C::PrimaryKey, C::PrimaryKey>(&next)
}
