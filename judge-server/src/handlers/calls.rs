//! Names of calls, for handlers that answer several.

/// A call of a browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PageCall {
    List,
    Canary,
    CancelCanary,
    Compare,
    History,
    ListConfigs,
    NewConfig,
    CreateConfig,
    GetConfig,
    UpdateConfig,
    DeleteConfig,
    Audit,
    SignIn,
    SignedIn,
    SignOut,
    /// A file that pages need.
    Asset,
}

/// A call for a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScoreCall {
    /// A query in Prometheus's form.
    Query,
    Verdict,
    /// A webhook of Flagger.
    Flagger,
}

/// A call of `CanaryService`, over gRPC or as JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CanaryCall {
    Start,
    Get,
    Watch,
    List,
    Cancel,
    CreateConfig,
    UpdateConfig,
    GetConfig,
    ListConfigs,
    ListConfigVersions,
    DeleteConfig,
    ListAudit,
}

/// A call of Kayenta's API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KayentaCall {
    ListConfigs,
    GetConfig,
    CreateConfig,
    UpdateConfig,
    DeleteConfig,
    Credentials,
    MetricsServices,
    MetricNames,
    /// The text of a query (dry run).
    DryRun,
    Judges,
    /// Judges series of an earlier judgement.
    JudgeAgain,
    /// A judgement by a stored config, or by one in the body.
    StartStored,
    StartInline,
    /// Judgements over a lifetime, in the same two ways.
    StartStoredAnalysis,
    StartInlineAnalysis,
    GetAnalysis,
    GetExecution,
    ListExecutions,
    CancelExecution,
    DeleteExecution,
    GetPairs,
    GetPair,
}

impl KayentaCall {
    /// Whether it has a body.
    pub(super) fn has_document(self) -> bool {
        matches!(
            self,
            Self::CreateConfig
                | Self::UpdateConfig
                | Self::StartStored
                | Self::StartInline
                | Self::StartStoredAnalysis
                | Self::StartInlineAnalysis
        )
    }
}
