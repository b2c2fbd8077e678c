_cluster() {
    # Bash breaks words at : and =, too. They are put together, and of each answer the part is left out that bash
    # keeps of the word.
    local part is_open='' last=${COMP_WORDS[COMP_CWORD]} words=()
    [[ $last == [:=]* ]] || last=$2
    for part in "${COMP_WORDS[@]:0:COMP_CWORD}" "$last"; do
        if [[ $part == [:=]* && ${#words[@]} -gt 0 ]]; then
            words[-1]+=$part is_open=1
        elif [[ $is_open ]]; then
            words[-1]+=$part is_open=''
        else
            words+=("$part")
        fi
    done
    local kept=${words[-1]%"$2"}
    mapfile -t COMPREPLY < <(command {{ program }} complete -- "${words[@]}" 2>/dev/null)
    COMPREPLY=("${COMPREPLY[@]%%$'\t'*}")
    COMPREPLY=("${COMPREPLY[@]#"$kept"}")
    # What ends so goes on.
    [[ ${#COMPREPLY[@]} != 1 || ${COMPREPLY[0]} != *[:/=] ]] || compopt -o nospace 2>/dev/null
}
complete -o nosort -F _cluster cluster
