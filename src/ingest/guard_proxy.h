// A proxy on loopback that connects to public addresses only: what a child process fetches for a remote user goes
// through it, so that it cannot reach this machine or its neighbours, whatever it is redirected to.
//
// It speaks CONNECT and plain HTTP with absolute addresses (RFC 9110, 7.6), wants a password that only the child is
// given, resolves names itself and checks the very address it connects to (net/address_guard.h). At most
// GUARD_PROXY_CONNECTIONS connections at a time; further ones wait. Safe from all threads.
#pragma once

#include "base/err.h"
#include "base/log.h"

#define GUARD_PROXY_CONNECTIONS 32
// What it says of an address that is not public, behind the status 403: the child hands the words on.
#define GUARD_REFUSAL "Private address"

struct guard_proxy;

enum err_code guard_proxy_start(struct log *log, struct guard_proxy **proxy, struct err *err) ERR_MUST_CHECK;
// Ends all connections. NULL is harmless.
void guard_proxy_stop(struct guard_proxy *proxy);
// "http://framehound:{password}@127.0.0.1:{port}"; valid as long as the proxy.
const char *guard_proxy_url(const struct guard_proxy *proxy);
