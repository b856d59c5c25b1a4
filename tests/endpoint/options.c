#include "options.h"

#include "errors.h"
#include "script.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind {
    HEADING, /* a line of --help, no option */
    FLAG,    /* bool */
    NUMBER,  /* int64_t, not negative */
    SIGNED,  /* int64_t */
    TEXT,    /* const char * */
    LIST,    /* struct strings; the option may be repeated */
    CHOICE   /* int: which of the words in `argument` */
};

struct option {
    const char *name;
    enum kind kind;
    const char *argument;
    size_t member;
    const char *help;
};

#define MEMBER(name) offsetof(struct options, name)

/* clang-format off */
static const struct option table[] = {
    {"Where it listens and what it writes", HEADING, "", 0, ""},
    {"host-name", LIST, "NAME", MEMBER(host_names), "name that clients use; it is in the certificate beside 127.0.0.1 and ::1 (default localhost; repeatable)"},
    {"listen", TEXT, "ADDRESS", MEMBER(listen), "IPv4 or IPv6 address (default 127.0.0.1)"},
    {"port", NUMBER, "N", MEMBER(port), "0: any free one (default)"},
    {"public-port", NUMBER, "N", MEMBER(public_port), "port that clients use and sign when something stands in between (default: the one listened on)"},
    {"ca-file", TEXT, "FILE", MEMBER(ca_file), "where to write the CA certificate, fresh at each start (default endpoint-ca.pem)"},
    {"ready-file", TEXT, "FILE", MEMBER(ready_file), "written with PORT and a line end once it listens"},
    {"journal", TEXT, "FILE", MEMBER(journal_file), "append one JSON object a line for each request, effect and connection"},
    {"books", TEXT, "FILE", MEMBER(books_file), "JSON with what was done to each instance, written at exit and on SIGUSR1"},
    {"control-socket", TEXT, "PATH", MEMBER(control_socket), "a socket for commands while it runs; the README lists them"},
    {"stopped-clock", FLAG, "", MEMBER(stopped_clock), "time passes only as --control-socket is told"},
    {"parent-pid-exit", FLAG, "", MEMBER(parent_pid_exit), "end when the parent process ends"},

    {"Who may call, and what there is", HEADING, "", 0, ""},
    {"access-key-id", LIST, "AK=SK[=TOKEN]", MEMBER(access_keys), "a key pair, with a session token if it is a temporary one (default AKLTendpoint=ZW5kcG9pbnQtc2VjcmV0; repeatable)"},
    {"region", TEXT, "R", MEMBER(region), "region that must be signed (default cn-beijing)"},
    {"fixture", TEXT, "FILE", MEMBER(fixture_file), "instances, images and key pairs (default: a small built-in set)"},
    {"generate-instances", NUMBER, "N", MEMBER(generate_instances), "add instances i-fleet00000, i-fleet00001, ..."},
    {"generate-status", TEXT, "STATUS", MEMBER(generate_status), "their status (default RUNNING)"},
    {"deny", LIST, "ACTION", MEMBER(denied_actions), "answer AccessDenied to this action (repeatable)"},
    {"allow-parameter", LIST, "NAME", MEMBER(allowed_parameters), "take a parameter that is not documented (repeatable)"},
    {"flow-limit", NUMBER, "N", MEMBER(flow_limit), "FlowLimitExceeded beyond N requests within a second (default 0: no limit)"},

    {"TLS", HEADING, "", 0, ""},
    {"certificate", CHOICE, "good|wrong-host|expired|not-yet-valid|self-signed|other-ca", MEMBER(certificate), "which certificate to show"},
    {"certificate-not-before-s", SIGNED, "N", MEMBER(not_before_s), "start of its validity, relative to now (default -86400)"},
    {"certificate-not-after-s", SIGNED, "N", MEMBER(not_after_s), "end of its validity, relative to now (default 2592000)"},
    {"key", CHOICE, "ec|rsa", MEMBER(key), "kind of all keys: P-256 or RSA 2048"},
    {"intermediate", FLAG, "", MEMBER(intermediate), "issue the certificate by an intermediate CA"},
    {"tls", CHOICE, "both|1.2|1.3", MEMBER(tls), "versions offered"},
    {"no-session-tickets", FLAG, "", MEMBER(no_session_tickets), "no tickets; TLS 1.2 still resumes by session id"},
    {"no-resumption", FLAG, "", MEMBER(no_resumption), "neither tickets nor session ids"},

    {"Connections", HEADING, "", 0, ""},
    {"close-idle-ms", NUMBER, "N", MEMBER(close_idle_ms), "close a connection that is idle for so long (default 0: never)"},
    {"close-idle-how", CHOICE, "notify|fin|reset", MEMBER(close_idle_how), "with close_notify, without it, or by TCP reset"},
    {"close-after-answer", FLAG, "", MEMBER(close_after_answer), "close after every answer, with Connection: close"},
    {"refuse-connections", NUMBER, "N", MEMBER(refuse_connections), "close the first N connections as soon as they are accepted"},
    {"tls-stall", NUMBER, "N", MEMBER(tls_stall), "never answer the handshake of the first N connections"},
    {"cut-record-bytes", NUMBER, "N", MEMBER(cut_record_bytes), "close each connection after N raw bytes were sent on it (default 0: never)"},
    {"max-request-line", NUMBER, "N", MEMBER(max_request_line), "longest request line in bytes; 414 beyond it (default 8192)"},

    {"What the service does, where nobody outside knows for sure", HEADING, "", 0, ""},
    {"clock-offset-s", SIGNED, "N", MEMBER(clock_offset_s), "the service's clock is ahead of the machine's by N (default 0)"},
    {"past-date-window-s", NUMBER, "N", MEMBER(past_date_window_s), "oldest X-Date taken (default 900)"},
    {"future-date-window-s", NUMBER, "N", MEMBER(future_date_window_s), "furthest X-Date in the future taken (default 900)"},
    {"delay-ms", NUMBER, "N", MEMBER(delay_ms), "duration of stopping, starting and rebuilding (default 300)"},
    {"check-order", CHOICE, "token-first|status-first", MEMBER(check_order), "whether a known ClientToken or the instance's state is looked at first"},
    {"processing-ms", NUMBER, "N", MEMBER(processing_ms), "a replacement answers, and begins, so late; until then its token answers IdempotentProcessing (default 0)"},
    {"processing-ends", TEXT, "accepted|CODE", MEMBER(processing_ends), "how that ends: accepted (default), or refused with this error, nothing replaced"},
    {"stopped-after-accept-ms", NUMBER, "N", MEMBER(stopped_after_accept_ms), "report STOPPED for so long after accepting (default 0)"},
    {"rebuilding-seen", CHOICE, "yes|no", MEMBER(rebuilding_seen), "no: STOPPED is reported instead of REBUILDING"},
    {"stopped-after-rebuild-ms", NUMBER, "N", MEMBER(stopped_after_rebuild_ms), "STOPPED for so long after REBUILDING, before the service starts the instance (default 0)"},
    {"replacement-shows", TEXT, "STATUS:MS,...,STATUS", MEMBER(replacement_shows), "what a replacement looks like instead, each status for so long; the disk is done when the last one comes"},
    {"end-state", CHOICE, "running|stopped|error", MEMBER(end_state), "where a replacement ends, unless the fixture says otherwise"},
    {"image-id-changes", CHOICE, "at-submit|at-completion|never", MEMBER(image_id_changes), "when DescribeInstances shows the new ImageId"},
    {"new-volume-id", CHOICE, "at-submit|at-completion|no", MEMBER(new_volume_id), "when the system volume's id changes; yes means at-completion"},
    {"updated-at-moves-on", TEXT, "LIST", MEMBER(updated_at_moves_on), "comma list of replace, complete, stop, start, status (default replace,complete,stop,start)"},
    {"describe-lag-ms", NUMBER, "N", MEMBER(describe_lag_ms), "DescribeInstances and DescribeVolumes answer from a replica that is so far behind (default 0)"},
    {"describe-lag-every", NUMBER, "N", MEMBER(describe_lag_every), "only every N-th such answer comes from that replica (default 1: all)"},
    {"replace-running", CHOICE, "no|yes", MEMBER(replace_running), "yes: a RUNNING instance may be replaced too"},
    {"dry-run-ignored", FLAG, "", MEMBER(dry_run_ignored), "DryRun=true replaces all the same"},
    {"dry-run-uses-token", CHOICE, "yes|no", MEMBER(dry_run_uses_token), "whether a passed DryRun binds its ClientToken"},
    {"old-token-answers-from-memory", CHOICE, "yes|no", MEMBER(old_token_answers_from_memory), "no: a token is forgotten once its operation has ended, so that it executes again"},
    {"token-memory-ms", NUMBER, "N", MEMBER(token_memory_ms), "forget a token after so long (default 0: never)"},
    {"tokens-shared-between-keys", CHOICE, "no|yes", MEMBER(tokens_shared_between_keys), "whether one access key sees another one's tokens"},
    {"missing-instances", CHOICE, "left-out|not-found", MEMBER(missing_instances), "DescribeInstances of an unknown id: an empty list, or a 404"},
    {"post", CHOICE, "accepted|body-ignored|refused", MEMBER(post), "what becomes of a form POST"},
    {"query-order", CHOICE, "as-signed|any", MEMBER(query_order), "any: take a query whose keys are not in byte order, as some SDKs send it"},
    {"unsigned-host", FLAG, "", MEMBER(unsigned_host), "take a request that signs x-date but not host, as some SDKs send it"},
    {"empty-result", CHOICE, "object|null|absent", MEMBER(empty_result), "how an empty Result looks"},
    {"system-volume-limit-gib", NUMBER, "N", MEMBER(system_volume_limit_gib), "largest Size (default 2048)"},

    {"Misbehaviour", HEADING, "", 0, ""},
    {"rule", LIST, "RULE", MEMBER(rules), "see below (repeatable; the first that fits a request counts)"},
};
/* clang-format on */

enum { OPTION_COUNT = sizeof table / sizeof table[0] };

static const struct options defaults = {
    .listen = "127.0.0.1",
    .ca_file = "endpoint-ca.pem",
    .region = "cn-beijing",
    .generate_status = "RUNNING",
    .not_before_s = -86400,
    .not_after_s = 30 * 86400,
    .max_request_line = 8192,
    .past_date_window_s = 900,
    .future_date_window_s = 900,
    .delay_ms = 300,
    .processing_ends = "accepted",
    .image_id_changes = MOVES_AT_COMPLETION,
    .new_volume_id = MOVES_AT_COMPLETION,
    .updated_at_moves_on = "replace,complete,stop,start",
    .describe_lag_every = 1,
    .system_volume_limit_gib = 2048,
};

/* The word of a CHOICE that the defaults name. */
static void print_default(const struct option *option)
{
    int number = *(const int *)(const void *)((const char *)&defaults + option->member);
    const char *word = option->argument;

    for (; number > 0; number--)
        word = strchr(word, '|') + 1;
    printf(" (default %.*s)", (int)strcspn(word, "|"), word);
}

static void print_option(const struct option *option)
{
    if (option->kind == HEADING) {
        printf("\n%s\n", option->name);
        return;
    }
    printf("  --%s%s%s\n        %s", option->name, option->argument[0] != '\0' ? " " : "",
           option->argument, option->help);
    if (option->kind == CHOICE)
        print_default(option);
    puts("");
}

static void print_help(void)
{
    size_t i;

    puts(
        "Usage: endpoint [OPTION]...\n\n"
        "Plays Volcengine ECS on this machine: TLS, strict signatures, instances that are stopped,\n"
        "re-imaged and started, and as much misbehaviour as you ask for.");
    for (i = 0; i < OPTION_COUNT; i++)
        print_option(&table[i]);
    puts("\n  --help\n        this text\n"
         "  --help-errors\n        how a request meets each of the service's errors\n");
    script_print_help();
}

static void add_string(struct strings *strings, const char *string)
{
    strings->items = reallocate((void *)strings->items,
                                (strings->count + 1) * sizeof *strings->items);
    strings->items[strings->count++] = string;
}

static void set_number(const struct option *option, int64_t *number, const char *argument)
{
    bool negative = option->kind == SIGNED && argument[0] == '-';

    if (!parse_decimal(argument + (negative ? 1 : 0), number))
        die("--%s wants a number, not '%s'", option->name, argument);
    if (negative)
        *number = -*number;
}

static void set_choice(const struct option *option, int *choice, const char *argument)
{
    const char *word = option->argument;
    size_t len = strlen(argument);

    /* "yes" is what someone says who does not care when. */
    if (option->member == MEMBER(new_volume_id) && strcmp(argument, "yes") == 0) {
        *choice = MOVES_AT_COMPLETION;
        return;
    }
    for (*choice = 0; word != NULL; (*choice)++) {
        const char *end = strchr(word, '|');

        if (strncmp(word, argument, len) == 0 && (word[len] == '|' || word[len] == '\0'))
            return;
        word = end != NULL ? end + 1 : NULL;
    }
    die("--%s wants one of %s, not '%s'", option->name, option->argument, argument);
}

static void set_option(struct options *options, const struct option *option, const char *argument)
{
    void *member = (char *)options + option->member;

    switch (option->kind) {
    case FLAG:
        *(bool *)member = true;
        break;
    case NUMBER:
    case SIGNED:
        set_number(option, member, argument);
        break;
    case TEXT:
        *(const char **)member = argument;
        break;
    case LIST:
        add_string(member, argument);
        break;
    case CHOICE:
        set_choice(option, member, argument);
        break;
    case HEADING:
        break;
    }
}

/* Finds an option by its name, which ends at `len`; NULL when there is none. */
static const struct option *find_option(const char *name, size_t len)
{
    size_t i;

    for (i = 0; i < OPTION_COUNT; i++) {
        if (table[i].kind != HEADING && strlen(table[i].name) == len &&
            memcmp(table[i].name, name, len) == 0)
            return &table[i];
    }
    return NULL;
}

/* Takes the option at argv[i], with its argument; returns how many words that were. */
static int take_option(struct options *options, int argc, char **argv, int i)
{
    const char *name = argv[i] + 2;
    const char *equals = strchr(name, '=');
    const struct option *option;

    if (strncmp(argv[i], "--", 2) != 0)
        die("'%s' is no option; --help lists them", argv[i]);
    option = find_option(name, equals != NULL ? (size_t)(equals - name) : strlen(name));
    if (option == NULL)
        die("there is no option %s; --help lists them", argv[i]);
    if (option->kind == FLAG && equals != NULL)
        die("--%s takes no argument", option->name);
    if (option->kind == FLAG || equals != NULL) {
        set_option(options, option, equals != NULL ? equals + 1 : NULL);
        return 1;
    }
    if (i + 1 == argc)
        die("--%s wants an argument: %s", option->name, option->argument);
    set_option(options, option, argv[i + 1]);
    return 2;
}

static void check_options(const struct options *options)
{
    const struct service_error *end = find_error(options->processing_ends);

    if (options->port > 65535 || options->public_port > 65535)
        die("a port is at most 65535");
    if (options->stopped_clock && options->control_socket == NULL)
        die("--stopped-clock needs --control-socket, or time never passes");
    if (options->describe_lag_every == 0)
        die("--describe-lag-every is at least 1");
    if (strcmp(options->processing_ends, "accepted") != 0 && end == NULL)
        die("--processing-ends wants 'accepted' or an error's code, not '%s'; --help-errors lists them",
            options->processing_ends);
}

void options_parse(struct options *options, int argc, char **argv)
{
    int i = 1;

    *options = defaults;
    while (i < argc) {
        if (strcmp(argv[i], "--help") == 0) {
            print_help();
            exit(0);
        }
        if (strcmp(argv[i], "--help-errors") == 0) {
            print_errors();
            exit(0);
        }
        i += take_option(options, argc, argv, i);
    }
    if (options->host_names.count == 0)
        add_string(&options->host_names, "localhost");
    if (options->access_keys.count == 0)
        add_string(&options->access_keys, "AKLTendpoint=ZW5kcG9pbnQtc2VjcmV0");
    check_options(options);
}

void options_free(struct options *options)
{
    free((void *)options->host_names.items);
    free((void *)options->access_keys.items);
    free((void *)options->denied_actions.items);
    free((void *)options->allowed_parameters.items);
    free((void *)options->rules.items);
}
