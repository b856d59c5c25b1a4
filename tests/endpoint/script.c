#define _POSIX_C_SOURCE 200809L
#include "script.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct behaviour good_behaviour = {
    .cut_request = -1,
    .cut_answer = -1,
    .cut_answer_notify = -1,
    .reset_answer = -1,
    .stall_answer = -1,
    .retry_after_s = -1,
};

/* What a behaviour's name does to the struct. */
enum effect {
    SET_FLAG,   /* a bool */
    SET_NUMBER, /* an int64_t from the argument */
    REPLACE     /* the answer; see replace_answer */
};

struct word {
    const char *name;
    const char *argument; /* "": takes none */
    enum effect effect;
    size_t member;
    enum answer_kind answer;
    const char *help;
};

#define MEMBER(name) offsetof(struct behaviour, name)

/* clang-format off */
static const struct word words[] = {
    {"execute", "", SET_FLAG, MEMBER(execute), 0, "run the action although its answer is replaced"},
    {"status", "NNN", REPLACE, 0, ANSWER_STATUS, "this HTTP status with an empty body"},
    {"error", "CODE", REPLACE, 0, ANSWER_ERROR, "this error, as JSON under its own status"},
    {"error200", "CODE", REPLACE, 0, ANSWER_ERROR, "this error under a 200"},
    {"legacy-error", "CODE", REPLACE, 0, ANSWER_LEGACY_ERROR, "this error in the old shape with errorcode"},
    {"html", "NNN", REPLACE, 0, ANSWER_HTML, "this HTTP status with a page of HTML"},
    {"garbage", "", REPLACE, 0, ANSWER_GARBAGE, "a 200 whose body is no JSON"},
    {"empty", "", REPLACE, 0, ANSWER_EMPTY, "a 200 without a body"},
    {"pretend", "", REPLACE, 0, ANSWER_PRETENDED, "the answer of success, whatever was or was not done"},
    {"raw", "FILE", REPLACE, 0, ANSWER_RAW, "exactly the bytes of this file, head and all"},
    {"drop", "", REPLACE, 0, ANSWER_NONE, "no answer, the connection is closed"},
    {"delay-ms", "N", SET_NUMBER, MEMBER(delay_ms), 0, "answer so much later"},
    {"trickle-ms", "N", SET_NUMBER, MEMBER(trickle_ms), 0, "answer one byte each N ms"},
    {"retry-after", "SECONDS", SET_NUMBER, MEMBER(retry_after_s), 0, "a Retry-After header"},
    {"date-offset-s", "N", SET_NUMBER, MEMBER(date_offset_s), 0, "move the Date header by N, may be negative"},
    {"no-date", "", SET_FLAG, MEMBER(no_date), 0, "no Date header"},
    {"big", "N", SET_NUMBER, MEMBER(padding), 0, "N more bytes of JSON members in the body"},
    {"chunked", "", SET_FLAG, MEMBER(chunked), 0, "Transfer-Encoding: chunked, in small chunks"},
    {"chunk-extras", "", SET_FLAG, MEMBER(chunk_extras), 0, "the same with chunk extensions and a trailer"},
    {"until-close", "", SET_FLAG, MEMBER(until_close), 0, "neither length nor chunks, the close ends the body"},
    {"gzip-header", "", SET_FLAG, MEMBER(gzip_header), 0, "claim Content-Encoding: gzip"},
    {"continue", "", SET_FLAG, MEMBER(interim), 0, "a 100 and a 103 before the answer"},
    {"close", "", SET_FLAG, MEMBER(close), 0, "Connection: close, and close after the answer"},
    {"no-close-notify", "", SET_FLAG, MEMBER(no_close_notify), 0, "whenever the connection is closed, without close_notify"},
    {"shut-write", "", SET_FLAG, MEMBER(shut_write), 0, "after the answer send no more, but go on reading"},
    {"cut-request", "N", SET_NUMBER, MEMBER(cut_request), 0, "close once N bytes of the request were read (the request line at least)"},
    {"cut-answer", "N", SET_NUMBER, MEMBER(cut_answer), 0, "close after N bytes of the answer, without close_notify"},
    {"cut-answer-notify", "N", SET_NUMBER, MEMBER(cut_answer_notify), 0, "close after N bytes of the answer, with close_notify"},
    {"reset-answer", "N", SET_NUMBER, MEMBER(reset_answer), 0, "TCP reset after N bytes of the answer"},
    {"stall-answer", "N", SET_NUMBER, MEMBER(stall_answer), 0, "silence after N bytes of the answer"},
};
/* clang-format on */

enum { WORD_COUNT = sizeof words / sizeof words[0] };

void script_print_help(void)
{
    size_t i;

    puts(
        "Rules: ACTION[#N[-M]]=BEHAVIOUR[;BEHAVIOUR...]\n"
        "  ACTION is an action's name or * for all; #N fits the N-th such request only, #N-M a run of\n"
        "  them, counted from 1. A rule that replaces the answer leaves the action undone unless it\n"
        "  says execute. A request that is badly signed gets its true refusal whatever a rule says;\n"
        "  only raw and drop, and what happens to bytes and connection, apply to it too.\n");
    for (i = 0; i < WORD_COUNT; i++)
        printf("  %s%s%s\n        %s\n", words[i].name, words[i].argument[0] != '\0' ? ":" : "",
               words[i].argument, words[i].help);
}

static void read_raw_file(struct behaviour *behaviour, const char *path)
{
    FILE *file = fopen(path, "rb");
    struct text content = {0};
    char part[4096];
    size_t len;

    if (file == NULL)
        die("cannot read %s, which a rule's raw: names: %s", path, strerror(errno));
    while ((len = fread(part, 1, sizeof part, file)) > 0)
        text_add(&content, part, len);
    fclose(file);
    free(behaviour->raw);
    behaviour->raw = content.bytes;
    behaviour->raw_len = content.len;
}

static int status_argument(const char *rule, const char *argument)
{
    int64_t status;

    if (!parse_decimal(argument, &status) || status < 200 || status > 599)
        die("rule '%s': '%s' is no HTTP status between 200 and 599", rule, argument);
    return (int)status;
}

static const struct service_error *error_argument(const char *rule, const char *argument)
{
    const struct service_error *error = find_error(argument);

    if (error == NULL)
        die("rule '%s': '%s' is no known error; --help-errors lists them", rule, argument);
    return error;
}

static void replace_answer(struct behaviour *behaviour, const struct word *word, const char *rule,
                           const char *argument)
{
    if (behaviour->answer != ANSWER_TRUE)
        die("rule '%s' replaces the answer twice", rule);
    behaviour->answer = word->answer;
    behaviour->status = 200;
    if (word->answer == ANSWER_STATUS || word->answer == ANSWER_HTML)
        behaviour->status = status_argument(rule, argument);
    if (word->answer == ANSWER_RAW)
        read_raw_file(behaviour, argument);
    if (word->answer == ANSWER_ERROR || word->answer == ANSWER_LEGACY_ERROR) {
        behaviour->error = error_argument(rule, argument);
        if (strcmp(word->name, "error200") != 0)
            behaviour->status = behaviour->error->status;
    }
}

static void set_number(int64_t *number, const struct word *word, const char *rule,
                       const char *argument)
{
    bool negative = word->member == MEMBER(date_offset_s) && argument[0] == '-';

    if (!parse_decimal(argument + (negative ? 1 : 0), number))
        die("rule '%s': %s wants a number, not '%s'", rule, word->name, argument);
    if (negative)
        *number = -*number;
}

static const struct word *find_word(const char *name)
{
    size_t i;

    for (i = 0; i < WORD_COUNT; i++) {
        if (strcmp(words[i].name, name) == 0)
            return &words[i];
    }
    return NULL;
}

static void add_behaviour(struct behaviour *behaviour, const char *rule, char *name)
{
    char *argument = strchr(name, ':');
    const struct word *word;
    void *member;

    if (argument != NULL)
        *argument++ = '\0';
    word = find_word(name);
    if (word == NULL)
        die("rule '%s': there is no behaviour '%s'; --help lists them", rule, name);
    if ((argument != NULL) != (word->argument[0] != '\0'))
        die("rule '%s': write %s%s%s", rule, word->name, word->argument[0] != '\0' ? ":" : "",
            word->argument);
    member = (char *)behaviour + word->member;
    if (word->effect == SET_FLAG)
        *(bool *)member = true;
    else if (word->effect == SET_NUMBER)
        set_number(member, word, rule, argument);
    else
        replace_answer(behaviour, word, rule, argument);
}

static void check_behaviour(const struct behaviour *behaviour, const char *rule)
{
    int breaks = (behaviour->cut_request >= 0) + (behaviour->cut_answer >= 0) +
                 (behaviour->cut_answer_notify >= 0) + (behaviour->reset_answer >= 0) +
                 (behaviour->stall_answer >= 0);

    if (breaks > 1)
        die("rule '%s' breaks the connection in more than one place", rule);
    if (behaviour->cut_request >= 0 && behaviour->execute)
        die("rule '%s': a request that is cut cannot be executed; write execute;drop", rule);
    if (behaviour->until_close && (behaviour->chunked || behaviour->chunk_extras))
        die("rule '%s': a body is chunked or ends with the connection, not both", rule);
}

static void parse_behaviours(struct behaviour *behaviour, const char *rule, char *list)
{
    char *item = list;

    *behaviour = good_behaviour;
    while (item != NULL) {
        char *end = strchr(item, ';');

        if (end != NULL)
            *end++ = '\0';
        add_behaviour(behaviour, rule, item);
        item = end;
    }
    check_behaviour(behaviour, rule);
}

/* Reads N or N-M. */
static void parse_range(struct rule *rule, const char *text, char *range)
{
    char *dash = strchr(range, '-');

    if (dash != NULL)
        *dash++ = '\0';
    if (!parse_decimal(range, &rule->first) || rule->first == 0)
        die("rule '%s': after # comes a number from 1 on", text);
    rule->last = rule->first;
    if (dash != NULL && (!parse_decimal(dash, &rule->last) || rule->last < rule->first))
        die("rule '%s': after # comes N or N-M, M not below N", text);
}

static void parse_rule(struct rule *rule, const char *text)
{
    char *copy = copy_string(text);
    char *behaviours = strchr(copy, '=');
    char *range = strchr(copy, '#');

    if (behaviours == NULL || behaviours == copy)
        die("rule '%s' is not of the form ACTION[#N[-M]]=BEHAVIOUR[;BEHAVIOUR...]", text);
    *behaviours++ = '\0';
    rule->first = 1;
    rule->last = INT64_MAX;
    if (range != NULL && range < behaviours) {
        *range++ = '\0';
        parse_range(rule, text, range);
    }
    rule->action = copy_string(copy);
    parse_behaviours(&rule->behaviour, text, behaviours);
    free(copy);
}

void script_load(struct script *script, const struct strings *rules)
{
    size_t i;

    memset(script, 0, sizeof *script);
    for (i = 0; i < rules->count; i++)
        script_add(script, rules->items[i]);
}

void script_add(struct script *script, const char *rule)
{
    struct rule *parsed = allocate(sizeof *parsed);

    parse_rule(parsed, rule);
    script->rules = reallocate((void *)script->rules,
                               (script->rule_count + 1) * sizeof *script->rules);
    script->rules[script->rule_count++] = parsed;
}

void script_clear(struct script *script)
{
    size_t i;

    script->first = script->rule_count;
    for (i = 0; i < script->count_count; i++)
        script->counts[i].count = 0;
}

void script_free(struct script *script)
{
    size_t i;

    for (i = 0; i < script->rule_count; i++) {
        free(script->rules[i]->action);
        free(script->rules[i]->behaviour.raw);
        free(script->rules[i]);
    }
    for (i = 0; i < script->count_count; i++)
        free(script->counts[i].action);
    free((void *)script->rules);
    free(script->counts);
}

static int64_t count_request(struct script *script, const char *action)
{
    size_t i = 0;

    while (i < script->count_count && strcmp(script->counts[i].action, action) != 0)
        i++;
    if (i == script->count_count) {
        script->counts = reallocate(script->counts, (i + 1) * sizeof *script->counts);
        script->counts[i].action = copy_string(action);
        script->counts[i].count = 0;
        script->count_count++;
    }
    return ++script->counts[i].count;
}

const struct behaviour *script_next(struct script *script, const char *action)
{
    int64_t nth = count_request(script, action);
    int64_t nth_of_all = strcmp(action, "*") != 0 ? count_request(script, "*") : nth;
    size_t i;

    for (i = script->first; i < script->rule_count; i++) {
        const struct rule *rule = script->rules[i];
        bool any = strcmp(rule->action, "*") == 0;
        int64_t n = any ? nth_of_all : nth;

        if ((any || strcmp(rule->action, action) == 0) && n >= rule->first && n <= rule->last)
            return &rule->behaviour;
    }
    return &good_behaviour;
}
