#include "misbehaviour.h"

void misbehave(struct customer *customer)
{
    const struct misbehaviour *what = customer->with;
    const rv_result *result = customer_result(customer);

    customer_serve(customer, what->options);
    customer->config.attempts_max = what->attempts_max != 0 ? what->attempts_max : 2;
    customer->config.idle_timeout_ms = patience_ms(what->idle_timeout_ms);
    customer->config.call_timeout_ms = patience_ms(what->call_timeout_ms);
    customer->replace.method = what->method;
    customer_replace(customer);
    assert_int_equal(result->status, what->status);
    assert_int_equal(result->outcome, what->outcome);
    assert_int_equal(result->attempts, what->attempts);
    assert_int_equal(result->http_status, what->http_status);
    assert_int_equal(result->code, what->code);
    customer_settle(customer);
    assert_int_equal(customer_lines(customer, IS_REPLACED, NULL), what->replaced);
    assert_int_equal(customer_lines(customer, IS_REQUEST, result->client_token) +
                         customer_lines(customer, IS_REQUEST, "cut by a rule"),
                     what->attempts);
}
