# http.bash - what the rows of the HTTP servers on libuv share. The server listens at 127.0.0.1, port 8080.
web=http://127.0.0.1:8080

check_http() {
    local size
    curl -sf $web/
    for size in 0 1 65536 5000000; do curl -sf $web/large/$size | sha256sum; done
    seq 1 500000 >"$dir/body"
    curl -sf --data-binary @"$dir/body" $web/sum
    sha256sum <"$dir/body"
    curl -sf -H 'Transfer-Encoding: chunked' -H 'Expect:' -T "$dir/body" $web/echo | cmp - "$dir/body" && echo "the body came back"
    # A slow reader of a large answer.
    curl -sf --limit-rate 4M $web/large/6000000 | sha256sum
    # Many at once, on kept connections.
    seq -f "url = \"$web/large/%g000\"" 1 200 | sed 's/$/\noutput = "-"/' >"$dir/many"
    curl -sf --parallel --parallel-max 16 --config "$dir/many" | wc -c
    wrk -t 1 -c 32 -d 1s $web/ >"$dir/wrk"
    ! grep 'Non-2xx\|Socket errors' "$dir/wrk"
}
