//! Prepares: from the submitted points to what the tests read.

pub(super) mod autocorrelation;
pub(super) mod axis;
pub(super) mod comparison;
pub(super) mod history;
pub(super) mod long_run;
pub(super) mod posterior;
pub(super) mod regression;
pub(super) mod robust;
pub(super) mod threshold;
pub(super) mod timeline;
