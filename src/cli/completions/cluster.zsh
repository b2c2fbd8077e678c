#compdef cluster
_cluster() {
    local line word
    local -a whole begun
    for line in "${(@f)$(command {{ program }} complete -- "${(@)words[1,CURRENT-1]}" "$PREFIX" 2>/dev/null)}"; do
        [[ -n $line ]] || continue
        word=${line%%$'\t'*}
        line="${word//:/\\:}:${line#*$'\t'}"
        # What ends so goes on.
        if [[ $word == *[:/=] ]]; then begun+=("$line"); else whole+=("$line"); fi
    done
    _describe -V cluster whole
    _describe -V cluster begun -S ''
}
# Read by `source`, it says whom it is for; in a folder of fpath, it is the function itself.
if [[ $funcstack[1] == _cluster ]]; then _cluster "$@"; else compdef _cluster cluster; fi
