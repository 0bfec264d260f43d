//! The sessions of a running storage. A session lives as long as a handle acts for it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use bonsaidb_core::connection::{Session, SessionId};
use bonsaidb_core::permissions::Permissions;

use crate::sync::lock;

/// All live sessions.
#[derive(Debug, Default)]
pub(super) struct Sessions(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    last_id: u64,
    live: HashMap<SessionId, Live>,
}

#[derive(Debug)]
struct Live {
    session: Session,
    handles: usize,
}

/// The session that a handle acts for.
#[derive(Debug)]
pub(super) struct SessionHandle {
    session: Session,
    /// Where the session is kept, if it has an id.
    kept: Option<Arc<Mutex<State>>>,
}

impl Sessions {
    /// Begins a session under a new id.
    pub fn begin(&self, mut session: Session) -> SessionHandle {
        let mut state = lock(&self.0);
        state.last_id += 1;
        let id = SessionId(state.last_id);
        session.id = Some(id);
        let live = Live {
            session: session.clone(),
            handles: 1,
        };
        state.live.insert(id, live);
        SessionHandle {
            session,
            kept: Some(Arc::clone(&self.0)),
        }
    }

    /// Joins a live session, with `permissions` besides its own.
    pub fn join(&self, id: SessionId, permissions: &Permissions) -> Option<SessionHandle> {
        let mut state = lock(&self.0);
        let live = state.live.get_mut(&id)?;
        live.handles += 1;
        let mut session = live.session.clone();
        session.permissions = Permissions::merged([&session.permissions, permissions]);
        Some(SessionHandle {
            session,
            kept: Some(Arc::clone(&self.0)),
        })
    }
}

impl SessionHandle {
    /// A session that nobody can join.
    pub const fn unkept(session: Session) -> Self {
        Self {
            session,
            kept: None,
        }
    }

    pub const fn session(&self) -> &Session {
        &self.session
    }
}

impl Drop for SessionHandle {
    fn drop(&mut self) {
        let (Some(kept), Some(id)) = (&self.kept, self.session.id) else {
            return;
        };
        let mut state = lock(kept);
        if let Some(live) = state.live.get_mut(&id) {
            live.handles -= 1;
            if live.handles == 0 {
                state.live.remove(&id);
            }
        }
    }
}
