//! What can be called, and how each is treated at the gate.

use crate::body::Reading;

/// How long a call stays open, and so whose places it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stay {
    /// Until it is answered.
    Call,
    /// The same, for who watches the server.
    Probe,
    /// As long as its client wants.
    Lasting,
}

/// What is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    Judge,
    JudgeStream,
    ValidateConfig,
    ListJudges,
    Health,
    HealthWatch,
    Reflection,
    KayentaJudgeHttp,
    JudgeHttp,
    ValidateConfigHttp,
    ListJudgesHttp,
    Metrics,
    OpenApi,
    Page,
    Healthz,
    Readyz,
    Other,
}

impl Target {
    /// What a path of the gRPC side calls.
    pub(crate) fn of_grpc(path: &str) -> Self {
        match path {
            "/canary.judge.v1.JudgeService/Judge" => Self::Judge,
            "/canary.judge.v1.JudgeService/JudgeStream" => Self::JudgeStream,
            "/canary.judge.v1.JudgeService/ValidateConfig" => Self::ValidateConfig,
            "/canary.judge.v1.JudgeService/ListJudges" => Self::ListJudges,
            "/grpc.health.v1.Health/Watch" => Self::HealthWatch,
            path if path.starts_with("/grpc.health.v1.Health/") => Self::Health,
            path if path.starts_with("/grpc.reflection.") => Self::Reflection,
            _ => Self::Other,
        }
    }

    /// What a path of the HTTP side calls.
    pub(crate) fn of_http(path: &str) -> Self {
        match path {
            "/judge" => Self::KayentaJudgeHttp,
            "/v1/judge" => Self::JudgeHttp,
            "/v1/config:validate" => Self::ValidateConfigHttp,
            "/v1/judges" => Self::ListJudgesHttp,
            "/metrics" => Self::Metrics,
            "/openapi.json" => Self::OpenApi,
            "/" => Self::Page,
            "/healthz" => Self::Healthz,
            "/readyz" => Self::Readyz,
            _ => Self::Other,
        }
    }

    /// The method in logs and metrics. A stream's messages are `JudgeStream`, each a call of its own.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Judge => "Judge",
            Self::JudgeStream => "JudgeStreamOpen",
            Self::ValidateConfig => "ValidateConfig",
            Self::ListJudges => "ListJudges",
            Self::Health | Self::HealthWatch => "Health",
            Self::Reflection => "Reflection",
            Self::KayentaJudgeHttp => "/judge",
            Self::JudgeHttp => "/v1/judge",
            Self::ValidateConfigHttp => "/v1/config:validate",
            Self::ListJudgesHttp => "/v1/judges",
            Self::Metrics => "/metrics",
            Self::OpenApi => "/openapi.json",
            Self::Page => "/",
            Self::Healthz => "/healthz",
            Self::Readyz => "/readyz",
            Self::Other => "other",
        }
    }

    /// Whether it needs a place among the calls.
    pub(crate) fn judges(self) -> bool {
        matches!(
            self,
            Self::Judge
                | Self::ValidateConfig
                | Self::KayentaJudgeHttp
                | Self::JudgeHttp
                | Self::ValidateConfigHttp
        )
    }

    /// How long it stays open. A stream that judges has a limit of its own besides.
    pub(crate) fn stay(self) -> Stay {
        match self {
            Self::Health | Self::Healthz | Self::Readyz | Self::Metrics => Stay::Probe,
            Self::HealthWatch | Self::Reflection => Stay::Lasting,
            _ => Stay::Call,
        }
    }

    /// How its request is read.
    pub(crate) fn reading(self) -> Reading {
        match self {
            Self::JudgeStream => Reading::Messages,
            Self::Health | Self::HealthWatch => Reading::Probe,
            Self::Reflection => Reading::Lookups,
            _ => Reading::Whole,
        }
    }

    /// Whether anyone may call it: what probes call.
    pub(crate) fn is_open(self) -> bool {
        matches!(self, Self::Health | Self::HealthWatch | Self::Healthz | Self::Readyz)
    }
}
