//! Whether the campaigner agrees to what editors made of the words before it is published.

/// What a form's file says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignOff {
    /// Whether the campaigner is asked.
    pub asks: Asks,
    /// How many days there are to answer.
    pub days: i32,
    /// Whether no answer within that time counts as agreement.
    pub silence_agrees: bool,
    /// Whether what was agreed to is published by itself, where the blog has a repository; else an
    /// editor publishes it.
    pub agreed_publishes: bool,
    /// Whether what the campaigner suggests a change to is to be reviewed again; else it stays
    /// approved.
    pub suggested_returns: bool,
}

/// Whether the campaigner is asked to agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// Never: editors decide.
    Off,
    /// Wherever there is somebody to ask.
    Ask,
    /// Always: what nobody has agreed to is not published.
    Require,
}

impl SignOff {
    /// How many days there are to answer where the file does not say it.
    pub(super) const DAYS: i32 = 10;

    /// Whether the campaigner is asked at all.
    pub fn is_on(&self) -> bool {
        self.asks != Asks::Off
    }
}

impl Default for SignOff {
    fn default() -> Self {
        Self {
            asks: Asks::Off,
            days: Self::DAYS,
            silence_agrees: false,
            agreed_publishes: false,
            suggested_returns: false,
        }
    }
}
