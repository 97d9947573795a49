/* The least that a forwarder can do: one socket and one leg per port, epoll, recvfrom, sendto.
 *
 * What comes in on port `first + 2i` leaves from port `first + 2i + 1` to whoever wrote there last,
 * and the other way round.  Built in three forms: alone; -DSRTP with the system's libsrtp; and
 * -DHOSTED as a library whose caller brings contexts and functions of another libsrtp.
 *
 *     forward FIRST_PORT CALLS
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#ifdef SRTP
#include <srtp2/srtp.h>
#endif

#define MAX_LEGS 1024
#define KEY_BYTES 64

typedef int (*transform)(void *context, void *packet, int *length);

static int descriptors[MAX_LEGS];
static struct sockaddr_in peers[MAX_LEGS];

static int open_ports(int first, int legs)
{
    int poll_descriptor = epoll_create1(0), room = 4 << 20;
    for (int i = 0; i < legs; i++) {
        struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(first + i)};
        here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        descriptors[i] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
        setsockopt(descriptors[i], SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
        if (bind(descriptors[i], (struct sockaddr *)&here, sizeof here))
            return -1;
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
        epoll_ctl(poll_descriptor, EPOLL_CTL_ADD, descriptors[i], &event);
    }
    return poll_descriptor;
}

/* Forward for ever.  rx, tx: one context per leg, or NULL to forward as it comes. */
int forward(int first, int calls, transform unprotect, transform protect, void **rx, void **tx)
{
    int poll_descriptor = open_ports(first, calls * 2);
    if (poll_descriptor < 0)
        return 1;
    puts("ready");
    fflush(stdout);
    for (;;) {
        struct epoll_event events[64];
        int count = epoll_wait(poll_descriptor, events, 64, -1);
        for (int e = 0; e < count; e++) {
            int leg = events[e].data.u32, other = leg ^ 1, length;
            unsigned char bytes[2048];
            struct sockaddr_in from;
            socklen_t size = sizeof from;
            while ((length = recvfrom(descriptors[leg], bytes, sizeof bytes, 0,
                                      (struct sockaddr *)&from, &size)) >= 0) {
                peers[leg] = from;
                if (unprotect && (bytes[1] == 200 || unprotect(rx[leg], bytes, &length) ||
                                  protect(tx[other], bytes, &length)))
                    continue;
                if (peers[other].sin_port)
                    sendto(descriptors[other], bytes, length, 0,
                           (struct sockaddr *)&peers[other], sizeof peers[other]);
            }
        }
    }
}

#ifdef SRTP
static int libsrtp_unprotect(void *context, void *packet, int *length)
{
    return srtp_unprotect(context, packet, length);
}

static int libsrtp_protect(void *context, void *packet, int *length)
{
    return srtp_protect(context, packet, length);
}

static srtp_t context(srtp_ssrc_type_t direction)
{
    static unsigned char key[KEY_BYTES]; /* all zero: as the generator does */
    srtp_policy_t policy = {.ssrc.type = direction, .key = key, .window_size = 1024};
    srtp_t made;
    srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtp);
    srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtcp);
    if (srtp_create(&made, &policy))
        exit(2);
    return made;
}
#endif

#ifndef HOSTED
int main(int count, char **arguments)
{
    if (count != 3)
        return 64;
    int first = atoi(arguments[1]), calls = atoi(arguments[2]);
    if (calls * 2 > MAX_LEGS)
        return 64;
#ifdef SRTP
    static void *rx[MAX_LEGS], *tx[MAX_LEGS];
    if (srtp_init())
        return 2;
    for (int i = 0; i < calls * 2; i++)
        rx[i] = context(ssrc_any_inbound), tx[i] = context(ssrc_any_outbound);
    return forward(first, calls, libsrtp_unprotect, libsrtp_protect, rx, tx);
#else
    return forward(first, calls, NULL, NULL, NULL, NULL);
#endif
}
#endif
