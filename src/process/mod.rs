//! Processes: spawn, identity, watch, signal, adoption, /proc.
