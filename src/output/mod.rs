//! What people and scripts see: tables, progress, diagnostics, JSON.
