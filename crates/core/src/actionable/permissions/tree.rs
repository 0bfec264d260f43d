//! Statements by resource: a tree whose edges are the segments of resource names.
//!
//! 1. Node 0 is the root, the resource without a name.
//! 2. Every other node is either `any` of its parent or one of its `named` children, under the bytes of its
//!    identifier.
//! 3. A node's parent has a lower index than the node.
//!
//! Nodes lie in one vector and point by index, and the walks keep no stack: names from elsewhere may be
//! thousands of segments deep without harm.

use std::collections::{BTreeMap, HashMap};

use super::allowed::AllowedActions;
use crate::actionable::{Action, Configuration, Identifier, ResourceName, Statement};

const ROOT: usize = 0;

/// What statements say, by resource.
pub(super) struct Tree {
    nodes: Vec<Node>,
}

struct Node {
    parent: usize,
    identifier: Identifier<'static>,
    named: BTreeMap<Box<[u8]>, usize>,
    any: Option<usize>,
    allowed: AllowedActions,
    configuration: BTreeMap<String, Configuration>,
}

impl Tree {
    /// Returns whether a statement allows `action` on `resource`.
    pub fn allows(&self, resource: &[Identifier<'_>], action: &impl Action) -> bool {
        self.find(resource, |node| node.allowed.allows(action).then_some(()))
            .is_some()
    }

    /// Returns the value of `key` at the most specific resource that covers `resource`.
    pub fn configuration(&self, resource: &[Identifier<'_>], key: &str) -> Option<&Configuration> {
        self.find(resource, |node| node.configuration.get(key))
    }

    /// Returns statements that make an equal tree.
    pub fn statements(&self) -> impl Iterator<Item = Statement> {
        let nodes = self.nodes.iter().enumerate();
        nodes
            .filter(|(_, node)| node.says_something())
            .map(|(index, node)| Statement {
                resources: vec![self.name_of(index)],
                actions: node.allowed.to_list(),
                configuration: node.to_configuration(),
            })
    }

    /// Adds what `statements` say. [`compile`](Self::compile) is due afterwards.
    pub fn extend(&mut self, statements: impl IntoIterator<Item = Statement>) {
        for statement in statements {
            for resource in &statement.resources {
                let at = self.node_for(resource);
                let node = &mut self.nodes[at];
                if let Some(actions) = &statement.actions {
                    node.allowed.extend(actions.clone());
                }
                for (key, value) in statement.configuration.iter().flatten() {
                    node.configuration.insert(key.clone(), value.clone());
                }
            }
        }
    }

    /// Makes the tree ready for checks.
    pub fn compile(&mut self) {
        for node in &mut self.nodes {
            node.allowed.compile();
        }
    }

    /// Returns the first answer that `judge` gives about a node which covers `resource`.
    ///
    /// The most specific node is judged first: a named child goes before `any`, and every node after its children.
    fn find<'tree, T>(
        &'tree self,
        resource: &[Identifier<'_>],
        mut judge: impl FnMut(&'tree Node) -> Option<T>,
    ) -> Option<T> {
        let mut at = ROOT;
        let mut depth = 0;
        loop {
            while let Some(child) = resource.get(depth).and_then(|next| self.child(at, next)) {
                at = child;
                depth += 1;
            }
            // Back up to the nearest node of which only the named child was visited, and go on with `any`.
            loop {
                if let Some(answer) = judge(&self.nodes[at]) {
                    return Some(answer);
                }
                if at == ROOT {
                    return None;
                }
                let parent = self.nodes[at].parent;
                match self.nodes[parent].any {
                    Some(any) if any != at => {
                        at = any;
                        break;
                    }
                    _ => {
                        at = parent;
                        depth -= 1;
                    }
                }
            }
        }
    }

    /// Returns the child to try first for a segment of a resource.
    fn child(&self, at: usize, segment: &Identifier<'_>) -> Option<usize> {
        let node = &self.nodes[at];
        let named = segment.bytes().and_then(|bytes| node.named.get(&*bytes));
        named.copied().or(node.any)
    }

    /// Returns the node for the resource of a statement, making it if need be.
    fn node_for(&mut self, resource: &ResourceName<'static>) -> usize {
        let mut at = ROOT;
        for identifier in resource.as_ref() {
            let new = self.nodes.len();
            let parent = &mut self.nodes[at];
            let child = match identifier.bytes() {
                Some(bytes) => *parent.named.entry(Box::from(&*bytes)).or_insert(new),
                None => *parent.any.get_or_insert(new),
            };
            if child == new {
                self.nodes.push(Node::new(at, identifier.clone()));
            }
            at = child;
        }
        at
    }

    fn name_of(&self, mut at: usize) -> ResourceName<'static> {
        let mut segments = Vec::new();
        while at != ROOT {
            segments.push(self.nodes[at].identifier.clone());
            at = self.nodes[at].parent;
        }
        segments.reverse();
        ResourceName::from(&segments[..])
    }
}

impl Default for Tree {
    fn default() -> Self {
        Self {
            nodes: vec![Node::new(ROOT, Identifier::Any)],
        }
    }
}

impl Node {
    fn new(parent: usize, identifier: Identifier<'static>) -> Self {
        Self {
            parent,
            identifier,
            named: BTreeMap::new(),
            any: None,
            allowed: AllowedActions::default(),
            configuration: BTreeMap::new(),
        }
    }
    fn says_something(&self) -> bool {
        !self.allowed.is_empty() || !self.configuration.is_empty()
    }

    fn to_configuration(&self) -> Option<HashMap<String, Configuration>> {
        let values = self.configuration.iter();
        let values = values.map(|(key, value)| (key.clone(), value.clone()));
        (!self.configuration.is_empty()).then(|| values.collect())
    }
}
