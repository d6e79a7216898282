/* swallow - a host that acknowledges TCP and never reads: the far end of a route on which nobody copies.
 *
 * Anything on this machine that delivers a zero-copy send to a socket copies it on the way. So the packets are thrown
 * away where they arrive, before that, by a rule of netfilter that logs their headers to a group; this program answers
 * each of those with what a receiver would have sent that took it at once: SYN|ACK, ACK, FIN. The rules are the
 * caller's (route.c); the answers leave by a raw socket. Prints "ready", and serves until SIGTERM.
 */
#include "tcp.h"

#include <errno.h>
#include <libnetfilter_log/libnetfilter_log.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, COPIED = 120, ROOM = 65536, LOG_BUFFER = 4 * 1024 * 1024, TTL = 64, PORT_MAX = 65535 };
enum { FIRST_SEQUENCE = 1000, MSS = 1460, WINDOW_SCALE = 12, WINDOW = 65535, OPTION_MSS = 2, OPTION_SCALE = 3 };

/* What is answered: a header of IP, one of TCP and, with SYN, the two options. */
struct answer {
    struct iphdr ip;
    struct tcphdr tcp;
    uint8_t option[8];
};

static void on_terminate(int number) {
    (void)number;
    _exit(EXIT_SUCCESS);
}

static uint32_t add_words(uint32_t sum, const void *data, size_t length) {
    const unsigned char *byte = data;
    for (size_t i = 0; i + 1 < length; i += 2) {
        sum += (uint32_t)(byte[i] << 8 | byte[i + 1]);
    }
    return sum;
}

static uint16_t fold(uint32_t sum) {
    while (sum >> 16 != 0) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return htons((uint16_t)~sum);
}

/* The answer to a segment with `length` bytes of data. Returns its size. */
static size_t make_answer(struct answer *answer, const struct iphdr *ip, const struct tcphdr *tcp, size_t length) {
    const size_t options = tcp->syn ? sizeof(answer->option) : 0;
    const size_t segment = sizeof(answer->tcp) + options;
    *answer = (struct answer){
        .ip = {.version = 4, .ihl = 5, .ttl = TTL, .protocol = IPPROTO_TCP, .saddr = ip->daddr, .daddr = ip->saddr},
        .tcp = {.source = tcp->dest,
                .dest = tcp->source,
                .seq = tcp->syn ? htonl(FIRST_SEQUENCE) : tcp->ack_seq,
                .ack_seq = htonl(ntohl(tcp->seq) + (uint32_t)length + tcp->syn + tcp->fin),
                .ack = 1,
                .window = htons(WINDOW)},
        .option = {OPTION_MSS, 4, MSS >> 8, MSS & 0xff, OPTION_SCALE, 3, WINDOW_SCALE, 0},
    };
    answer->tcp.doff = (unsigned)(segment / 4) & 0xf;
    answer->tcp.syn = tcp->syn;
    answer->tcp.fin = tcp->fin;
    uint32_t sum = IPPROTO_TCP + (uint32_t)segment;
    sum = add_words(sum, &answer->ip.saddr, 2 * sizeof(answer->ip.saddr));
    answer->tcp.check = fold(add_words(sum, &answer->tcp, segment));
    return sizeof(answer->ip) + segment;
}

static int on_packet(struct nflog_g_handle *group, struct nfgenmsg *message, struct nflog_data *data, void *context) {
    (void)group;
    (void)message;
    const int raw = *(const int *)context;
    char *packet = NULL;
    const int copied = nflog_get_payload(data, &packet);
    struct iphdr ip;
    struct tcphdr tcp;
    if (copied < (int)(sizeof(ip) + sizeof(tcp))) {
        return 0;
    }
    memcpy(&ip, packet, sizeof(ip));
    const size_t head = ip.ihl * 4U;
    if (ip.protocol != IPPROTO_TCP || (size_t)copied < head + sizeof(tcp)) {
        return 0;
    }
    memcpy(&tcp, packet + head, sizeof(tcp));
    const size_t length = ntohs(ip.tot_len) - head - tcp.doff * 4U;
    if ((length == 0 && !tcp.syn && !tcp.fin) || tcp.rst) {
        return 0; /* nothing to acknowledge */
    }
    struct answer answer;
    const size_t size = make_answer(&answer, &ip, &tcp, length);
    const struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr = {.s_addr = ip.saddr}};
    /* An answer that is lost is made up for by the next one, or by a retransmission. */
    (void)sendto(raw, &answer, size, 0, (const struct sockaddr *)&to, sizeof(to));
    return 0;
}

/* Every packet at once, its headers only. NULL on failure. */
static struct nflog_handle *open_log(uint16_t number, int *raw) {
    const int size = LOG_BUFFER;
    struct nflog_handle *log = nflog_open();
    struct nflog_g_handle *group = log == NULL ? NULL : nflog_bind_group(log, number);
    if (group == NULL || nflog_set_mode(group, NFULNL_COPY_PACKET, COPIED) != 0 || nflog_set_qthresh(group, 1) != 0 ||
        nflog_callback_register(group, on_packet, raw) != 0) {
        return NULL;
    }
    (void)setsockopt(nflog_fd(log), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
    return log;
}

int main(int argc, char **argv) {
    uint64_t number = 0;
    if (argc != 2 || !tcp_parse_number(argv[1], 0, PORT_MAX, &number)) {
        (void)fprintf(stderr, "usage: %s GROUP   (of the netfilter rule that logs)\n", argv[0]);
        return EXIT_USAGE;
    }
    static char input[ROOM];
    (void)signal(SIGTERM, on_terminate);
    int raw = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
    struct nflog_handle *log = raw < 0 ? NULL : open_log((uint16_t)number, &raw);
    if (log == NULL) {
        (void)fprintf(stderr, "swallow: no raw socket, or no log of netfilter: %s\n", strerror(errno));
        return EXIT_FAILURE;
    }
    (void)printf("ready\n");
    (void)fflush(stdout);
    for (;;) {
        const ssize_t count = recv(nflog_fd(log), input, sizeof(input), 0);
        if (count < 0 && errno != ENOBUFS && errno != EINTR) {
            (void)fprintf(stderr, "swallow: %s\n", strerror(errno));
            return EXIT_FAILURE;
        }
        if (count > 0) {
            (void)nflog_handle_packet(log, input, (int)count);
        }
    }
}
