//! The published contract, generated from `proto/canary/judge/v1`.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::large_enum_variant,
    clippy::pedantic,
    clippy::allow_attributes_without_reason,
    reason = "generated; the documentation is in the .proto files"
)]

include!(concat!(env!("OUT_DIR"), "/canary.judge.v1.rs"));
include!(concat!(env!("OUT_DIR"), "/canary.judge.v1.serde.rs"));

/// The encoded `FileDescriptorSet` of the contract and all it imports, with the comments of its files.
pub const DOCUMENTED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/documented.bin"));

/// The encoded `FileDescriptorSet` of the contract and all it imports, without comments.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
