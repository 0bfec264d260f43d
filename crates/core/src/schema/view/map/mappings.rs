//! The mappings of one document: none, one or many.

use crate::schema::view::map::Map;

/// The mappings a map function returns.
#[derive(Debug, Eq, PartialEq)]
#[must_use]
pub enum Mappings<K = (), V = ()> {
    /// None or one.
    Simple(Option<Map<K, V>>),
    /// Any number.
    List(Vec<Map<K, V>>),
}

impl<K, V> Default for Mappings<K, V> {
    fn default() -> Self {
        Self::none()
    }
}

impl<K, V> Mappings<K, V> {
    /// Returns no mappings.
    pub const fn none() -> Self {
        Self::Simple(None)
    }

    /// Appends a mapping.
    pub fn push(&mut self, mapping: Map<K, V>) {
        match self {
            Self::Simple(none @ None) => *none = Some(mapping),
            Self::Simple(first) => {
                *self = Self::List(first.take().into_iter().chain([mapping]).collect());
            }
            Self::List(mappings) => mappings.push(mapping),
        }
    }

    /// Appends all of `mappings`.
    pub fn and(mut self, mappings: Self) -> Self {
        self.extend(mappings);
        self
    }

    /// Iterates over the mappings.
    pub fn iter(&self) -> MappingsIter<'_, K, V> {
        match self {
            Self::Simple(mapping) => MappingsIter::Inline(mapping.iter()),
            Self::List(mappings) => MappingsIter::Vec(mappings.iter()),
        }
    }

    /// Returns the number of mappings.
    pub fn len(&self) -> usize {
        match self {
            Self::Simple(mapping) => usize::from(mapping.is_some()),
            Self::List(mappings) => mappings.len(),
        }
    }

    /// Returns true if there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<K, V> Extend<Map<K, V>> for Mappings<K, V> {
    fn extend<T: IntoIterator<Item = Map<K, V>>>(&mut self, iter: T) {
        for mapping in iter {
            self.push(mapping);
        }
    }
}

impl<K, V> FromIterator<Map<K, V>> for Mappings<K, V> {
    fn from_iter<T: IntoIterator<Item = Map<K, V>>>(iter: T) -> Self {
        let mut mappings = Self::none();
        mappings.extend(iter);
        mappings
    }
}

impl<K, V> FromIterator<Self> for Mappings<K, V> {
    fn from_iter<T: IntoIterator<Item = Self>>(iter: T) -> Self {
        iter.into_iter().flatten().collect()
    }
}

/// Iterator over mappings.
#[derive(Debug)]
#[must_use]
pub enum MappingsIntoIter<K = (), V = ()> {
    /// None or one.
    Inline(Option<Map<K, V>>),
    /// Any number.
    Vec(std::vec::IntoIter<Map<K, V>>),
}

impl<K, V> Iterator for MappingsIntoIter<K, V> {
    type Item = Map<K, V>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Inline(mapping) => mapping.take(),
            Self::Vec(mappings) => mappings.next(),
        }
    }
}

impl<K, V> IntoIterator for Mappings<K, V> {
    type IntoIter = MappingsIntoIter<K, V>;
    type Item = Map<K, V>;

    fn into_iter(self) -> Self::IntoIter {
        match self {
            Self::Simple(mapping) => MappingsIntoIter::Inline(mapping),
            Self::List(mappings) => MappingsIntoIter::Vec(mappings.into_iter()),
        }
    }
}

/// Iterator over borrowed mappings.
#[derive(Debug)]
#[must_use]
pub enum MappingsIter<'a, K = (), V = ()> {
    /// None or one.
    Inline(std::option::Iter<'a, Map<K, V>>),
    /// Any number.
    Vec(std::slice::Iter<'a, Map<K, V>>),
}

impl<'a, K, V> Iterator for MappingsIter<'a, K, V> {
    type Item = &'a Map<K, V>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Inline(mapping) => mapping.next(),
            Self::Vec(mappings) => mappings.next(),
        }
    }
}

impl<'a, K, V> IntoIterator for &'a Mappings<K, V> {
    type IntoIter = MappingsIter<'a, K, V>;
    type Item = &'a Map<K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{DocumentId, Emit, Header, Revision};

    fn header() -> Header {
        Header {
            id: DocumentId::from_u64(1),
            revision: Revision::new(b""),
        }
    }

    #[test]
    fn a_second_mapping_makes_a_list() {
        let header = header();
        let both = header.emit().unwrap().and(header.emit().unwrap());
        assert_eq!(
            both,
            Mappings::List(vec![
                Map::new(header.clone(), (), ()),
                Map::new(header, (), ())
            ])
        );
        assert_eq!(both.len(), 2);
        assert_eq!(both.iter().count(), 2);
    }

    #[test]
    fn mappings_collect_from_mappings() {
        let header = header();
        let mappings = [1, 2, 3]
            .into_iter()
            .map(|key| header.emit_key(key))
            .collect::<Result<Mappings<_, _>, _>>()
            .unwrap();
        assert_eq!(mappings.iter().map(|map| map.key).sum::<i32>(), 6);
        assert!(header.emit_if(false).unwrap().is_empty());
        assert_eq!(header.emit_if(true).unwrap().len(), 1);
    }
}
