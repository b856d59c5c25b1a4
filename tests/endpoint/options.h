/* The command line. options.c holds one table of all options, which --help prints. */
#ifndef ENDPOINT_OPTIONS_H
#define ENDPOINT_OPTIONS_H

#include "text.h"

struct strings {
    const char **items;
    size_t count;
};

enum certificate_kind {
    CERTIFICATE_GOOD,
    CERTIFICATE_WRONG_HOST,
    CERTIFICATE_EXPIRED,
    CERTIFICATE_NOT_YET_VALID,
    CERTIFICATE_SELF_SIGNED,
    CERTIFICATE_OTHER_CA
};

/* Each enum below lists the words of its option in the order in which the table gives them. */
enum { KEY_EC, KEY_RSA };
enum { TLS_BOTH, TLS_1_2, TLS_1_3 };
enum { CHECK_TOKEN_FIRST, CHECK_STATUS_FIRST };
enum { END_RUNNING, END_STOPPED, END_ERROR };
enum { MOVES_AT_SUBMIT, MOVES_AT_COMPLETION, MOVES_NEVER };
enum { YES, NO };
enum { POST_ACCEPTED, POST_BODY_IGNORED, POST_REFUSED };
enum { QUERY_AS_SIGNED, QUERY_ANY_ORDER };
enum { IDLE_NOTIFY, IDLE_FIN, IDLE_RESET };
enum { RESULT_OBJECT, RESULT_NULL, RESULT_ABSENT };

struct options {
    /* Where it listens and what it writes */
    struct strings host_names;
    const char *listen;
    int64_t port;
    int64_t public_port;
    const char *ca_file;
    const char *ready_file;
    const char *journal_file;
    const char *books_file;
    const char *control_socket;
    bool stopped_clock;
    bool parent_pid_exit;

    /* Who may call, and what there is */
    struct strings access_keys;
    const char *region;
    const char *fixture_file;
    int64_t generate_instances;
    const char *generate_status;
    struct strings denied_actions;
    struct strings allowed_parameters;
    int64_t flow_limit;

    /* TLS */
    int certificate;
    int64_t not_before_s;
    int64_t not_after_s;
    int key;
    bool intermediate;
    int tls;
    bool no_session_tickets;
    bool no_resumption;

    /* Connections */
    int64_t close_idle_ms;
    int close_idle_how;
    bool close_after_answer;
    int64_t refuse_connections;
    int64_t tls_stall;
    int64_t cut_record_bytes;
    int64_t max_request_line;

    /* What the service does, where nobody outside knows for sure */
    int64_t clock_offset_s;
    int64_t past_date_window_s;
    int64_t future_date_window_s;
    int64_t delay_ms;
    int check_order;
    int64_t processing_ms;
    const char *processing_ends;
    int64_t stopped_after_accept_ms;
    int rebuilding_seen;
    int64_t stopped_after_rebuild_ms;
    const char *replacement_shows;
    int end_state;
    int image_id_changes;
    int new_volume_id;
    const char *updated_at_moves_on;
    int64_t describe_lag_ms;
    int64_t describe_lag_every;
    int replace_running;
    bool dry_run_ignored;
    int dry_run_uses_token;
    int old_token_answers_from_memory;
    int64_t token_memory_ms;
    int tokens_shared_between_keys;
    int missing_instances;
    int post;
    int query_order;
    bool unsigned_host;
    int empty_result;
    int64_t system_volume_limit_gib;

    /* Misbehaviour */
    struct strings rules;
};

/* Ends the program after --help and --help-errors, and with a message about a wrong argument. */
void options_parse(struct options *options, int argc, char **argv);
void options_free(struct options *options);

#endif
