# Completion of epigeond's options for bash.
_epigeond() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    case $before in
    --store) mapfile -t COMPREPLY < <(compgen -W 'lmdb memory' -- "$word") ;;
    --log-level) mapfile -t COMPREPLY < <(compgen -W 'debug info warn error' -- "$word") ;;
    --data) mapfile -t COMPREPLY < <(compgen -d -- "$word") ;;
    --config | --token-file) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    --listen) mapfile -t COMPREPLY < <(compgen -W '127.0.0.1:9999 [::1]:9999 :9999 unix:' -- "$word") ;;
    *)
        mapfile -t COMPREPLY < <(compgen -W '--config --listen --data --store --allow-v1-remote --token-file
            --log-level --connections --clients --frame --depth --session --window --held --mailbox
            --mailbox-bytes --parked --parked-bytes --auth --gap-wait --mailbox-wait --ping --idle --help
            --version' -- "$word")
        ;;
    esac
}
complete -F _epigeond epigeond
