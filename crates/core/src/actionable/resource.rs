//! What can be acted upon: resources, which are named by a path of identifiers.

use std::fmt::{self, Display, Write};

use serde::{Deserialize, Serialize};

use super::Identifier;

/// The name of a resource: identifiers from the most general to the most specific.
///
/// ```rust
/// use bonsaidb_core::actionable::ResourceName;
///
/// let document = ResourceName::named("bonsaidb").and("shop").and("orders").and(42);
/// assert_eq!(document.to_string(), "bonsaidb.shop.orders.42");
/// ```
#[derive(Default, Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ResourceName<'a>(Vec<Identifier<'a>>);

impl<'a> ResourceName<'a> {
    /// Returns the name that, in a statement, stands for every resource.
    pub fn any() -> Self {
        Self(vec![Identifier::Any])
    }

    /// Returns a name of one segment.
    pub fn named(name: impl Into<Identifier<'a>>) -> Self {
        // The names BonsaiDb makes for each request have up to five segments: one allocation for all of them.
        let mut segments = Vec::with_capacity(5);
        segments.push(name.into());
        Self(segments)
    }

    /// Returns the name of something within this resource.
    #[must_use]
    pub fn and(mut self, name: impl Into<Identifier<'a>>) -> Self {
        self.0.push(name.into());
        self
    }

    /// Returns a copy that borrows nothing.
    pub fn to_owned(&self) -> ResourceName<'static> {
        ResourceName(self.0.iter().map(Identifier::to_owned).collect())
    }
}

impl<'a> AsRef<[Identifier<'a>]> for ResourceName<'a> {
    fn as_ref(&self) -> &[Identifier<'a>] {
        &self.0
    }
}

impl<'a> IntoIterator for ResourceName<'a> {
    type IntoIter = std::vec::IntoIter<Identifier<'a>>;
    type Item = Identifier<'a>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> From<&[Identifier<'a>]> for ResourceName<'a> {
    fn from(segments: &[Identifier<'a>]) -> Self {
        Self(segments.to_vec())
    }
}

impl<'a> From<&'a str> for ResourceName<'a> {
    fn from(name: &'a str) -> Self {
        Self::named(name)
    }
}

impl From<u64> for ResourceName<'_> {
    fn from(name: u64) -> Self {
        Self::named(name)
    }
}

impl Display for ResourceName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, segment) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_char('.')?;
            }
            Display::fmt(segment, f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_joined_by_dots() {
        let name = ResourceName::named("a").and(1).and(Identifier::Any);
        assert_eq!(name.to_string(), "a.1.*");
        assert_eq!(ResourceName::default().to_string(), "");
    }

    #[test]
    fn names_are_made_of_text_numbers_and_slices() {
        assert_eq!(ResourceName::from("a"), ResourceName::named("a"));
        assert_eq!(ResourceName::from(1), ResourceName::named(1));
        let segments = [Identifier::from("a"), Identifier::from(1)];
        let name = ResourceName::from(&segments[..]);
        assert_eq!(name, ResourceName::named("a").and(1));
        assert_eq!(name.to_owned().into_iter().collect::<Vec<_>>(), segments);
    }

    #[test]
    fn serialized_names_come_back() {
        let name = ResourceName::named("a").and(1).and(vec![0, 255]);
        let bytes = pot::to_vec(&name).expect("serializes");
        assert_eq!(
            pot::from_slice::<ResourceName>(&bytes).expect("reads"),
            name
        );
    }
}
