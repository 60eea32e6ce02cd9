#include "net/address_guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct range4 {
    uint32_t network;
    int bits;
};

#define IP4(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

// IANA IPv4 Special-Purpose Address Registry, what is not globally reachable, with multicast (RFC 5771).
static const struct range4 closed4[] = {
    {IP4(0, 0, 0, 0), 8},       // this network
    {IP4(10, 0, 0, 0), 8},      // private
    {IP4(100, 64, 0, 0), 10},   // carrier-grade NAT
    {IP4(127, 0, 0, 0), 8},     // loopback
    {IP4(169, 254, 0, 0), 16},  // link-local, cloud metadata
    {IP4(172, 16, 0, 0), 12},   // private
    {IP4(192, 0, 0, 0), 24},    // protocol assignments
    {IP4(192, 0, 2, 0), 24},    // documentation
    {IP4(192, 88, 99, 0), 24},  // 6to4 relays
    {IP4(192, 168, 0, 0), 16},  // private
    {IP4(198, 18, 0, 0), 15},   // benchmarking
    {IP4(198, 51, 100, 0), 24}, // documentation
    {IP4(203, 0, 113, 0), 24},  // documentation
    {IP4(224, 0, 0, 0), 4},     // multicast
    {IP4(240, 0, 0, 0), 4},     // reserved, broadcast
};

static bool is_public4(uint32_t address)
{
    for (size_t i = 0; i < sizeof(closed4) / sizeof(closed4[0]); i++) {
        uint32_t mask = ~(uint32_t)0 << (32 - closed4[i].bits);
        if ((address & mask) == closed4[i].network)
            return false;
    }
    return true;
}

static uint32_t read4(const unsigned char *bytes)
{
    return IP4(bytes[0], bytes[1], bytes[2], bytes[3]);
}

static bool begins(const unsigned char *address, const unsigned char *prefix, int bits)
{
    int whole = bits / 8;
    if (memcmp(address, prefix, (size_t)whole) != 0)
        return false;
    if (bits % 8 == 0)
        return true;
    unsigned mask = 0xFFu << (8 - bits % 8) & 0xFFu;
    return (address[whole] & mask) == (prefix[whole] & mask);
}

static bool is_public6(const unsigned char address[16])
{
    static const unsigned char zero[16] = {0};
    static const unsigned char mapped[12] = {[10] = 0xFF, [11] = 0xFF};
    static const unsigned char nat64[12] = {0x00, 0x64, 0xFF, 0x9B};
    static const struct {
        unsigned char prefix[16];
        int bits;
    } closed6[] = {
        {{0x20, 0x01, 0x00, 0x00}, 23},       // protocol assignments, Teredo, ORCHID, benchmarking
        {{0x20, 0x01, 0x0D, 0xB8}, 32},       // documentation
        {{0x3F, 0xFF, 0x00}, 20},             // documentation
        {{0x00, 0x64, 0xFF, 0x9B, 0, 1}, 48}, // local NAT64
    };
    // The embedded IPv4 address is where the packets go in the end.
    if (begins(address, mapped, 96) || begins(address, nat64, 96))
        return is_public4(read4(address + 12));
    if (begins(address, zero, 96))
        return false; // unspecified, loopback, and the long dead IPv4-compatible ones
    if (address[0] == 0x20 && address[1] == 0x02)
        return is_public4(read4(address + 2)); // 6to4
    for (size_t i = 0; i < sizeof(closed6) / sizeof(closed6[0]); i++) {
        if (begins(address, closed6[i].prefix, closed6[i].bits))
            return false;
    }
    // Only 2000::/3 is handed out as global unicast: ULA, link-local, site-local and multicast lie outside.
    return (address[0] & 0xE0) == 0x20;
}

bool address_is_public(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof(in));
        return is_public4(ntohl(in.sin_addr.s_addr));
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, address, sizeof(in6));
        return is_public6(in6.sin6_addr.s6_addr);
    }
    return false;
}

bool address_text_is_public(const char *text, bool *is_literal)
{
    char bare[INET6_ADDRSTRLEN + 2];
    size_t length = strlen(text);
    *is_literal = false;
    if (length >= sizeof(bare) || length == 0)
        return false;
    bool bracketed = text[0] == '[' && text[length - 1] == ']';
    snprintf(bare, sizeof(bare), "%.*s", (int)(bracketed ? length - 2 : length), text + bracketed);
    bare[strcspn(bare, "%")] = '\0'; // a zone belongs to link-local addresses, which are refused anyway
    struct in_addr in;
    struct in6_addr in6;
    // inet_aton() takes all the forms that resolvers take: 127.1, 0x7F000001, 017700000001.
    if (!bracketed && inet_aton(bare, &in) != 0) {
        *is_literal = true;
        return is_public4(ntohl(in.s_addr));
    }
    if (inet_pton(AF_INET6, bare, &in6) == 1) {
        *is_literal = true;
        return is_public6(in6.s6_addr);
    }
    return false;
}
