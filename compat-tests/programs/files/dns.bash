# dns.bash - what the rows of the name servers share: the same questions, by UDP and by TCP, and a load of each.
# The server listens at 127.0.0.1, port 5300, and answers for files/zone.example.

# A large answer that does not fit into a datagram.
more_records() { for i in $(seq 1 90); do echo "big IN TXT \"record number $i of those that do not fit into one datagram\""; done; }

ask() { dig @127.0.0.1 -p 5300 +tries=2 +timeout=3 +nocookie "$@"; }

check_dns() {
    local how name
    for how in +notcp +tcp; do
        for name in 'a.example A' 'b.example AAAA' 'c.example A' 'mail.example MX' 'text.example TXT' 'nothing.example A'; do
            # shellcheck disable=SC2086
            ask $how $name +noall +comments +answer | sed -n 's/.*status: \([A-Z]*\),.*/\1/p; /^[^;]/p' | sed 's/[ \t][ \t]*/ /g; s/ [0-9][0-9]* IN/ IN/'
        done
        ask $how big.example TXT +short | sort | sha256sum
    done
    # Several questions on one connection.
    ask +tcp +keepopen +short a.example A text.example TXT a.example A
    printf '%s\n' 'a.example A' 'b.example AAAA' 'text.example TXT' >"$dir/questions"
    for how in udp tcp; do
        dnsperf -s 127.0.0.1 -p 5300 -m $how -d "$dir/questions" -n 4000 -c 8 -q 64 >"$dir/dnsperf.$how" 2>&1
        grep -E 'Queries (sent|completed|lost)|Response codes' "$dir/dnsperf.$how" | sed 's/^ */'"$how"' /'
    done
}

# load_dns udp|tcp
load_dns() {
    printf '%s\n' 'a.example A' 'b.example AAAA' 'text.example TXT' >"$dir/questions"
    dnsperf -s 127.0.0.1 -p 5300 -m "$1" -d "$dir/questions" -l "$seconds" -c 16 -q 100 >"$dir/dnsperf" 2>&1
    sed -n 's/.*Queries completed: *\([0-9]*\).*/\1/p' "$dir/dnsperf"
}
