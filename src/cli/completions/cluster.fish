function __cluster_complete
    set --local before (commandline --current-process --tokenize --cut-at-cursor)
    set --local current (commandline --current-token --cut-at-cursor)
    command {{ program }} complete -- $before "$current" 2>/dev/null
end
complete --command cluster --no-files --keep-order --arguments '(__cluster_complete)'
