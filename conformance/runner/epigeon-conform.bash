# Completion of epigeon-conform's options for bash.
_epigeon_conform() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    case $before in
    --select | --exclude) # a case, as the suite itself lists them
        mapfile -t COMPREPLY < <(compgen -W "$(epigeon-conform --list 2>/dev/null | cut -f 1)" -- "$word")
        ;;
    --level) mapfile -t COMPREPLY < <(compgen -W 'must should may' -- "$word") ;;
    --role) mapfile -t COMPREPLY < <(compgen -W 'server client' -- "$word") ;;
    --version) mapfile -t COMPREPLY < <(compgen -W '1 2' -- "$word") ;;
    --cases | --keep) mapfile -t COMPREPLY < <(compgen -d -- "$word") ;;
    --baseline | --tap | --junit | --json | --html | --markdown | --token-file)
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        ;;
    *)
        mapfile -t COMPREPLY < <(compgen -W 'server client --start --list --select --exclude --level --role --version
            --baseline --strict --tap --junit --json --html --markdown --limit --timer --token --token-file --slow
            --jobs --stop-at-first --cases --keep --quiet --help' -- "$word")
        ;;
    esac
}
complete -F _epigeon_conform epigeon-conform
