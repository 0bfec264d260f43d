//! The actions allowed on one resource: names, sorted, of which none is the beginning of another.
//!
//! Both invariants hold after [`AllowedActions::compile`]. They make a lookup a narrowing search: of the names that
//! share the segments seen so far, either the first one ends here and is the only one, or all of them go on.

use std::ops::ControlFlow;

use crate::actionable::{Action, ActionName, ActionNameList};

/// A set of action names that covers whatever begins with one of them.
#[derive(Default)]
pub(super) struct AllowedActions {
    names: Vec<ActionName>,
}

impl AllowedActions {
    /// Adds what `list` allows. [`compile`](Self::compile) is due afterwards.
    pub fn extend(&mut self, list: ActionNameList) {
        match list {
            ActionNameList::List(names) => self.names.extend(names),
            ActionNameList::All => self.names.push(ActionName::default()),
        }
    }

    /// Brings about the invariants.
    pub fn compile(&mut self) {
        self.names.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        // The names that a name covers follow it directly.
        self.names
            .dedup_by(|later, kept| later.0.starts_with(&kept.0));
    }

    /// Returns whether a name in the set is the beginning of `action`'s.
    pub fn allows(&self, action: &impl Action) -> bool {
        let mut candidates = &self.names[..];
        let mut depth = 0;
        if !ends_at(candidates, depth) {
            let _ = action.each_segment(&mut |segment| {
                let first = candidates.partition_point(|name| *name.0[depth] < *segment);
                candidates = &candidates[first..];
                let equal = candidates.partition_point(|name| *name.0[depth] == *segment);
                candidates = &candidates[..equal];
                depth += 1;
                if candidates.is_empty() || ends_at(candidates, depth) {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            });
        }
        ends_at(candidates, depth)
    }

    /// Returns whether nothing is allowed.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Returns the set as a statement would write it.
    pub fn to_list(&self) -> Option<ActionNameList> {
        if self.names.is_empty() {
            None
        } else if ends_at(&self.names, 0) {
            Some(ActionNameList::All)
        } else {
            Some(ActionNameList::List(self.names.clone()))
        }
    }
}

/// Returns whether the candidates have come down to one name of `depth` segments.
fn ends_at(candidates: &[ActionName], depth: usize) -> bool {
    candidates.first().is_some_and(|name| name.0.len() == depth)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> ActionName {
        let segments = text.split('.').filter(|segment| !segment.is_empty());
        ActionName(segments.map(|segment| segment.to_owned().into()).collect())
    }

    fn allowing(names: &[&str]) -> AllowedActions {
        let mut allowed = AllowedActions::default();
        allowed.extend(ActionNameList::List(
            names.iter().copied().map(name).collect(),
        ));
        allowed.compile();
        allowed
    }

    #[test]
    fn nothing_is_allowed_at_first() {
        let allowed = AllowedActions::default();
        assert!(!allowed.allows(&name("A")));
        assert!(!allowed.allows(&()));
        assert!(allowed.to_list().is_none());
    }

    #[test]
    fn an_action_covers_what_begins_with_it() {
        let allowed = allowing(&["A.B", "C"]);
        assert!(allowed.allows(&name("A.B")));
        assert!(allowed.allows(&name("A.B.C")));
        assert!(allowed.allows(&name("C.D.E")));
        assert!(!allowed.allows(&name("A")), "only part of it is allowed");
        assert!(!allowed.allows(&name("A.BC")), "segments are whole");
        assert!(!allowed.allows(&name("B")));
        assert!(!allowed.allows(&()));
    }

    #[test]
    fn all_covers_everything_and_stays_when_narrower_ones_follow() {
        let mut allowed = allowing(&["A"]);
        allowed.extend(ActionNameList::All);
        allowed.extend(ActionNameList::from(name("B")));
        allowed.compile();
        assert!(allowed.allows(&name("C")));
        assert!(allowed.allows(&()));
        assert_eq!(allowed.to_list(), Some(ActionNameList::All));
    }

    #[test]
    fn covered_and_repeated_names_are_dropped() {
        let allowed = allowing(&["B", "A.B.C", "A.BC", "A.B", "A.B.D", "B"]);
        let list = ["A.B", "A.BC", "B"].map(name).to_vec();
        assert_eq!(allowed.to_list(), Some(ActionNameList::List(list)));
    }
}
