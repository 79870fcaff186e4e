# bash completion of epigeon. Source it, or install it as
# /usr/share/bash-completion/completions/epigeon.

# The options that a command takes beside the common ones.
_epigeon_special() {
  case $1 in
    listen) echo '--session --count' ;;
    send) echo '--to --to-match --receipt --json-payload --file' ;;
    ping) echo '--count' ;;
    top) echo '--metrics --interval --once' ;;
  esac
}

_epigeon() {
  local commands='listen send who watch session ping top'
  local common='--server --id --state --presence --v1 --secret-file --token-file --tls-ca --tls-cert
    --tls-key --json --timeout --frame --depth --help --version'
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command='' i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      --server|--id|--state|--presence|--secret-file|--token-file|--timeout|--frame|--depth|--tls-*) ((i++)) ;;
      listen|send|who|watch|session|ping|top) command=${COMP_WORDS[i]}; break ;;
    esac
  done
  case $prev in
    --state|--secret-file|--token-file|--file|--tls-*)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return ;;
    --metrics)
      mapfile -t COMPREPLY < <(compgen -W '127.0.0.1:9998' -- "$cur")
      return ;;
    --server)
      mapfile -t COMPREPLY < <(compgen -W '127.0.0.1:9999 tls: unix:' -- "$cur")
      return ;;
    --id|--presence|--timeout|--frame|--depth|--count|--session|--to|--to-match|--interval) return ;;
  esac
  if [[ $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$common $(_epigeon_special "$command")" -- "$cur")
  elif [[ -z $command ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$cur")
  fi
}

complete -F _epigeon epigeon
