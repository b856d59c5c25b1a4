/*
 * misbehaviour.h - what a misbehaving service comes to, one row a misbehaviour
 *
 *     ROW("500 once", {RULE("#1=execute;status:500")}, ACCEPTED_AGAIN),
 *     ROW("503", {RULE("=status:503")}, UNKNOWN(RV_ERR_STATUS, 0, 503)),
 */
#ifndef MISBEHAVIOUR_H
#define MISBEHAVIOUR_H

#include "customer.h"

/* What came of it, in the end. */
struct misbehaviour {
    const char *name;
    const char *options[6]; /* of the endpoint */
    int status;
    rv_outcome outcome;
    int attempts; /* requests of which bytes were sent */
    int replaced; /* in the journal */
    uint16_t http_status;
    rv_code code;

    uint16_t attempts_max;    /* 0: 2 */
    uint32_t idle_timeout_ms; /* 0: the library's */
    uint32_t call_timeout_ms;
    rv_method method;
};

/* The test of one row: one call, and what it says is held against it and against the journal. */
void misbehave(struct customer *customer);

#define RULE(rule) "--rule", "ReplaceSystemVolume" rule

#define ROW(name, ...) \
    CUSTOMER_TEST_WITH(name, misbehave, (&(const struct misbehaviour){name, __VA_ARGS__}))

/* Status, outcome, attempts, replaced, HTTP status, code. */
#define ACCEPTED       RV_OK, RV_ACCEPTED, 1, 1, 200, .code = RV_CODE_NONE
#define ACCEPTED_AGAIN RV_OK, RV_ACCEPTED, 2, 1, 200, .code = RV_CODE_NONE
#define UNKNOWN(status, replaced, http_status) \
    status, RV_UNKNOWN, 1, replaced, http_status, .attempts_max = 1
#define REFUSED(http_status, error) RV_ERR_SERVICE, RV_REFUSED, 1, 0, http_status, .code = error
#define TROUBLE(replaced, http_status, error) \
    RV_ERR_SERVICE, RV_UNKNOWN, 1, replaced, http_status, .code = error, .attempts_max = 1

#endif
