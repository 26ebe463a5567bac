//! Generates the messages and services from `proto/`, their JSON reader, and the descriptors that
//! reflection answers with, which a server holds in memory and therefore without comments. Those with comments are for
//! `openapi.json`.

use std::error::Error;
use std::path::PathBuf;

use prost::Message;

const FILES: [&str; 7] = [
    "canary/judge/v1/canary.proto",
    "canary/judge/v1/config.proto",
    "canary/judge/v1/judge_service.proto",
    "canary/judge/v1/judgement.proto",
    "canary/judge/v1/monitor.proto",
    "canary/judge/v1/problem.proto",
    "canary/judge/v1/series.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("proto");
    println!("cargo::rerun-if-changed={}", folder.display());
    let descriptors = protox::compile(FILES, [&folder])?;
    let encoded = descriptors.encode_to_vec();
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("documented.bin"), &encoded)?;
    let mut bare = descriptors.clone();
    bare.file.iter_mut().for_each(|file| file.source_code_info = None);
    std::fs::write(out.join("descriptors.bin"), bare.encode_to_vec())?;
    let mut config = tonic_prost_build::Config::new();
    config.enable_type_names();
    tonic_prost_build::configure()
        .build_transport(false)
        .compile_well_known_types(true)
        .extern_path(".google.protobuf", "::pbjson_types")
        .btree_map(".")
        .compile_fds_with_config(descriptors, config)?;
    pbjson_build::Builder::new()
        .register_descriptors(&encoded)?
        .btree_map(["."])
        .build(&[".canary.judge.v1"])?;
    Ok(())
}
