//! Summaries against plain recomputation, and against fresh ones.

mod functions;
mod histories;
mod model;
mod upkeep;
