/* Replays one packetised recording on many legs at once, and counts what comes back.
 *
 * A leg is one UDP socket whose handshakes were made elsewhere.  libsrtp is not linked: its
 * functions are handed in, so that nobody needs its headers.  One thread; times are microseconds
 * unless they say otherwise.  The caller answers what is neither RTP nor RTCP: `engine_other`.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>

#define MAX_LEGS 1024
#define MAX_DATAGRAM 2048
#define MAX_OTHERS 1024
#define MAX_LATENCIES 4000000
#define BATCH 8
#define STAMP 0x4c41544d41474943ULL
#define NTP_OFFSET 2208988800ULL /* seconds from 1900 to 1970 */

typedef int (*transform)(void *context, void *packet, int *length);

struct packet { /* of the recording */
    uint32_t at, timestamp;
    uint16_t length;
    uint8_t kind, marker; /* kind: 0 video, 1 audio */
    const uint8_t *payload;
};

struct leg_plan { /* see engine.py */
    int descriptor;
    uint32_t ip; /* network order */
    uint16_t port;
    void *protect, *unprotect; /* libsrtp contexts; NULL sends plain RTP */
    uint32_t ssrc[2];
    uint8_t payload_type[2];
    char mid[2][8];
    uint8_t mid_extension, time_extension, wide_extension;
    uint8_t channel_data; /* wrap in TURN ChannelData of channel 0x4000 */
    uint32_t phase;
};

struct leg {
    struct leg_plan plan;
    struct sockaddr_in peer;
    int used, wide_number;
    uint16_t sequence[2];
    uint32_t loops, index, heard_ssrc;
    uint64_t base, next_report, next_feedback, sent, received, refused, feedback;
};

struct other {
    int leg, length;
    uint32_t ip;
    uint16_t port;
    uint8_t bytes[1500];
};

static struct leg legs[MAX_LEGS];
static struct packet *recording;
static uint32_t recording_packets, recording_us, recording_clock[2];
static transform protect, unprotect, protect_rtcp;
static uint32_t *latencies, latency_count; /* tenths of a microsecond */
static struct other *others;
static int other_count, poll_descriptor = -1, leg_count, feedback_per_s;

static uint64_t clock_ns(clockid_t which)
{
    struct timespec t;
    clock_gettime(which, &t);
    return (uint64_t)t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static uint64_t now_us(void) { return clock_ns(CLOCK_MONOTONIC) / 1000; }

static uint8_t *put16(uint8_t *to, uint32_t value)
{
    to[0] = value >> 8, to[1] = value;
    return to + 2;
}

static uint8_t *put32(uint8_t *to, uint32_t value) { return put16(put16(to, value >> 16), value); }

int engine_start(transform rtp_out, transform rtp_in, transform rtcp_out)
{
    protect = rtp_out, unprotect = rtp_in, protect_rtcp = rtcp_out;
    latencies = malloc(sizeof *latencies * MAX_LATENCIES);
    others = malloc(sizeof *others * MAX_OTHERS);
    poll_descriptor = epoll_create1(0);
    prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
    return latencies && others && poll_descriptor >= 0 ? 0 : -1;
}

/* bytes: for each packet u32 at, u32 timestamp, u16 length, u8 kind, u8 marker, payload (native) */
int engine_recording(const uint8_t *bytes, int size, uint32_t us, uint32_t video, uint32_t audio)
{
    int count = 0;
    for (int at = 0; at < size; count++) {
        uint16_t length;
        memcpy(&length, bytes + at + 8, 2);
        at += 12 + length;
    }
    recording = calloc(count, sizeof *recording);
    for (int at = 0, i = 0; i < count; i++) {
        struct packet *p = &recording[i];
        memcpy(&p->at, bytes + at, 4);
        memcpy(&p->timestamp, bytes + at + 4, 4);
        memcpy(&p->length, bytes + at + 8, 2);
        p->kind = bytes[at + 10], p->marker = bytes[at + 11], p->payload = bytes + at + 12;
        at += 12 + p->length;
    }
    recording_packets = count, recording_us = us;
    recording_clock[0] = video, recording_clock[1] = audio;
    return count;
}

int engine_add(const struct leg_plan *plan)
{
    int number = 0, on = 1, room = 4 << 20;
    while (number < MAX_LEGS && legs[number].used)
        number++;
    if (number == MAX_LEGS)
        return -1;
    struct leg *leg = &legs[number];
    memset(leg, 0, sizeof *leg);
    leg->plan = *plan, leg->used = 1;
    leg->peer.sin_family = AF_INET, leg->peer.sin_port = htons(plan->port);
    leg->peer.sin_addr.s_addr = plan->ip;
    leg->sequence[0] = 1000 + number, leg->sequence[1] = 2000 + number;
    setsockopt(plan->descriptor, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    setsockopt(plan->descriptor, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = number};
    if (epoll_ctl(poll_descriptor, EPOLL_CTL_ADD, plan->descriptor, &event))
        return -1;
    if (number >= leg_count)
        leg_count = number + 1;
    return number;
}

void engine_drop(int number)
{
    epoll_ctl(poll_descriptor, EPOLL_CTL_DEL, legs[number].plan.descriptor, NULL);
    legs[number].used = 0;
}

static void note_latency(struct msghdr *header, const uint8_t *stamp)
{
    uint64_t sent, came = 0;
    memcpy(&sent, stamp, 8);
    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec t;
            memcpy(&t, CMSG_DATA(c), sizeof t);
            came = (uint64_t)t.tv_sec * 1000000000ULL + t.tv_nsec;
        }
    if (came > sent && latency_count < MAX_LATENCIES)
        latencies[latency_count++] = (uint32_t)((came - sent) / 100);
}

static void take(struct leg *leg, uint8_t *data, int length, struct msghdr *header, int measure)
{
    if (leg->plan.channel_data) {
        if (length < 4 || data[0] != 0x40)
            return;
        length = data[2] << 8 | data[3], data += 4;
    }
    if (length < 12 || data[0] < 128 || data[0] > 191) {
        struct sockaddr_in *from = header->msg_name;
        if (other_count == MAX_OTHERS || length > (int)sizeof others->bytes)
            return;
        struct other *other = &others[other_count++];
        other->leg = leg - legs, other->length = length;
        other->ip = from->sin_addr.s_addr, other->port = ntohs(from->sin_port);
        memcpy(other->bytes, data, length);
        return;
    }
    if (data[1] >= 192 && data[1] <= 223) {
        leg->feedback++;
        return;
    }
    if (leg->plan.unprotect && unprotect(leg->plan.unprotect, data, &length)) {
        leg->refused++;
        return;
    }
    leg->received++;
    if (!(data[1] & 0x80) || length < 28)
        return;
    uint64_t word;
    memcpy(&word, data + length - 16, 8);
    if (word == STAMP) { /* the last packet of a picture */
        leg->heard_ssrc = data[8] << 24 | data[9] << 16 | data[10] << 8 | data[11];
        if (measure)
            note_latency(header, data + length - 8);
    }
}

static void receive(struct leg *leg, int measure)
{
    static uint8_t bytes[BATCH][MAX_DATAGRAM];
    static struct sockaddr_in names[BATCH];
    static char controls[BATCH][128];
    struct mmsghdr headers[BATCH];
    struct iovec vectors[BATCH];
    int count;
    do {
        for (int i = 0; i < BATCH; i++) {
            vectors[i] = (struct iovec){bytes[i], MAX_DATAGRAM};
            headers[i].msg_hdr = (struct msghdr){.msg_name = &names[i],
                                                 .msg_namelen = sizeof names[i],
                                                 .msg_iov = &vectors[i],
                                                 .msg_iovlen = 1,
                                                 .msg_control = controls[i],
                                                 .msg_controllen = sizeof controls[i]};
        }
        count = recvmmsg(leg->plan.descriptor, headers, BATCH, MSG_DONTWAIT, NULL);
        for (int i = 0; i < count; i++)
            take(leg, bytes[i], headers[i].msg_len, &headers[i].msg_hdr, measure);
    } while (count == BATCH);
}

static void dispatch(struct leg *leg, uint8_t *bytes, int length)
{
    sendto(leg->plan.descriptor, bytes, length, MSG_DONTWAIT, (struct sockaddr *)&leg->peer,
           sizeof leg->peer);
}

/* One-byte header extensions (RFC 8285) that the far end agreed to; returns where they end. */
static uint8_t *put_extensions(struct leg *leg, uint8_t *at, int kind)
{
    const struct leg_plan *plan = &leg->plan;
    uint8_t *start = at + 4;
    int mid_length = strlen(plan->mid[kind]);
    put16(at, 0xBEDE), at = start;
    if (plan->mid_extension && mid_length) {
        *at++ = plan->mid_extension << 4 | (mid_length - 1);
        memcpy(at, plan->mid[kind], mid_length), at += mid_length;
    }
    if (plan->wide_extension) {
        *at++ = plan->wide_extension << 4 | 1;
        at = put16(at, leg->wide_number++);
    }
    if (plan->time_extension && kind == 0) { /* seconds, 6.18 fixed point */
        uint32_t time = (clock_ns(CLOCK_REALTIME) / 1000 % 64000000 << 18) / 1000000;
        *at++ = plan->time_extension << 4 | 2;
        *at++ = time >> 16, at = put16(at, time);
    }
    while ((at - start) & 3)
        *at++ = 0;
    put16(start - 2, (at - start) / 4);
    return at;
}

static void send_one(struct leg *leg, const struct packet *p)
{
    uint8_t bytes[MAX_DATAGRAM], *head = bytes + (leg->plan.channel_data ? 4 : 0);
    int kind = p->kind, length;
    head[0] = 0x90, head[1] = (p->marker ? 0x80 : 0) | leg->plan.payload_type[kind];
    put16(head + 2, ++leg->sequence[kind]);
    put32(head + 4, 90000 + p->timestamp + leg->loops * recording_clock[kind]);
    put32(head + 8, leg->plan.ssrc[kind]);
    uint8_t *end = put_extensions(leg, head + 12, kind);
    memcpy(end, p->payload, p->length), end += p->length;
    if (kind == 0 && p->marker) {
        uint64_t stamp = STAMP, now = clock_ns(CLOCK_REALTIME);
        memcpy(end, &stamp, 8), memcpy(end + 8, &now, 8), end += 16;
    }
    length = end - head;
    if (leg->plan.protect && protect(leg->plan.protect, head, &length))
        abort();
    if (leg->plan.channel_data)
        put16(bytes, 0x4000), put16(bytes + 2, length), length += 4;
    dispatch(leg, bytes, length);
    leg->sent++;
}

static void send_control(struct leg *leg, uint8_t *bytes, int length)
{
    if (!leg->plan.protect || protect_rtcp(leg->plan.protect, bytes, &length) == 0)
        dispatch(leg, bytes, length);
}

static void send_report(struct leg *leg) /* a sender report without blocks (RFC 3550, 6.4.1) */
{
    uint8_t bytes[MAX_DATAGRAM] = {0x80, 200, 0, 6};
    uint64_t now = clock_ns(CLOCK_REALTIME);
    uint8_t *at = put32(bytes + 4, leg->plan.ssrc[0]);
    at = put32(at, now / 1000000000ULL + NTP_OFFSET);
    at = put32(at, ((now % 1000000000ULL) << 32) / 1000000000ULL);
    at = put32(at, 90000 + recording[leg->index].timestamp + leg->loops * recording_clock[0]);
    at = put32(at, leg->sent);
    put32(at, leg->sent * 1000);
    send_control(leg, bytes, 28);
}

/* What a browser says ten times a second: 24 packets came, none is missing (transport-cc). */
static void send_feedback(struct leg *leg)
{
    uint8_t bytes[MAX_DATAGRAM] = {0x80 | 15, 205, 0, 11};
    uint8_t *at = put32(put32(bytes + 4, leg->plan.ssrc[0]), leg->heard_ssrc);
    at = put16(put16(at, leg->received - 24), 24);
    at = put32(at, (uint32_t)(now_us() / 64000) << 8 | (leg->feedback & 0xFF));
    at = put16(at, 0x2000 | 24); /* run of 24 small deltas */
    memset(at, 4, 24), at += 24; /* 1 ms each */
    put16(at, 0);
    send_control(leg, bytes, 48);
}

static void send_due(struct leg *leg, uint64_t now)
{
    while (leg->base + recording[leg->index].at <= now) {
        send_one(leg, &recording[leg->index]);
        if (++leg->index == recording_packets)
            leg->index = 0, leg->base += recording_us, leg->loops++;
    }
    if (leg->plan.channel_data || !leg->plan.protect)
        return;
    if (now >= leg->next_report)
        send_report(leg), leg->next_report = now + 1000000;
    if (feedback_per_s && leg->heard_ssrc && now >= leg->next_feedback)
        send_feedback(leg), leg->next_feedback = now + 1000000 / feedback_per_s;
}

/* Set the clocks so that the next packets are due from now on: no burst follows a pause. */
void engine_resume(void)
{
    uint64_t now = now_us();
    for (int i = 0; i < leg_count; i++) {
        struct leg *leg = &legs[i];
        while (!leg->sent && leg->index + 1 < recording_packets &&
               recording[leg->index].at < leg->plan.phase)
            leg->index++; /* it begins there: not all cameras send a whole picture at once */
        leg->base = now + leg->plan.phase % 33333 - recording[leg->index].at;
        leg->next_report = now + leg->plan.phase * 25 % 1000000;
    }
}

/* Work for `seconds`.  sending: 0 only receives.  measure: 1 notes latencies. */
void engine_run(double seconds, int sending, int measure)
{
    struct epoll_event events[128];
    struct timespec nap = {0, 50000};
    uint64_t now, end = now_us() + (uint64_t)(seconds * 1e6);
    while ((now = now_us()) < end) {
        for (int i = 0; sending && i < leg_count; i++)
            if (legs[i].used)
                send_due(&legs[i], now);
        int count = epoll_wait(poll_descriptor, events, 128, 0);
        for (int i = 0; i < count; i++)
            receive(&legs[events[i].data.u32], measure);
        if (count <= 0)
            nanosleep(&nap, NULL);
    }
}

/* Hand out one datagram that was neither RTP nor RTCP; its length, 0 when there is none. */
int engine_other(int *leg, uint32_t *ip, uint16_t *port, uint8_t *bytes)
{
    if (!other_count)
        return 0;
    struct other *other = &others[--other_count];
    *leg = other->leg, *ip = other->ip, *port = other->port;
    memcpy(bytes, other->bytes, other->length);
    return other->length;
}

void engine_feedback(int per_second) { feedback_per_s = per_second; }

void engine_counts(uint64_t *sent, uint64_t *received, uint64_t *refused, uint64_t *feedback)
{
    *sent = *received = *refused = *feedback = 0;
    for (int i = 0; i < leg_count; i++)
        *sent += legs[i].sent, *received += legs[i].received, *refused += legs[i].refused,
            *feedback += legs[i].feedback;
}

void engine_forget_latencies(void) { latency_count = 0; }

static int ascending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* The `quantile` of what was noted, in microseconds; below 0 when nothing was. */
double engine_latency(double quantile)
{
    if (!latency_count)
        return -1;
    qsort(latencies, latency_count, sizeof *latencies, ascending);
    return latencies[(uint32_t)(quantile * (latency_count - 1))] / 10.0;
}
