//! What the rules of this folder let pass, with the reason. Each entry that is no longer needed fails.

/// Files that still import each other.
pub(crate) const CIRCLES: &[&[&str]] = &[
    &[
        "judge-core/src/judges/evidence/decide/class.rs",
        "judge-core/src/judges/evidence/decide/joint.rs",
    ],
    &[
        "judge-core/src/judges/evidence/detect/late.rs",
        "judge-core/src/judges/evidence/detect/sequential.rs",
    ],
    &[
        "judge-core/src/judges/evidence/say/mod.rs",
        "judge-core/src/judges/evidence/say/sentence.rs",
    ],
    &["judge-server/src/convert/config.rs", "judge-server/src/convert/evidence.rs"],
    &["judge-server/src/grpc.rs", "judge-server/src/grpc/stream.rs"],
    &["judge-server/src/settings.rs", "judge-server/src/settings/file.rs"],
    &[
        "judge-sources/src/error.rs",
        "judge-sources/src/query.rs",
        "judge-sources/src/store/mod.rs",
        "judge-sources/src/store/prometheus.rs",
    ],
];

/// Type names that mean the same kind of thing wherever they stand, and the kind.
pub(crate) const COMMON_TYPE_NAMES: &[(&str, &str)] = &[
    ("Error", "what a module's functions fail with"),
    ("Options", "what a module's caller chooses"),
];

/// Type names that still mean two things.
pub(crate) const TYPE_NAMES: &[&str] = &[
    "Answer",
    "Buffers",
    "Counted",
    "Encoded",
    "Fields",
    "Grid",
    "Job",
    "Judged",
    "Judging",
    "Metric",
    "Place",
    "Problems",
    "Ranks",
    "Reading",
    "Selector",
    "SettingsError",
    "Share",
    "Side",
    "SideSummary",
    "Sink",
    "Source",
    "Timeline",
    "Traces",
    "Word",
];

/// A word, where it may stand (the beginning of a path) and why.
pub(crate) const VOCABULARY: &[(&str, &str, &str)] = &[
    ("control", "judge-core/src/kayenta/", "Kayenta's JSON"),
    ("experiment", "judge-core/src/kayenta/", "Kayenta's JSON"),
    ("control", "judge-cli/src/output/text.rs", "`char::is_control`"),
    ("bar", "judge-cli/src/commands/", "progress bars"),
    ("doors", "docs/architecture.md", "until the server is laid anew"),
    ("desk", "judge-server/src/", "until the server is laid anew"),
    ("talk", "judge-server/src/", "until the server is laid anew"),
    ("hear out", "judge-server/src/", "until the server is laid anew"),
    ("heard out", "judge-server/src/", "until the server is laid anew"),
    ("gives whether", "judge-server/src/", "until the server is laid anew"),
];
