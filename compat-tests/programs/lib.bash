# lib.bash - what the rows may use. `inside` sources it; the variables mode, dir, bin and files are set.
#   mode   stock, ring, auto         dir    a directory of this run's own, writable by everybody
#   bin    where ringback is         files  compat-tests/programs/files
# A row defines:
#   library   what serves its loops, for the table     serve   start the program; see `serve_by`
#   why       one line, for the table                  check   drive it; what it prints must be the same in every mode
#   load      (optional) one round of load; prints how many requests were answered
# A row without `serve` is a program that comes to an end by itself: `check` and `load` start it by `under` and show
# the proof by `prove`.

server='' as=root servers_cpu=0 clients_cpu=1

# Nothing here takes so long.
curl() { command curl --max-time 30 "$@"; }

say() { printf '%s\n' "$*" >&2; }
die() { say "$row, $mode: $*"; exit 1; }

# what_runs - the words in front of a program, by the mode.
what_runs() {
    case "$mode" in
    stock) ;;
    ring) printf '%s\n' "$bin/ringback" run --require -- ;;
    auto) printf '%s\n' "$bin/ringback" run --require --streams auto -- ;;
    esac
}
mapfile -t runner < <(what_runs)

# as_owner CMD... - as the user that `as` names, on the servers' processor.
as_owner() {
    local identity=()
    [ "$as" = root ] || identity=(setpriv --reuid "$as" --regid "$(id -g "$as")" --clear-groups)
    exec taskset -c "$servers_cpu" "${identity[@]}" "$@"
}

# under CMD... - the program in this mode, in the foreground.
under() { (as_owner "${runner[@]}" "$@"); }

# serve_by CMD... - the program in this mode, in the background; its output to $dir/log.
serve_by() {
    (as_owner "${runner[@]}" "$@") >>"$dir/log" 2>&1 </dev/null &
    server=$!
}

# until_true SECONDS WHAT CMD... - wait until CMD succeeds.
until_true() {
    local tries=$(($1 * 20)) what=$2
    shift 2
    while ! "$@" >/dev/null 2>&1; do
        [ $((tries--)) -gt 0 ] || die "no $what in time"
        sleep 0.05
    done
}

listens() { [ -n "$(ss -Hln"$1" "sport = :$2")" ]; }

# await_port PORT [t|u] - until something listens there.
await_port() { until_true 20 "listener on port $1" listens "${2:-t}" "$1"; }

# daemon_of FILE - the server made itself a daemon and has left its number in FILE.
daemon_of() {
    until_true 20 "process number in $1" test -s "$1"
    server=$(head -n 1 "$1")
}

# expect WHAT TEXT - what a client printed (standard input) has TEXT, an extended regular expression.
expect() {
    local got
    got=$(cat)
    grep -qE -- "$2" <<<"$got" || { say "$got"; die "$1: not as expected ($2)"; }
}

# number PATTERN - the first number after PATTERN (a basic regular expression) in the standard input.
number() { sed -n "s/.*$1[^0-9]*\([0-9][0-9]*\).*/\1/p" | head -n 1; }

# prove PID - Ringback's own word on who carries the loops of a process, kept for the table.
prove() {
    [ "$mode" != stock ] || return 0
    "$bin/ringback" stat --json "$1" >>"$dir/stat.json" 2>>"$dir/log" || true
}

# family PID - a process and all that descend from it.
family() {
    local child
    echo "$1"
    for child in $(cat /proc/"$1"/task/*/children 2>/dev/null); do family "$child"; done
}

# prove_family PID - the same for a program of several processes.
prove_family() {
    local pid
    for pid in $(family "$1"); do prove "$pid"; done
}

# cpu_ms - the processor time of the server, its threads, its children and the ring's workers so far; of what was run
# in the foreground if there is no server.
cpu_ms() {
    local pid
    for pid in $(family "${server:-$BASHPID}"); do sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null || true; done |
        awk -v own="${server:-none}" -v tick="$(getconf CLK_TCK)" \
            '{ sum += (own == "none" ? 0 : $12 + $13) + $14 + $15 } END { printf "%d\n", sum * 1000 / tick }'
}

# with_node - from here on /usr is also Debian's Node 18, in the places it knows; for this namespace only.
with_node() {
    mount -t overlay overlay -o "lowerdir=$node_root/usr:/usr" /usr
    [ "$(node --version | cut -d. -f1)" = v18 ] || die "node is $(node --version)"
}

# wrk_load CONNECTIONS URL [ARGUMENT...] - how many requests wrk got right answers to.
wrk_load() {
    local connections=$1 url=$2
    shift 2
    wrk -t 1 -c "$connections" -d "${seconds}s" "$@" "$url" >"$dir/wrk"
    ! grep -q 'Non-2xx\|Socket errors' "$dir/wrk" || die "$(cat "$dir/wrk")"
    sed -n 's/^ *\([0-9]*\) requests in.*/\1/p' "$dir/wrk"
}

# own_node - `own` is this machine's Node, if libuv is linked into it.
own_node() {
    own=$(command -v node) || skip "no Node here"
    ! ldd "$own" | grep -q 'libuv\|libnode' || skip "libuv is not linked into this machine's Node"
}

# skip WHY - this row cannot be run here.
skip() { say "skipped: $*"; exit 77; }

# newest_node - `own` is the newest official build that get-node could get.
newest_node() {
    own="$node_root/../newest/bin/node"
    [ -x "$own" ] || skip "the npm registry was not reached"
}
