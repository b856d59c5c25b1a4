/*
 * endpoint.h - the local endpoint as a child of the test, in a folder of its own
 *
 *     struct endpoint *service = endpoint_start((const char *const[]){"--tls", "1.2", NULL});
 *     ... endpoint_port(service), endpoint_ca_file(service) ...
 *     assert_int_equal(endpoint_journal_count(service, "\"event\":\"replaced\""), 1);
 *     endpoint_stop(service);
 *
 * The environment says where it is (RV_ENDPOINT) and what is in its cloud (RV_FIXTURE, unless the
 * arguments have a --fixture). Whatever goes wrong in here ends the test program with a sentence.
 */
#ifndef ENDPOINT_H
#define ENDPOINT_H

#include <stdint.h>

/* What it takes, unless the arguments have an --access-key-id. */
#define ENDPOINT_ACCESS_KEY_ID "AKLTtest"
#define ENDPOINT_SECRET_KEY    "dGVzdC1zZWNyZXQtb25seQ=="
#define ENDPOINT_REGION        "cn-beijing"

struct endpoint;

/* Ready to be connected to when this returns. arguments: more of its options, which NULL ends;
 * NULL: none. It ends with the test program at the latest. */
struct endpoint *endpoint_start(const char *const *arguments);

/* Its host is "localhost", which is 127.0.0.1. */
uint16_t endpoint_port(const struct endpoint *endpoint);
/* "localhost:PORT" */
const char *endpoint_address(const struct endpoint *endpoint);
/* PEM, of the CA that was made at this start. */
const char *endpoint_ca_file(const struct endpoint *endpoint);
/* For control_open; see there. */
const char *endpoint_control_socket(const struct endpoint *endpoint);
/* The folder, removed by endpoint_stop with all that is in it. */
const char *endpoint_folder(const struct endpoint *endpoint);

/* The whole journal so far; valid until asked again or endpoint_stop. */
const char *endpoint_journal(struct endpoint *endpoint);
/* How many of its lines hold text. */
int endpoint_journal_count(struct endpoint *endpoint, const char *text);
/* Waits until there are count such lines. 1: there are; 0: not within limit_ms. */
int endpoint_journal_await(struct endpoint *endpoint, const char *text, int count, int limit_ms);

/* NULL is fine. */
void endpoint_stop(struct endpoint *endpoint);

#endif
