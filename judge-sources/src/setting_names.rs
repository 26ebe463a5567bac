//! Names of settings in texts for people.

/// How texts for people name settings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SettingNames {
    /// By what they are: users of a service know them from its requests and its file.
    #[default]
    Plain,
    /// By the flags of the command `judge`.
    Flags,
}

impl SettingNames {
    pub(crate) fn pick<'a>(self, plain: &'a str, flags: &'a str) -> &'a str {
        match self {
            Self::Plain => plain,
            Self::Flags => flags,
        }
    }

    pub(crate) fn step(self) -> &'static str {
        self.pick("the step", "--step")
    }

    pub(crate) fn earlier_baseline(self) -> &'static str {
        self.pick("a baseline offset", "--baseline-offset")
    }

    pub(crate) fn table_of_source(self) -> &'static str {
        self.pick("the source's table [sources.NAME]", "--sources FILE")
    }

    /// How the value of a name in templates is given.
    pub(crate) fn value_of(self, name: &str) -> String {
        match (self, name) {
            (Self::Flags, "scope") => "give it with --baseline-scope and --canary-scope".to_owned(),
            (Self::Flags, "location") => "give it with --location".to_owned(),
            (Self::Flags, name) => format!("give it with --param {name}=VALUE"),
            (Self::Plain, "scope" | "location") => "give it for each side".to_owned(),
            (Self::Plain, _) => "give it among the parameters of each side".to_owned(),
        }
    }
}
