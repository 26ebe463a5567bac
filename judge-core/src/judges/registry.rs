//! Judges by name.

use std::sync::{Arc, LazyLock};

use crate::error::{JudgeError, UnknownJudge};
use crate::request::JudgeRequest;

use super::evidence::EvidenceJudge;
use super::judge::Judge;
use super::netflix::NetflixAcaJudge;

/// Kayenta's name for a judge that runs elsewhere. It stands for the judge that
/// `judge.judgeConfigurations.judge` names, or for the default.
pub const REMOTE: &str = "RemoteJudge-v1.0";

static BUILT_IN: LazyLock<Judges> = LazyLock::new(Judges::default);

/// The judges of this library; [`EvidenceJudge`] is the default.
pub fn built_in() -> &'static Judges {
    &BUILT_IN
}

/// Judges by name, and which of them judges configs that name none.
///
/// The default has the judges of this library; [`Judges::with`] adds others.
///
/// # Example
/// ```
/// use judge_core::judges::Judges;
///
/// let judges = Judges::default();
/// let names: Vec<&str> = judges.iter().map(|judge| judge.name()).collect();
/// assert_eq!(names, ["EvidenceJudge-v1", "NetflixACAJudge-v1.0"]);
/// assert!(judges.by_name("EvidenceJudge-v7").is_err());
/// ```
#[derive(Clone)]
pub struct Judges {
    judges: Vec<Arc<dyn Judge>>,
    default: Arc<dyn Judge>,
}

impl Default for Judges {
    fn default() -> Self {
        let default: Arc<dyn Judge> = Arc::new(EvidenceJudge);
        Self { judges: vec![Arc::clone(&default), Arc::new(NetflixAcaJudge)], default }
    }
}

impl Judges {
    /// Adds `judge`; it replaces a judge of the same name.
    #[must_use]
    pub fn with(mut self, judge: impl Judge + 'static) -> Self {
        let judge: Arc<dyn Judge> = Arc::new(judge);
        let same_name = |other: &&mut Arc<dyn Judge>| other.name() == judge.name();
        if self.default.name() == judge.name() {
            self.default = Arc::clone(&judge);
        }
        match self.judges.iter_mut().find(same_name) {
            Some(other) => *other = judge,
            None => self.judges.push(judge),
        }
        self
    }

    /// Every judge, in the order in which people see them listed.
    pub fn iter(&self) -> impl Iterator<Item = &dyn Judge> {
        self.judges.iter().map(|judge| &**judge)
    }

    /// The judge for configs that name none. Kayenta's configs always name one.
    pub fn default_judge(&self) -> &dyn Judge {
        &*self.default
    }

    /// The judge called `name`.
    ///
    /// # Errors
    /// [`JudgeError::UnknownJudge`], which lists the judges there are.
    pub fn by_name(&self, name: &str) -> Result<&dyn Judge, JudgeError> {
        self.iter().find(|judge| judge.name() == name).ok_or_else(|| {
            let names: Vec<&str> = self.iter().map(Judge::name).collect();
            JudgeError::UnknownJudge(UnknownJudge::new(name, &names))
        })
    }

    /// The judge that `request` asks for, or the default.
    ///
    /// # Errors
    /// [`JudgeError::UnknownJudge`] when the request asks for a judge that is not here.
    pub fn chosen_by(&self, request: &JudgeRequest) -> Result<&dyn Judge, JudgeError> {
        match &request.config.judge {
            None => Ok(self.default_judge()),
            Some(name) => self.by_name(name).map_err(|error| error.within("canaryConfig")),
        }
    }
}

impl std::fmt::Debug for Judges {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter().map(Judge::name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judgement::Judgement;
    use crate::judges::Scratch;

    struct Own(&'static str);

    impl Judge for Own {
        fn name(&self) -> &str {
            self.0
        }

        fn summary(&self) -> &'static str {
            "a judge of a caller"
        }

        fn judge_with(&self, _: &JudgeRequest, _: &mut Scratch) -> Result<Judgement, JudgeError> {
            Err(JudgeError::Stopped)
        }
    }

    #[test]
    fn a_caller_adds_and_replaces_judges() {
        let judges = Judges::default().with(Own("Own-v1")).with(Own("EvidenceJudge-v1"));
        assert_eq!(judges.iter().count(), 3);
        assert_eq!(judges.by_name("Own-v1").unwrap().summary(), "a judge of a caller");
        assert_eq!(judges.default_judge().summary(), "a judge of a caller");
    }

    #[test]
    fn an_unknown_judge_is_an_error_that_programs_match() {
        let mut request = JudgeRequest::default();
        request.config.judge = Some("Own-v1".to_owned());
        let Err(JudgeError::UnknownJudge(unknown)) = built_in().chosen_by(&request) else {
            panic!("there is no Own-v1");
        };
        assert_eq!(unknown.name(), "Own-v1");
        assert!(unknown.to_string().starts_with("canaryConfig.judge.name: "), "{unknown}");
    }
}
