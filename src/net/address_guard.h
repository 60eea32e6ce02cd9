// Which network addresses a server may be sent to by its users: public ones only.
//
// A URL given by a remote user must not make the server talk to itself, to its neighbours or to a cloud's metadata
// service (server-side request forgery). The check is made on the very address a connection is opened to, after name
// resolution and for each redirect, so neither rebinding a name nor redirecting gets past it.
#pragma once

#include <stdbool.h>

#include <sys/socket.h>

// True for a globally reachable unicast address (IANA's special-purpose registries for IPv4 and IPv6). Addresses that
// embed an IPv4 address (mapped, compatible, 6to4, NAT64, Teredo) are refused where that is not public; Teredo always.
bool address_is_public(const struct sockaddr *address);
// The same for a literal "192.0.2.1", "2001:db8::1" or "[2001:db8::1]"; `*is_literal` says whether it was one.
bool address_text_is_public(const char *text, bool *is_literal);
