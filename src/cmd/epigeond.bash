# Completion of epigeond's options for bash.
_epigeond() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    case $before in
    --store) mapfile -t COMPREPLY < <(compgen -W 'lmdb memory' -- "$word") ;;
    --log) mapfile -t COMPREPLY < <(compgen -W 'text json' -- "$word") ;;
    --metrics) mapfile -t COMPREPLY < <(compgen -W '127.0.0.1:9998' -- "$word") ;;
    --log-level) mapfile -t COMPREPLY < <(compgen -W 'debug info warn error' -- "$word") ;;
    --data | --backup) mapfile -t COMPREPLY < <(compgen -d -- "$word") ;;
    --config | --token-file | --tls-cert | --tls-key | --tls-ca) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    --user) mapfile -t COMPREPLY < <(compgen -u -- "$word") ;;
    --listen) mapfile -t COMPREPLY < <(compgen -W '127.0.0.1:9999 [::1]:9999 :9999 tls: unix:' -- "$word") ;;
    *)
        mapfile -t COMPREPLY < <(compgen -W '--config --listen --data --store --backup --allow-v1-remote --token-file
            --tls-cert --tls-key --tls-ca --user
            --log-level --log --log-rate --metrics --metrics-remote --memory --connections
            --connections-per-address --frame-time --check-config --clients --frame --depth --session --window --held --mailbox
            --mailbox-bytes --parked --parked-bytes --auth --gap-wait --mailbox-wait --ping --idle --help
            --version' -- "$word")
        ;;
    esac
}
complete -F _epigeond epigeond
