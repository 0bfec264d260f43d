//! Requests that are answered by handlers, each kind of protection in a program.

use std::pin::pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

use bonsaidb_core::actionable::{
    Action, Actionable, Dispatcher, PermissionDenied, Permissions, ResourceName, Statement,
};
use bonsaidb_core::async_trait::async_trait;

#[derive(Action, Debug)]
enum LibraryAction {
    Lend,
    Shelf(ShelfAction),
}

#[derive(Action, Debug)]
enum ShelfAction {
    Sort,
}

/// What the library is asked.
#[derive(Actionable, Debug)]
enum Request {
    /// For everybody.
    #[actionable(protection = "none")]
    OpeningHours,
    /// For those who may lend this book.
    #[actionable(protection = "simple")]
    Lend { book: u64, permissions: String },
    /// For whoever the reader is.
    #[actionable(protection = "custom")]
    Read(String, u64),
    /// For another dispatcher, which decides for itself.
    #[actionable(subaction)]
    Shelf(ShelfRequest),
    /// For another dispatcher, if the shelf is not locked.
    #[actionable(subaction, protection = "custom")]
    LockedShelf(ShelfRequest),
    /// For another dispatcher, if that is allowed on the whole shelf.
    #[actionable(subaction, protection = "simple")]
    OwnShelf(ShelfRequest),
}

#[derive(Actionable, Debug)]
enum ShelfRequest {
    #[actionable(protection = "simple")]
    Sort(u64),
}

#[derive(Debug, PartialEq)]
enum Refusal {
    Denied(String),
    Locked,
    Absent,
}

impl From<PermissionDenied> for Refusal {
    fn from(denied: PermissionDenied) -> Self {
        Self::Denied(format!("{} on {}", denied.action, denied.resource))
    }
}

#[derive(Dispatcher, Default)]
#[dispatcher(input = Request)]
struct Library {
    shelves: Shelves,
}

#[derive(Dispatcher, Default)]
#[dispatcher(input = [ShelfRequest])]
struct Shelves {
    sorted: Mutex<Vec<u64>>,
}

impl RequestDispatcher for Library {
    type Error = Refusal;
    type Output = String;
}

impl ShelfRequestDispatcher for Shelves {
    type Error = Refusal;
    type Output = String;
}

#[async_trait]
impl OpeningHoursHandler for Library {
    async fn handle(&self, _: &Permissions) -> Result<String, Refusal> {
        Ok(String::from("always"))
    }
}

#[async_trait]
impl LendHandler for Library {
    type Action = LibraryAction;

    fn action() -> LibraryAction {
        LibraryAction::Lend
    }

    async fn resource_name<'a>(
        &'a self,
        book: &'a u64,
        _: &'a String,
    ) -> Result<ResourceName<'a>, Refusal> {
        if *book == 0 {
            return Err(Refusal::Absent);
        }
        Ok(ResourceName::named("book").and(*book))
    }

    async fn handle_protected(
        &self,
        _: &Permissions,
        book: u64,
        reader: String,
    ) -> Result<String, Refusal> {
        Ok(format!("{reader} has {book}"))
    }
}

#[async_trait]
impl ReadHandler for Library {
    async fn verify_permissions(
        &self,
        permissions: &Permissions,
        reader: &String,
        book: &u64,
    ) -> Result<(), Refusal> {
        let resource = ResourceName::named("reader").and(reader).and(*book);
        Ok(permissions.check(resource, &LibraryAction::Lend)?)
    }

    async fn handle_protected(
        &self,
        permissions: &Permissions,
        reader: String,
        book: u64,
    ) -> Result<String, Refusal> {
        let everywhere = permissions.allowed_to(ResourceName::named("reader"), &());
        Ok(format!("{reader} reads {book}, {everywhere}"))
    }
}

#[async_trait]
impl ShelfHandler for Library {
    type Dispatcher = Shelves;

    fn dispatcher(&self) -> &Shelves {
        &self.shelves
    }
}

#[async_trait]
impl LockedShelfHandler for Library {
    type Dispatcher = Shelves;

    fn dispatcher(&self) -> &Shelves {
        &self.shelves
    }

    async fn verify_permissions(
        &self,
        _: &Permissions,
        request: &ShelfRequest,
    ) -> Result<(), Refusal> {
        match request {
            ShelfRequest::Sort(13) => Err(Refusal::Locked),
            ShelfRequest::Sort(_) => Ok(()),
        }
    }
}

#[async_trait]
impl OwnShelfHandler for Library {
    type Action = LibraryAction;
    type Dispatcher = Shelves;

    fn action() -> LibraryAction {
        LibraryAction::Shelf(ShelfAction::Sort)
    }

    fn dispatcher(&self) -> &Shelves {
        &self.shelves
    }

    async fn resource_name<'a>(&'a self, _: &'a ShelfRequest) -> Result<ResourceName<'a>, Refusal> {
        Ok(ResourceName::named("own"))
    }
}

#[async_trait]
impl SortHandler for Shelves {
    type Action = LibraryAction;

    fn action() -> LibraryAction {
        LibraryAction::Shelf(ShelfAction::Sort)
    }

    async fn resource_name<'a>(&'a self, number: &'a u64) -> Result<ResourceName<'a>, Refusal> {
        Ok(ResourceName::named("shelf").and(*number))
    }

    async fn handle_protected(&self, _: &Permissions, number: u64) -> Result<String, Refusal> {
        self.sorted.lock().unwrap().push(number);
        Ok(format!("sorted {number}"))
    }
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    match future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("nothing here waits"),
    }
}

impl Library {
    fn ask(&self, permissions: &Permissions, request: Request) -> Result<String, Refusal> {
        wait(self.dispatch(permissions, request))
    }
}

#[allow(clippy::unnecessary_wraps)] // compared with results
fn answer(text: &str) -> Result<String, Refusal> {
    Ok(text.to_owned())
}

fn denied(text: &str) -> Result<String, Refusal> {
    Err(Refusal::Denied(text.to_owned()))
}

fn allowing(resource: ResourceName<'static>, action: &LibraryAction) -> Permissions {
    Permissions::from(Statement::for_resource(resource).allowing(action))
}

#[test]
fn what_is_not_protected_is_for_everybody() {
    let library = Library::default();
    let hours = library.ask(&Permissions::default(), Request::OpeningHours);
    assert_eq!(hours, answer("always"));
}

#[test]
fn simple_protection_is_one_action_on_one_resource() {
    let library = Library::default();
    let lend = |book| Request::Lend {
        book,
        permissions: String::from("ann"),
    };
    let some = allowing(ResourceName::named("book").and(7), &LibraryAction::Lend);
    assert_eq!(library.ask(&some, lend(7)), answer("ann has 7"));
    assert_eq!(library.ask(&some, lend(8)), denied("Lend on book.8"));
    assert_eq!(
        library.ask(&Permissions::default(), lend(7)),
        denied("Lend on book.7")
    );
    // A resource that cannot be named is not answered for either.
    let all = Permissions::allow_all();
    assert_eq!(library.ask(&all, lend(0)), Err(Refusal::Absent));
}

#[test]
fn custom_protection_is_decided_by_the_handler() {
    let library = Library::default();
    let read = |reader: &str| Request::Read(String::from(reader), 7);
    let ann = allowing(
        ResourceName::named("reader").and("ann"),
        &LibraryAction::Lend,
    );
    let answered = library.ask(&ann, read("ann"));
    assert_eq!(answered, answer("ann reads 7, false"));
    assert_eq!(
        library.ask(&ann, read("bob")),
        denied("Lend on reader.bob.7")
    );
}

#[test]
fn subactions_are_answered_by_another_dispatcher() {
    let library = Library::default();
    let sort = LibraryAction::Shelf(ShelfAction::Sort);
    let seven = allowing(ResourceName::named("shelf").and(7), &sort);
    let shelf = |shelf| Request::Shelf(ShelfRequest::Sort(shelf));
    assert_eq!(library.ask(&seven, shelf(7)), answer("sorted 7"));
    assert_eq!(
        library.ask(&seven, shelf(8)),
        denied("Shelf.Sort on shelf.8")
    );
    // Both protections count.
    let all = Permissions::allow_all();
    let locked = |shelf| Request::LockedShelf(ShelfRequest::Sort(shelf));
    assert_eq!(library.ask(&all, locked(13)), Err(Refusal::Locked));
    assert_eq!(
        library.ask(&seven, locked(8)),
        denied("Shelf.Sort on shelf.8")
    );
    assert_eq!(library.ask(&seven, locked(7)), answer("sorted 7"));
    let own = |shelf| Request::OwnShelf(ShelfRequest::Sort(shelf));
    assert_eq!(library.ask(&seven, own(7)), denied("Shelf.Sort on own"));
    assert_eq!(library.ask(&all, own(9)), answer("sorted 9"));
    assert_eq!(*library.shelves.sorted.lock().unwrap(), [7, 7, 9]);
}

/// The derives alone: nothing is in scope under their names, and the standard library's names mean something else.
mod elsewhere {
    #![allow(dead_code, non_camel_case_types)]

    pub struct Send;
    pub struct Sync;
    pub struct Result;
    pub struct From;
    pub struct Sized;

    #[derive(bonsaidb_core::permissions::Actionable)]
    #[actionable(actionable = bonsaidb_core::actionable)]
    pub enum Typed<T>
    where
        T: std::marker::Send + std::marker::Sync + 'static,
    {
        #[actionable(protection = "custom")]
        Keep(T),
        #[actionable(protection = "none")]
        r#type,
    }

    #[derive(bonsaidb_core::permissions::Actionable)]
    pub enum Never {}
}

#[derive(bonsaidb_core::permissions::Dispatcher)]
#[dispatcher(input = elsewhere::Typed<u8>, actionable = bonsaidb_core::actionable)]
#[dispatcher(input = [elsewhere::Typed<String>, elsewhere::Never])]
struct Keeper;

impl<T: Send + Sync + 'static> elsewhere::TypedDispatcher<T> for Keeper {
    type Error = PermissionDenied;
    type Output = T;
}

impl elsewhere::NeverDispatcher for Keeper {
    type Error = PermissionDenied;
    type Output = ();
}

#[async_trait]
impl<T: Send + Sync + Default + 'static> elsewhere::typeHandler<T> for Keeper {
    async fn handle(&self, _: &Permissions) -> Result<T, PermissionDenied> {
        Ok(T::default())
    }
}

#[async_trait]
impl<T: Send + Sync + 'static> elsewhere::KeepHandler<T> for Keeper {
    async fn verify_permissions(
        &self,
        permissions: &Permissions,
        _: &T,
    ) -> Result<(), PermissionDenied> {
        permissions.check(ResourceName::named("keeper"), &LibraryAction::Lend)
    }

    async fn handle_protected(&self, _: &Permissions, kept: T) -> Result<T, PermissionDenied> {
        Ok(kept)
    }
}

#[test]
fn requests_may_be_generic_and_dispatchers_answer_several() {
    let all = Permissions::allow_all();
    let seven = wait(Keeper.dispatch(&all, elsewhere::Typed::Keep(7_u8)));
    assert_eq!(seven.unwrap(), 7);
    let text = wait(Keeper.dispatch(&all, elsewhere::Typed::Keep(String::from("a"))));
    assert_eq!(text.unwrap(), "a");
    let nothing = wait(Keeper.dispatch(&all, elsewhere::Typed::<String>::r#type));
    assert_eq!(nothing.unwrap(), "");
    let nobody = Permissions::default();
    let refused = Keeper.dispatch(&nobody, elsewhere::Typed::Keep(7_u8));
    assert!(wait(refused).is_err());
}

/// Requests are answered on any thread.
#[test]
fn answering_can_be_sent() {
    fn assert_send<T: Send>(_: &T) {}
    let library = Library::default();
    let permissions = Permissions::allow_all();
    let answering = library.dispatch(&permissions, Request::Shelf(ShelfRequest::Sort(1)));
    assert_send(&answering);
    assert_eq!(wait(answering), answer("sorted 1"));
}
