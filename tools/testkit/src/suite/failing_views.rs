//! Functions of views that fail or panic.

use std::panic::AssertUnwindSafe;

use bonsaidb_core::Error;
use bonsaidb_core::connection::AccessPolicy;
use bonsaidb_core::schema::SerializedCollection;
use bonsaidb_macros::twin;

use super::schema::{Failing, Healthy, Panicking, Troubled};

behaviours! { $ failing_views:
    a_failing_map_fails_its_queries_only,
    a_panicking_map_fails_its_calls_only,
    a_failing_or_panicking_reduce_leaves_the_rest_usable,
}

#[twin]
mod behaviours_async {
    use bonsaidb_core::connection::AsyncConnection;

    use super::*;
    use crate::suite::{AsyncWorld, at_once_async, basic_async};

    pub async fn a_failing_map_fails_its_queries_only<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        Troubled::push_async(Troubled::new("a"), &db).await.unwrap();
        assert_eq!(db.view::<Failing>().query().await.unwrap().len(), 1);
        let bad = Troubled::push_async(Troubled::new("fail"), &db)
            .await
            .unwrap();
        for _ in 0..2 {
            let refused = db.view::<Failing>().query().await;
            assert_error!(refused, Error::Other { origin, error }
                if origin == "suite" && error == "refused to map");
        }
        assert!(db.view::<Failing>().reduce().await.is_err());
        assert_eq!(db.view::<Healthy>().query().await.unwrap().len(), 2);
        let stale = db
            .view::<Failing>()
            .with_access_policy(AccessPolicy::NoUpdate);
        assert_eq!(stale.query().await.unwrap().len(), 1);
        Troubled::push_async(Troubled::new("b"), &db).await.unwrap();

        bad.delete_async(&db).await.unwrap();
        let found = db.view::<Failing>().query().await.unwrap();
        let found: Vec<_> = found.iter().map(|mapping| mapping.key.as_str()).collect();
        assert_eq!(found, ["a", "b"]);
    }

    /// Whether the query came back with mappings; it may also fail or panic.
    async fn query_panicking<D: AsyncConnection + 'static>(db: D, _: u32) -> bool {
        #[only(async)]
        let answer = tokio::spawn(async move { db.view::<Panicking>().query().await }).await;
        #[only(blocking)]
        let answer = std::panic::catch_unwind(AssertUnwindSafe(|| db.view::<Panicking>().query()));
        matches!(answer, Ok(Ok(_)))
    }

    pub async fn a_panicking_map_fails_its_calls_only<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let bad = Troubled::push_async(Troubled::new("panic"), &db)
            .await
            .unwrap();
        let answered = at_once_async(3, &db, query_panicking::<W::Database>).await;
        assert_eq!(answered, [false; 3]);
        assert_eq!(db.view::<Healthy>().query().await.unwrap().len(), 1);
        assert_eq!(db.view::<Failing>().query().await.unwrap().len(), 1);
        Troubled::push_async(Troubled::new("a"), &db).await.unwrap();
        assert!(!query_panicking(db.clone(), 0).await);

        bad.delete_async(&db).await.unwrap();
        assert!(query_panicking(db.clone(), 0).await);
        let found = db.view::<Panicking>().query().await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].key, "a");
    }

    async fn reduce_panicking<D: AsyncConnection + 'static>(db: D, _: u32) -> bool {
        #[only(async)]
        let answer = tokio::spawn(async move { db.view::<Panicking>().reduce().await }).await;
        #[only(blocking)]
        let answer = std::panic::catch_unwind(AssertUnwindSafe(|| db.view::<Panicking>().reduce()));
        matches!(answer, Ok(Ok(_)))
    }

    pub async fn a_failing_or_panicking_reduce_leaves_the_rest_usable<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let fails = Troubled::push_async(Troubled::new("fail reduce"), &db)
            .await
            .unwrap();
        let panics = Troubled::push_async(Troubled::new("panic reduce"), &db)
            .await
            .unwrap();
        assert!(db.view::<Failing>().reduce().await.is_err());
        assert!(!reduce_panicking(db.clone(), 0).await);
        assert_eq!(db.view::<Healthy>().query().await.unwrap().len(), 2);

        fails.delete_async(&db).await.unwrap();
        panics.delete_async(&db).await.unwrap();
        Troubled::push_async(Troubled::new("a"), &db).await.unwrap();
        assert_eq!(db.view::<Failing>().reduce().await.unwrap(), 1);
        assert_eq!(db.view::<Panicking>().reduce().await.unwrap(), 1);
    }
}
