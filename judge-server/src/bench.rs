//! A thread's place to answer one call, from the bytes that arrived to those that are sent.

use bytes::Bytes;
use judge_core::{
    CanaryConfig, JudgeRequest, Judgement, Problem, Scratch, Severity, judges, kayenta,
};
use prost::Message;

use crate::call::Call;
use crate::convert::{ConfigToCheck, Dialect, read_config_to_check};
use crate::judged::Judged;
use crate::limits::{self, Limits};
use crate::parts;
use crate::problems::Problems;
use crate::proto;
use crate::proto_bytes;
use crate::proto_json;
use crate::refusal::Refusal;

/// What a message asks for, and how it is written.
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

/// A judgement for the request of an id.
struct Answered {
    id: String,
    judgement: Judgement,
}

/// Whether a config can be judged by, and what was found in it.
struct Validated {
    usable: bool,
    problems: Problems,
}

/// What a thread needs to answer one call.
pub(crate) struct Bench<'a> {
    pub(crate) limits: &'a Limits,
    pub(crate) call: &'a Call,
    pub(crate) scratch: &'a mut Scratch,
    /// What was judged, if anything.
    pub(crate) judged: Option<Judged>,
}

// A message's bytes are not needed once it is read, and may be many: they are dropped before the
// judgement.
impl Bench<'_> {
    /// The answer to `message`, written as the message is.
    pub(crate) fn answer(
        &mut self,
        entrance: Entrance,
        message: Bytes,
    ) -> Result<Vec<u8>, Refusal> {
        match entrance {
            Entrance::Judge => self.judge(message),
            Entrance::JudgeOfStream => self.judge_of_stream(message),
            Entrance::JudgeJson => self.judge_json(message),
            Entrance::JudgeKayenta => self.judge_kayenta(message),
            Entrance::Validate => self.validate(message),
            Entrance::ValidateJson => self.validate_json(message),
        }
    }

    fn judge(&mut self, message: Bytes) -> Result<Vec<u8>, Refusal> {
        parts::check_request(&message, self.limits)?;
        let request = proto_bytes::read_request(&message)?;
        drop(message);
        let Answered { id, judgement } = self.judge_message(request)?;
        Ok(proto_bytes::write_response(&id, judgement))
    }

    fn judge_of_stream(&mut self, message: Bytes) -> Result<Vec<u8>, Refusal> {
        parts::check_stream_request(&message, self.limits)?;
        let request = proto_bytes::read_stream_request(&message)?;
        drop(message);
        let Answered { id, judgement } = self.judge_message(request)?;
        Ok(proto_bytes::write_response(&id, judgement))
    }

    fn judge_json(&mut self, json: Bytes) -> Result<Vec<u8>, Refusal> {
        parts::check_json(&json, self.limits)?;
        let request = proto_json::read(&json)?;
        drop(json);
        let Answered { id, judgement } = self.judge_message(request)?;
        proto_json::write(&proto::JudgeResponse { id, judgement: Some(judgement.into()) })
    }

    fn judge_kayenta(&mut self, json: Bytes) -> Result<Vec<u8>, Refusal> {
        parts::check_json(&json, self.limits)?;
        let request = kayenta::read_request(&json)?;
        drop(json);
        let judgement = self.judge_request(&request, Dialect::Kayenta)?;
        serde_json::to_vec(&kayenta::result(&judgement)).map_err(|_| Refusal::Internal)
    }

    fn validate(&mut self, message: Bytes) -> Result<Vec<u8>, Refusal> {
        parts::check_validate_request(&message, self.limits)?;
        let request = proto::ValidateConfigRequest::decode(message.as_ref())?;
        drop(message);
        Ok(self.validate_message(request)?.encode_to_vec())
    }

    fn validate_json(&mut self, json: Bytes) -> Result<Vec<u8>, Refusal> {
        parts::check_json(&json, self.limits)?;
        let request = proto_json::read(&json)?;
        drop(json);
        proto_json::write(&self.validate_message(request)?)
    }

    fn judge_message(&mut self, request: proto::JudgeRequest) -> Result<Answered, Refusal> {
        let id = request.id.clone();
        self.call.identify(&id);
        if let Some(proto::judge_request::Config::KayentaConfigJson(json)) = &request.config {
            parts::check_config_text(json, self.limits)?;
        }
        let dialect = Dialect::of(&request);
        let request = JudgeRequest::try_from(request)?;
        let judgement = self.judge_request(&request, dialect)?;
        Ok(Answered { id, judgement })
    }

    fn judge_request(
        &mut self,
        request: &JudgeRequest,
        dialect: Dialect,
    ) -> Result<Judgement, Refusal> {
        self.call.configured(&request.config.name);
        let judged = self
            .limits
            .check(request)
            .and_then(|()| judges::built_in().chosen_by(request))
            .and_then(|judge| judge.judge_with(request, self.scratch));
        let judgement = judged.map_err(|refused| dialect.name_all(&refused))?;
        let judgement = dialect.name_warnings(judgement);
        self.judged = Some(Judged::of(&judgement, limits::points(request)));
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
            parts::check_config_text(json, self.limits)?;
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

    /// Whether the judge takes `config`, found by asking it, and everything found in it.
    fn try_config(&mut self, config: CanaryConfig, dialect: Dialect) -> Validated {
        self.call.configured(&config.name);
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
