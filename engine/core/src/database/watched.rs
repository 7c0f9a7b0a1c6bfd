//! Connections that never wait for ever. When a server is silent for long, a second connection asks whether it is
//! there. If that isn't answered either, the connection counts as lost.
//!
//! A statement may take an hour, so silence alone says nothing. On scratch databases each statement has a limit that
//! it can't lift, as it could lift the server's.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use diesel::connection::{CacheSize, Instrumentation};
use diesel::query_builder::{AsQuery, QueryFragment, QueryId};
use diesel::result::{DatabaseErrorKind, Error};
use diesel::{ConnectionResult, QueryResult};
use diesel_async::{
    AnsiTransactionManager, AsyncConnection, AsyncConnectionCore, SimpleAsyncConnection, TransactionManager,
};
use futures_core::Stream;
use tokio::time::{Sleep, sleep};

/// Says whether the server can still be reached.
pub(super) type Probe = Arc<dyn Fn() -> Probing + Send + Sync>;
type Probing = Pin<Box<dyn Future<Output = bool> + Send>>;

/// What a lost connection says.
pub(super) const SILENT: &str = "the server no longer answers";

/// A connection that is watched.
pub struct Watched<C> {
    inner: C,
    watch: Watch,
}

/// What a connection's answers have in common.
#[derive(Clone)]
struct Watch {
    probe: Probe,
    /// How long a server may be silent before it is asked.
    silence: Duration,
    /// How long an answer may take at all.
    limit: Option<Duration>,
    is_lost: Arc<AtomicBool>,
}

impl<C> Watched<C> {
    pub(super) fn new(inner: C, silence: Duration, probe: Probe) -> Self {
        Self { inner, watch: Watch { probe, silence, limit: None, is_lost: Arc::default() } }
    }

    /// Returns the connection that is watched.
    pub(super) fn inner(&self) -> &C {
        &self.inner
    }

    /// Sets how long a statement may take before it is given up. Nothing more is sent then, and whoever made the
    /// database ends the session.
    pub(super) fn set_limit(&mut self, limit: Duration) {
        self.watch.limit = Some(limit);
    }

    /// Sets how long the server may be silent.
    pub(super) fn set_silence(&mut self, silence: Duration) {
        self.watch.silence = silence;
    }
}

impl<C> fmt::Debug for Watched<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watched").field("silence", &self.watch.silence).finish_non_exhaustive()
    }
}

/// An answer that is waited for.
#[allow(missing_debug_implementations, reason = "it holds futures")]
pub struct Answer<F> {
    work: Pin<Box<F>>,
    watch: Watch,
    wait: Wait,
    limit: Option<Pin<Box<Sleep>>>,
}

enum Wait {
    Silence(Option<Pin<Box<Sleep>>>),
    Probe(Probing),
}

impl Watch {
    fn answer<F>(&self, work: F) -> Answer<F> {
        Answer { work: Box::pin(work), watch: self.clone(), wait: Wait::Silence(None), limit: None }
    }

    /// Returns `Ready` once an answer has taken too long.
    fn poll_limit(&self, timer: &mut Option<Pin<Box<Sleep>>>, context: &mut Context<'_>) -> Poll<()> {
        let Some(limit) = self.limit else { return Poll::Pending };
        std::task::ready!(timer.get_or_insert_with(|| Box::pin(sleep(limit))).as_mut().poll(context));
        self.is_lost.store(true, Ordering::Relaxed);
        Poll::Ready(())
    }

    /// Keeps waiting while the server is there. Returns `Ready` once it isn't.
    fn poll(&self, wait: &mut Wait, context: &mut Context<'_>) -> Poll<()> {
        if self.is_lost.load(Ordering::Relaxed) {
            return Poll::Ready(());
        }
        loop {
            *wait = match wait {
                Wait::Silence(timer) => {
                    let timer = timer.get_or_insert_with(|| Box::pin(sleep(self.silence)));
                    std::task::ready!(timer.as_mut().poll(context));
                    Wait::Probe((self.probe)())
                }
                Wait::Probe(probing) => {
                    if !std::task::ready!(probing.as_mut().poll(context)) {
                        self.is_lost.store(true, Ordering::Relaxed);
                        return Poll::Ready(());
                    }
                    Wait::Silence(None)
                }
            };
        }
    }
}

fn silent() -> Error {
    Error::DatabaseError(DatabaseErrorKind::ClosedConnection, Box::new(SILENT.to_owned()))
}

fn endless() -> Error {
    let message = "given up because of the statement timeout, which the statement itself has lifted";
    Error::DatabaseError(DatabaseErrorKind::Unknown, Box::new(message.to_owned()))
}

impl<F, T> Future for Answer<F>
where
    F: Future<Output = QueryResult<T>>,
{
    type Output = QueryResult<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { work, watch, wait, limit } = &mut *self;
        if !watch.is_lost.load(Ordering::Relaxed)
            && let Poll::Ready(done) = work.as_mut().poll(context)
        {
            return Poll::Ready(done);
        }
        if !watch.is_lost.load(Ordering::Relaxed) && watch.poll_limit(limit, context).is_ready() {
            return Poll::Ready(Err(endless()));
        }
        watch.poll(wait, context).map(|()| Err(silent()))
    }
}

/// Rows that are waited for.
#[allow(missing_debug_implementations, reason = "it holds futures")]
pub struct Rows<S> {
    rows: Pin<Box<S>>,
    watch: Watch,
    wait: Wait,
}

impl<S, T> Stream for Rows<S>
where
    S: Stream<Item = QueryResult<T>>,
{
    type Item = QueryResult<T>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { rows, watch, wait } = &mut *self;
        if let Poll::Ready(row) = rows.as_mut().poll_next(context) {
            *wait = Wait::Silence(None);
            return Poll::Ready(row);
        }
        watch.poll(wait, context).map(|()| Some(Err(silent())))
    }
}

/// A query whose first rows are waited for.
#[allow(missing_debug_implementations, reason = "it holds futures")]
pub struct Loading<F>(Answer<F>);

impl<F, S> Future for Loading<F>
where
    F: Future<Output = QueryResult<S>>,
{
    type Output = QueryResult<Rows<S>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let loaded = std::task::ready!(Pin::new(&mut self.0).poll(context));
        let watch = self.0.watch.clone();
        Poll::Ready(loaded.map(|rows| Rows { rows: Box::pin(rows), watch, wait: Wait::Silence(None) }))
    }
}

impl<C: SimpleAsyncConnection + Send> SimpleAsyncConnection for Watched<C> {
    async fn batch_execute(&mut self, query: &str) -> QueryResult<()> {
        self.watch.answer(self.inner.batch_execute(query)).await
    }
}

impl<C: AsyncConnectionCore> AsyncConnectionCore for Watched<C> {
    type Backend = C::Backend;
    type ExecuteFuture<'conn, 'query> = Answer<C::ExecuteFuture<'conn, 'query>>;
    type LoadFuture<'conn, 'query> = Loading<C::LoadFuture<'conn, 'query>>;
    type Row<'conn, 'query> = C::Row<'conn, 'query>;
    type Stream<'conn, 'query> = Rows<C::Stream<'conn, 'query>>;

    fn load<'conn, 'query, T>(&'conn mut self, source: T) -> Self::LoadFuture<'conn, 'query>
    where
        T: AsQuery + 'query,
        T::Query: QueryFragment<Self::Backend> + QueryId + 'query,
    {
        Loading(self.watch.answer(self.inner.load(source)))
    }

    fn execute_returning_count<'conn, 'query, T>(&'conn mut self, source: T) -> Self::ExecuteFuture<'conn, 'query>
    where
        T: QueryFragment<Self::Backend> + QueryId + 'query,
    {
        self.watch.answer(self.inner.execute_returning_count(source))
    }
}

impl<C> AsyncConnection for Watched<C>
where
    C: AsyncConnection<TransactionManager = AnsiTransactionManager>,
{
    type TransactionManager = AnsiTransactionManager;

    async fn establish(database_url: &str) -> ConnectionResult<Self> {
        let probe: Probe = Arc::new(|| Box::pin(std::future::ready(true)));
        Ok(Self::new(C::establish(database_url).await?, crate::link::Limits::default().answer, probe))
    }

    fn transaction_state(&mut self) -> &mut <AnsiTransactionManager as TransactionManager<Self>>::TransactionStateData {
        self.inner.transaction_state()
    }

    fn instrumentation(&mut self) -> &mut dyn Instrumentation {
        self.inner.instrumentation()
    }

    fn set_instrumentation(&mut self, instrumentation: impl Instrumentation) {
        self.inner.set_instrumentation(instrumentation);
    }

    fn set_prepared_statement_cache_size(&mut self, size: CacheSize) {
        self.inner.set_prepared_statement_cache_size(size);
    }
}
