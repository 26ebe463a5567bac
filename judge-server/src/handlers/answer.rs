//! Answers messages: from the bytes of a message to the bytes of its answer and the call's outcome.

use bytes::Bytes;
use judge_contract::limits::{self, Limits};
use judge_contract::{
    ConfigToCheck, Dialect, Problems, guard, proto, proto_json, read_config_to_check,
};
use judge_core::{
    CanaryConfig, JudgeRequest, Judgement, Problem, Scratch, Severity, judges, kayenta,
};
use prost::{Message, Name};
use serde::de::DeserializeOwned;

use crate::convert::refusal::Refusal;
use crate::observe::outcome::{JudgedCounts, Outcome};

/// The kind of a message and its encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entrance {
    /// An encoded `JudgeRequest`.
    Judge,
    /// An encoded `JudgeStreamRequest`.
    JudgeOfStream,
    /// A `JudgeRequest` in JSON.
    JudgeJson,
    /// Kayenta's request.
    JudgeKayenta,
    /// An encoded `ValidateConfigRequest`.
    Validate,
    /// A `ValidateConfigRequest` in JSON.
    ValidateJson,
}

/// A judgement, and the id of its request.
struct Answered {
    id: String,
    judgement: Judgement,
}

/// Whether a config is valid, and its problems.
struct Validated {
    usable: bool,
    problems: Problems,
}

/// An answer in progress.
struct Answering<'a> {
    limits: &'a Limits,
    scratch: &'a mut Scratch,
    outcome: Outcome,
}

/// The answer to `message`, in the same encoding, and the outcome of the call.
pub(crate) fn answer(
    limits: &Limits,
    scratch: &mut Scratch,
    entrance: Entrance,
    message: Bytes,
) -> (Result<Vec<u8>, Refusal>, Outcome) {
    let mut answering = Answering { limits, scratch, outcome: Outcome::default() };
    match answering.answer(entrance, message) {
        Ok(answer) => (Ok(answer), answering.outcome),
        Err(refusal) => (Err(refusal.clone()), answering.outcome.refused(refusal)),
    }
}

// The bytes of a message are not needed after reading, and may be many: they are dropped before the judgement.
impl Answering<'_> {
    fn answer(&mut self, entrance: Entrance, message: Bytes) -> Result<Vec<u8>, Refusal> {
        match entrance {
            Entrance::Judge => {
                let Answered { id, judgement } = self.judge_message(self.decode(message)?)?;
                let judgement = Some(judgement.into());
                Ok(proto::JudgeResponse { id, judgement }.encode_to_vec())
            }
            Entrance::JudgeOfStream => {
                let message: proto::JudgeStreamRequest = self.decode(message)?;
                let request = message.request.unwrap_or_default();
                let Answered { id, judgement } = self.judge_message(request)?;
                let outcome = proto::judge_stream_response::Outcome::Judgement(judgement.into());
                Ok(proto::JudgeStreamResponse { id, outcome: Some(outcome) }.encode_to_vec())
            }
            Entrance::JudgeJson => {
                let Answered { id, judgement } = self.judge_message(self.read(message)?)?;
                let judgement = Some(judgement.into());
                Ok(proto_json::write(&proto::JudgeResponse { id, judgement })?)
            }
            Entrance::JudgeKayenta => {
                guard::check_json(&message, self.limits)?;
                let request = kayenta::read_request(&message)?;
                drop(message);
                let judgement = self.judge_request(&request, Dialect::Kayenta)?;
                serde_json::to_vec(&kayenta::result(&judgement)).map_err(|_| Refusal::Internal)
            }
            Entrance::Validate => {
                let request = self.decode(message)?;
                Ok(self.validate_message(request)?.encode_to_vec())
            }
            Entrance::ValidateJson => {
                let request = self.read(message)?;
                Ok(proto_json::write(&self.validate_message(request)?)?)
            }
        }
    }

    /// Reads a protobuf message with few enough parts.
    #[allow(clippy::needless_pass_by_value, reason = "its bytes are dropped once it is read")]
    fn decode<T: Name + Default>(&self, message: Bytes) -> Result<T, Refusal> {
        guard::check_message::<T>(&message, self.limits)?;
        Ok(T::decode(message.as_ref())?)
    }

    /// Reads the same in JSON.
    #[allow(clippy::needless_pass_by_value, reason = "its bytes are dropped once it is read")]
    fn read<T: Name + DeserializeOwned>(&self, json: Bytes) -> Result<T, Refusal> {
        guard::check_json(&json, self.limits)?;
        Ok(proto_json::read(&json)?)
    }

    fn judge_message(&mut self, request: proto::JudgeRequest) -> Result<Answered, Refusal> {
        let id = request.id.clone();
        self.outcome.identify(&id);
        if let Some(proto::judge_request::Config::KayentaConfigJson(json)) = &request.config {
            guard::check_config_text(json, self.limits)?;
        }
        let dialect = Dialect::from_request(&request);
        let request = JudgeRequest::try_from(request)?;
        let judgement = self.judge_request(&request, dialect)?;
        Ok(Answered { id, judgement })
    }

    fn judge_request(
        &mut self,
        request: &JudgeRequest,
        dialect: Dialect,
    ) -> Result<Judgement, Refusal> {
        self.outcome.name_config(&request.config.name);
        let judged = self
            .limits
            .check(request)
            .and_then(|()| judges::built_in().chosen_by(request))
            .and_then(|judge| judge.judge_with(request, self.scratch));
        let judgement = judged.map_err(|refused| dialect.name_all(&refused))?;
        let judgement = dialect.name_warnings(judgement);
        self.outcome.judged = Some(JudgedCounts::new(&judgement, limits::points(request)));
        Ok(judgement)
    }

    fn validate_message(
        &mut self,
        request: proto::ValidateConfigRequest,
    ) -> Result<proto::ValidateConfigResponse, Refusal> {
        use proto::validate_config_request::Config;
        let Some(config) = request.config else {
            let allowed = "canaryConfig or kayentaConfigJson";
            return Err(Problems::from(Problem::error("config", "missing", allowed)).into());
        };
        if let Config::KayentaConfigJson(json) = &config {
            guard::check_config_text(json, self.limits)?;
        }
        let ConfigToCheck { dialect, read } = read_config_to_check(config);
        let Validated { usable, problems } = match read {
            Ok(config) => self.try_config(config, dialect),
            Err(problems) => Validated { usable: false, problems },
        };
        let severity = if usable { Severity::Notice } else { Severity::Error };
        let problems = problems.listed(severity).into_iter().map(Into::into).collect();
        Ok(proto::ValidateConfigResponse { usable, problems })
    }

    /// Whether the judge accepts `config`, found by asking it, and all problems.
    fn try_config(&mut self, config: CanaryConfig, dialect: Dialect) -> Validated {
        self.outcome.name_config(&config.name);
        let request = JudgeRequest::without_points(config);
        let refused = self
            .limits
            .check_config(&request)
            .and_then(|()| judges::built_in().chosen_by(&request))
            .and_then(|judge| judge.judge_with(&request, self.scratch))
            .err();
        let problems = request.problems_with(refused.as_ref()).into_iter();
        let problems = problems.map(|problem| dialect.name(problem)).collect();
        Validated { usable: refused.is_none(), problems }
    }
}
