//! What only the server says in the contract's messages: canaries and configs that are kept, and refusals. The crate
//! `judge-contract` converts everything that `judge-core` knows.

pub(crate) mod canary;
pub(crate) mod canary_request;
pub(crate) mod refusal;
mod status;
