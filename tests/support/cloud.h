/*
 * cloud.h - one instance in the cloud, on top of scripted.h, for the tests of jobs
 *
 * The service that scripted.h plays here has an instance, an image, a key pair and a system volume,
 * answers every action of a job, and writes down what it was asked and what it has done. What looks
 * (DescribeInstances) see is written as words, first before anything is done, then after each
 * effect:
 *
 *     cloud->before = "RUNNING";
 *     cloud->after_stop = "STOPPING STOPPED";
 *     cloud->after_replace = "STOPPED*3 REBUILDING+u RUNNING+iv";
 *     cloud->after_start = "STARTING RUNNING";
 *
 * Each look takes the next word, and the last one stays. A word is a status of the instance; *N:
 * for N looks; and behind a plus what has changed since, from then on:
 *
 *     i  ImageId is the wanted one          v  a volume id is another
 *     I  ImageId is the old one again       s  the system volume is another, and only
 *     u  UpdatedAt has moved                   DescribeVolumes shows it
 *
 * MISSING is an answer without the instance, LAGGING one of a replica that is still where the
 * instance was before the last effect. "A | B": after the first such effect A, after later ones B.
 *
 * What an action answers, when it is not the ordinary thing, is a list, one for each request:
 *
 *     ANSWERS(cloud, REPLACE, LOST, NO(409, "IdempotentProcessing"), YES);
 *
 * What was asked can be read as words, tokens by letter, in the order in which they first came; a
 * second replacement under another token fails the test by itself:
 *
 *     cloud_run(cloud);
 *     assert_string_equal(cloud->effects, "stop:A replace:B replace:B start:C");
 */
#ifndef CLOUD_H
#define CLOUD_H

#include "scripted.h"

enum cloud_action {
    LOOK, /* DescribeInstances */
    ASK_IMAGE,
    ASK_KEY_PAIR,
    ASK_VOLUME,
    STOP,
    START,
    REPLACE,
    DRY_RUN, /* ReplaceSystemVolume with DryRun=true */
    CLOUD_ACTIONS
};

/* One answer. Zero means: none of it. */
typedef struct cloud_answer {
    int status; /* 0: the connection ends instead of an answer */
    const char *code;
    int does;           /* the service does what it was asked */
    unsigned times;     /* so often; 0: once */
    const char *fields; /* more header fields, each with its CRLF */
    const char *body;   /* instead of the ordinary one */
    uint32_t delay_ms;
} cloud_answer;

#define YES                      \
    {                            \
        .status = 200, .does = 1 \
    }
#define NO(status_, code_)                   \
    {                                        \
        .status = (status_), .code = (code_) \
    }
#define ALWAYS_NO(status_, code_)                              \
    {                                                          \
        .status = (status_), .code = (code_), .times = 1000000 \
    }
/* Done, and the answer does not arrive. */
#define LOST      \
    {             \
        .does = 1 \
    }
/* Not done, and no answer. */
#define SWALLOWED   \
    {               \
        .status = 0 \
    }
#define ALWAYS_SWALLOWED \
    {                    \
        .times = 1000000 \
    }
/* An answer that says nothing about the effect, from a connection that stays: not done, and done.
 */
#define ALWAYS_IN_DOUBT ALWAYS_NO(500, "InternalError")
#define ALWAYS_LOST                                                         \
    {                                                                       \
        .status = 500, .code = "InternalError", .does = 1, .times = 1000000 \
    }

/* The next answers to an action; then the ordinary ones again. */
#define ANSWERS(cloud, action, ...)                                                         \
    do {                                                                                    \
        static const cloud_answer answers_[] = {__VA_ARGS__};                               \
        cloud_answers((cloud), (action), answers_, sizeof(answers_) / sizeof(answers_[0])); \
    } while (0)

#define CLOUD_REQUESTS 2048
#define CLOUD_TEXT     2048
#define CLOUD_RECORDS  512
#define CLOUD_HEARD    4096

struct cloud_request {
    enum cloud_action action;
    char token[RV_CLIENT_TOKEN_MAX + 1];
    char text[CLOUD_TEXT]; /* query, and body of a POST; what is longer is cut */
    uint64_t at_ms;        /* monotonic */
    int64_t x_date_s;
    unsigned connection; /* from 1 */
};

struct cloud_state {
    char status[24];
    int has_new_image, has_new_volume, has_new_system_volume;
    unsigned updates;
};

struct cloud {
    struct scripted *world;
    const void *row; /* of a table of tests; NULL: none */

    /* --- what looks see */
    const char *before, *after_stop, *after_replace, *after_start;
    const char *old_image_id; /* the wanted one is world->replace.image_id */
    const char *instance_name;
    const char *os_type;
    const char *more_members; /* of the instance, as JSON, with a comma in front */
    int hides_volumes;        /* DescribeInstances lists none */

    /* --- what the image, the key pair and the system volume are */
    int has_no_image, has_no_key_pair;
    const char *image_status, *image_visibility, *image_os_type;
    int image_size_gib;

    uint32_t latency_ms; /* of each answer */
    int has_no_date;
    int64_t date_error_s; /* of the service's clock */

    /* Called when a request is there, before it is answered. */
    void (*on_request)(struct cloud *cloud, const struct cloud_request *request);

    /* --- the job under test; config.store and .progress are the two below unless changed */
    rv_job_config config;
    rv_job job;
    int is_begun;
    int is_resumed;

    unsigned store_agains;   /* so often store says RV_AGAIN before each answer */
    unsigned store_fails_at; /* from its at-th call on (from 1), 0: never ... */
    int store_fails_once;    /* ... or this one only ... */
    int store_with;          /* ... with this */
    unsigned store_hangs_at; /* its at-th call stores, and never says so: for a crash just then */
    int may_lack_record;     /* effects without a record before them are no fault */
    int (*on_progress)(struct cloud *cloud, const rv_progress *progress); /* or NULL */

    /* --- what was asked and done */
    char log[65536];    /* everything: "look look stop:A look" */
    char effects[4096]; /* the same without questions */
    unsigned replaced;  /* how often a system volume was replaced */
    unsigned stopped, started;
    unsigned asked[CLOUD_ACTIONS];
    unsigned request_count;
    struct cloud_request request[CLOUD_REQUESTS];

    unsigned records; /* stored ones */
    uint8_t record[CLOUD_RECORDS][RV_RECORD_MAX];
    size_t record_len[CLOUD_RECORDS];
    unsigned stores; /* calls that were answered with something else than RV_AGAIN */

    unsigned heard; /* calls of progress */
    struct {
        rv_progress progress; /* instance is NULL */
        rv_instance_status status;
        uint64_t at_ms;
    } hear[CLOUD_HEARD];

    /* private, as all below */
    const cloud_answer *answers[CLOUD_ACTIONS];
    size_t answer_count[CLOUD_ACTIONS];
    unsigned answered[CLOUD_ACTIONS]; /* with the first one of those that are left */
    const char *word;
    unsigned word_count; /* looks that have seen it */
    struct cloud_state now, before_effect;
    char tokens[26][RV_CLIENT_TOKEN_MAX + 1];
    char executed_token[RV_CLIENT_TOKEN_MAX + 1];
    size_t bytes_at_store; /* of requests, when the last record was stored */
    unsigned agains_left;
    uint8_t again_record[RV_RECORD_MAX];
    size_t again_len;
    uint64_t deadline_ms;
    char body[200000];
    scripted_answer answer;
};

/* cmocka's setup and teardown. A RUNNING instance of another image, which may be stopped, and a
 * service that does what it is asked. */
int cloud_setup(void **state);
int cloud_teardown(void **state);
/* The same in the middle of a test, for the next row of a table. */
struct cloud *cloud_another(void **state);

void cloud_answers(struct cloud *cloud, enum cloud_action action, const cloud_answer *answers,
                   size_t count);

/* From now on looks see these words, though the job has done nothing. */
void cloud_see(struct cloud *cloud, const char *words);

/* Begins the job; the first step does it by itself. Expects RV_OK. */
void cloud_start(struct cloud *cloud);
/* One step, checked against the header's promises and the service's books; need may be NULL. */
int cloud_step(struct cloud *cloud, rv_need *need);
/* Steps and waits until the job is finished; its status. */
int cloud_run(struct cloud *cloud);
/* So many steps and waits, unless it is finished before; what the last step said. */
int cloud_run_steps(struct cloud *cloud, unsigned count);
/* Steps and waits until the job is in this step, or until so much has been asked. */
void cloud_run_into(struct cloud *cloud, rv_step step);
void cloud_run_until_asked(struct cloud *cloud, enum cloud_action action, unsigned times);

/* The machine loses its memory, with job and client. off_s seconds later it is on again, with a
 * monotonic clock that begins anew. */
void cloud_crash(struct cloud *cloud, int64_t off_s);
/* Runs the job until its at-th record is stored, and crashes then. 0: there were not so many. */
int cloud_crash_at_store(struct cloud *cloud, unsigned at, int64_t off_s);
/* ... of a STOPPED instance, before a byte of the replacement is sent, and after acceptance. */
void cloud_crash_before_sending(struct cloud *cloud, int64_t off_s);
void cloud_crash_after_acceptance(struct cloud *cloud, int64_t off_s);
/* A new job from a record; what rv_job_resume says. */
int cloud_resume(struct cloud *cloud, const void *record, size_t len);
/* From the last that was stored; expects RV_OK. */
void cloud_resume_last(struct cloud *cloud);

const rv_job_report *cloud_report(const struct cloud *cloud);
void cloud_expect(const struct cloud *cloud, int status, rv_job_outcome outcome);
/* Runs the job and expects all three. */
void cloud_expect_run(struct cloud *cloud, int status, rv_job_outcome outcome, const char *effects);

/* The number-th request (from 1) for an action. */
const struct cloud_request *cloud_asked(const struct cloud *cloud, enum cloud_action action,
                                        unsigned number);
/* Is name=value among the request's parameters, percent-encoded as it is sent? */
int cloud_has_parameter(const struct cloud_request *request, const char *name_and_value);

/* --- suites -------------------------------------------------------------------------------------
 *
 * A test for each function, and for each row of a table:
 *
 *     static struct cloud_suite suite;
 *
 *     TEST(suite, a_stopped_instance_is_not_stopped);
 *     cloud_add(&suite, rows[i].what, "", a_row, &rows[i]);
 *     return cloud_run_suite(&suite);
 */
#define CLOUD_TESTS 256
struct cloud_suite {
    struct CMUnitTest tests[CLOUD_TESTS];
    char names[CLOUD_TESTS][128];
    size_t count;
};
#define TEST(suite, test) cloud_add(&(suite), #test, "", (test), NULL)

/* The test finds row in cloud->row. */
void cloud_add(struct cloud_suite *suite, const char *name, const char *suffix,
               CMUnitTestFunction test, const void *row);
int cloud_run_suite(const struct cloud_suite *suite);

#endif
