//! The daemon of one cluster: the loop, readiness probes, journal.
