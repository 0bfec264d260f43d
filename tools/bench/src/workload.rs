//! What is measured.

use crate::contender::Rows;

/// One kind of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Workload {
    /// A document for each durable commit, one thread.
    Insert1,
    /// The same from sixteen threads.
    Insert16,
    /// Durable transactions of a thousand new documents.
    Bulk,
    /// A document by its id.
    Get,
    /// A thousand consecutive documents.
    List,
    /// Documents changed at random by sixteen threads, each in a durable commit.
    Update16,
    /// A document by its id, straight after changes.
    GetAfterUpdates,
    /// A view with random keys and a reduce, made from the documents there are.
    ViewBuild,
    /// The entries of one key of the view.
    ViewQuery,
    /// A sum over a random range of the view.
    ViewReduce,
    /// The same over a view with a thousand entries.
    ViewReduceSmall,
    /// A document changed durably, and the view asked for it.
    ChangeThenAsk,
    /// From a killed process's files to the first document.
    OpenAfterKill,
}

/// What has to be in the folder before the measurement begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// Nothing, and nobody wants what is in it afterwards.
    Apart,
    /// Nothing.
    Empty,
    /// The documents.
    Loaded,
    /// The documents and the view.
    Viewed,
}

impl Workload {
    /// All workloads in the order in which they are done: each finds what the ones before have left.
    pub const ALL: [Self; 13] = [
        Self::Insert1,
        Self::Insert16,
        Self::Bulk,
        Self::Get,
        Self::List,
        Self::Update16,
        Self::GetAfterUpdates,
        Self::ViewBuild,
        Self::ViewQuery,
        Self::ViewReduce,
        Self::ViewReduceSmall,
        Self::ChangeThenAsk,
        Self::OpenAfterKill,
    ];

    /// Returns the name that it has on the command line and in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Insert1 => "insert-1",
            Self::Insert16 => "insert-16",
            Self::Bulk => "bulk",
            Self::Get => "get",
            Self::List => "list",
            Self::Update16 => "update-16",
            Self::GetAfterUpdates => "get-after-updates",
            Self::ViewBuild => "view-build",
            Self::ViewQuery => "view-query",
            Self::ViewReduce => "view-reduce",
            Self::ViewReduceSmall => "view-reduce-1k",
            Self::ChangeThenAsk => "change-then-ask",
            Self::OpenAfterKill => "open-after-kill",
        }
    }

    /// Finds a workload by its name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|workload| workload.name() == name)
    }

    /// Returns what it is, for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Insert1 => "Insert one document per durable commit, 1 thread",
            Self::Insert16 => "Insert one document per durable commit, 16 threads",
            Self::Bulk => "Bulk load, 1,000 documents per durable transaction",
            Self::Get => "Get one document by id, warm, 1 thread",
            Self::List => "List 1,000 consecutive documents",
            Self::Update16 => "Update random documents, one per durable commit, 16 threads",
            Self::GetAfterUpdates => "Get one document by id right after updates, 1 thread",
            Self::ViewBuild => "Build a view with random keys, with reduce",
            Self::ViewQuery => "Query one key of the view",
            Self::ViewReduce => "Reduce over a random range of the view",
            Self::ViewReduceSmall => "Reduce over a random range of a view with 1,000 entries",
            Self::ChangeThenAsk => "Change one document durably, then query the view for it",
            Self::OpenAfterKill => "Open after kill -9, up to the first document",
        }
    }

    /// Returns whether each operation waits for the disk, so that the bare disk is something to compare with.
    pub(crate) const fn waits_for_disk(self) -> bool {
        matches!(
            self,
            Self::Insert1 | Self::Insert16 | Self::Update16 | Self::ChangeThenAsk
        )
    }

    /// Returns whether it changes what is stored.
    pub(crate) const fn writes(self) -> bool {
        self.waits_for_disk() || matches!(self, Self::Bulk | Self::ViewBuild)
    }

    /// Returns whether one operation comes after the other, so that they are as fast as they take long.
    pub(crate) const fn is_of_one_thread(self) -> bool {
        !matches!(self, Self::Insert16 | Self::Update16)
    }

    /// Returns how much of what is counted per second is in one operation, where that is the same at all sizes.
    pub(crate) const fn units_per_operation(self) -> Option<f64> {
        match self {
            Self::Bulk | Self::List => Some(1_000.0),
            Self::ViewBuild => None,
            _ => Some(1.0),
        }
    }

    /// Returns what is counted per second.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Insert1 | Self::Insert16 | Self::Update16 => "commits",
            Self::Bulk | Self::Get | Self::GetAfterUpdates | Self::List | Self::ViewBuild => {
                "documents"
            }
            Self::ViewQuery => "queries",
            Self::ViewReduce | Self::ViewReduceSmall => "reductions",
            Self::ChangeThenAsk => "changes",
            Self::OpenAfterKill => "openings",
        }
    }

    /// Returns what a latency is of.
    pub const fn operation(self) -> &'static str {
        match self {
            Self::Bulk => "transaction of 1,000",
            Self::List => "list of 1,000",
            Self::ViewBuild => "build",
            _ => "operation",
        }
    }

    pub(crate) const fn stage(self) -> Stage {
        match self {
            Self::Insert1 | Self::Insert16 | Self::ViewReduceSmall => Stage::Apart,
            Self::Bulk => Stage::Empty,
            Self::Get | Self::List | Self::Update16 | Self::GetAfterUpdates | Self::ViewBuild => {
                Stage::Loaded
            }
            Self::ViewQuery | Self::ViewReduce | Self::ChangeThenAsk | Self::OpenAfterKill => {
                Stage::Viewed
            }
        }
    }

    /// Returns what is in the folder afterwards, if that is more than before.
    pub(crate) const fn leaves(self) -> Option<Stage> {
        match self {
            Self::Bulk => Some(Stage::Loaded),
            Self::ViewBuild => Some(Stage::Viewed),
            _ => None,
        }
    }

    /// Returns whether it cannot be done without views.
    pub(crate) const fn needs_view(self) -> bool {
        matches!(
            self,
            Self::ViewBuild
                | Self::ViewQuery
                | Self::ViewReduce
                | Self::ViewReduceSmall
                | Self::ChangeThenAsk
        )
    }

    /// Returns what the database is opened for: a view is there from the moment it is built.
    pub(crate) const fn rows(self) -> Rows {
        match self {
            Self::Insert1
            | Self::Insert16
            | Self::Bulk
            | Self::Get
            | Self::List
            | Self::Update16
            | Self::GetAfterUpdates => Rows::Documents,
            Self::ViewBuild
            | Self::ViewQuery
            | Self::ViewReduce
            | Self::ViewReduceSmall
            | Self::ChangeThenAsk
            | Self::OpenAfterKill => Rows::View,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workloads_have_names() {
        for workload in Workload::ALL {
            assert_eq!(Workload::by_name(workload.name()), Some(workload));
        }
        assert_eq!(Workload::by_name("nothing"), None);
    }
}
