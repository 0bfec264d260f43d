//! What can be done: actions, which are named by a path such as `Database.Document.Get`.

use std::borrow::Cow;
use std::fmt::{self, Display, Write};
use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

/// Something that permissions can allow.
///
/// An action is known by its [name](ActionName) alone. A statement that allows `Database.Document` allows every
/// action whose name begins with these segments, `Database.Document.Get` among them.
pub trait Action: Send + Sync {
    /// Returns the full name of this action.
    fn name(&self) -> ActionName;

    /// Hands the segments of [`name`](Self::name) to `each`, first to last, until it breaks.
    ///
    /// A permission check calls this instead of `name`. The provided body goes through `name`; implementors that
    /// know their segments can save its allocation, and must hand out the same segments.
    fn each_segment(&self, each: &mut dyn FnMut(&str) -> ControlFlow<()>) -> ControlFlow<()> {
        self.name().each_segment(each)
    }
}

/// The action without a name: no named action covers it, and allowing it is to allow every action.
impl Action for () {
    fn name(&self) -> ActionName {
        ActionName::default()
    }

    fn each_segment(&self, _each: &mut dyn FnMut(&str) -> ControlFlow<()>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// The name of an [`Action`]: its segments, the most general first.
#[derive(Default, Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionName(pub Vec<Cow<'static, str>>);

impl Action for ActionName {
    fn name(&self) -> ActionName {
        self.clone()
    }

    fn each_segment(&self, each: &mut dyn FnMut(&str) -> ControlFlow<()>) -> ControlFlow<()> {
        self.0.iter().try_for_each(|segment| each(segment))
    }
}

impl Display for ActionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, segment) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_char('.')?;
            }
            f.write_str(segment)?;
        }
        Ok(())
    }
}

/// The actions a [`Statement`](super::Statement) allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ActionNameList {
    /// These actions, and those whose names begin with one of these.
    List(Vec<ActionName>),
    /// Every action.
    All,
}

impl<T: Action> From<T> for ActionNameList {
    fn from(action: T) -> Self {
        Self::List(vec![action.name()])
    }
}

impl<T: Action> From<Vec<T>> for ActionNameList {
    fn from(actions: Vec<T>) -> Self {
        Self::List(actions.iter().map(Action::name).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct NameOnly;

    impl Action for NameOnly {
        fn name(&self) -> ActionName {
            ActionName(vec![Cow::Borrowed("A"), Cow::Borrowed("B")])
        }
    }

    fn segments(action: &impl Action, most: usize) -> Vec<String> {
        let mut seen = Vec::new();
        let flow = action.each_segment(&mut |segment| {
            seen.push(segment.to_owned());
            if seen.len() == most {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        assert_eq!(flow.is_break(), seen.len() == most);
        seen
    }

    #[test]
    fn names_are_joined_by_dots() {
        assert_eq!(NameOnly.name().to_string(), "A.B");
        assert_eq!(().name().to_string(), "");
    }

    #[test]
    fn segments_come_in_order_and_stop_when_asked() {
        assert_eq!(segments(&NameOnly, 9), ["A", "B"]);
        assert_eq!(segments(&NameOnly, 1), ["A"]);
        assert_eq!(segments(&NameOnly.name(), 9), ["A", "B"]);
        assert!(segments(&(), 9).is_empty());
    }

    #[test]
    fn a_list_is_made_of_one_or_many_actions() {
        let one = ActionNameList::from(NameOnly);
        assert_eq!(one, ActionNameList::List(vec![NameOnly.name()]));
        let two = ActionNameList::from(vec![NameOnly, NameOnly]);
        assert_eq!(two, ActionNameList::List(vec![NameOnly.name(); 2]));
    }
}
