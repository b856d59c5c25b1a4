#include "cloud.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX   200000 /* of one job; more is an endless loop */
#define RESTART_S   300    /* so much longer a restart may take */
#define INSTANCE_ID "i-test"

static struct cloud the_cloud;

/* --- what looks see --------------------------------------------------------------------------- */

static size_t word_len(const char *word)
{
    return strcspn(word, " ");
}

/* Behind the '*' of a word, else 1. */
static unsigned word_times(const char *word)
{
    size_t len = strcspn(word, " *");

    return word[len] == '*' ? (unsigned)strtoul(word + len + 1, NULL, 10) : 1;
}

/* The word that follows in the same sequence, or NULL. */
static const char *next_word(const char *word)
{
    word += word_len(word);
    word += strspn(word, " ");
    return *word == '\0' || *word == '|' ? NULL : word;
}

static void apply_word(struct cloud *cloud)
{
    const char *at = cloud->word + strcspn(cloud->word, " +");
    size_t len = strcspn(cloud->word, " +*");

    snprintf(cloud->now.status, sizeof(cloud->now.status), "%.*s", (int)len, cloud->word);
    for (; *at != '\0' && *at != ' '; at++) {
        switch (*at) {
        case 'i':
            cloud->now.has_new_image = 1;
            break;
        case 'I':
            cloud->now.has_new_image = 0;
            break;
        case 'v':
            cloud->now.has_new_volume = 1;
            break;
        case 's':
            cloud->now.has_new_system_volume = 1;
            break;
        case 'u':
            cloud->now.updates++;
            break;
        default:
            break;
        }
    }
}

/* After the number-th effect of its kind (from 1) looks see other words. */
static void turn_to(struct cloud *cloud, const char *words, unsigned number)
{
    const char *bar;

    while (number-- > 1 && (bar = strchr(words, '|')) != NULL) {
        words = bar + 1 + strspn(bar + 1, " ");
    }
    cloud->before_effect = cloud->now;
    cloud->word = words;
    cloud->word_count = 0;
}

void cloud_see(struct cloud *cloud, const char *words)
{
    turn_to(cloud, words, 1);
}

static const struct cloud_state *next_look(struct cloud *cloud)
{
    if (cloud->word_count >= word_times(cloud->word) && next_word(cloud->word) != NULL) {
        cloud->word = next_word(cloud->word);
        cloud->word_count = 0;
    }
    if (cloud->word_count++ == 0 && strncmp(cloud->word, "LAGGING", 7) != 0) {
        apply_word(cloud);
    }
    return strncmp(cloud->word, "LAGGING", 7) == 0 ? &cloud->before_effect : &cloud->now;
}

/* --- answers ---------------------------------------------------------------------------------- */

static const char *const action_names[CLOUD_ACTIONS] = {
    "DescribeInstances", "DescribeImages", "DescribeKeyPairs",    "DescribeVolumes",
    "StopInstance",      "StartInstance",  "ReplaceSystemVolume", "ReplaceSystemVolume"};

static const char *const action_words[CLOUD_ACTIONS] = {"look", "image", "key-pair", "volume",
                                                        "stop", "start", "replace",  "dry-run"};

static size_t print_head(struct cloud *cloud, enum cloud_action action)
{
    return (size_t)sprintf(cloud->body,
                           "{\"ResponseMetadata\":{\"RequestId\":\"request-1\",\"Action\":\"%s\","
                           "\"Version\":\"2020-04-01\",\"Service\":\"ecs\",\"Region\":"
                           "\"cn-beijing\"",
                           action_names[action]);
}

static void make_error_body(struct cloud *cloud, enum cloud_action action, const char *code)
{
    size_t len = print_head(cloud, action);

    sprintf(cloud->body + len,
            ",\"Error\":{\"CodeN\":100000,\"Code\":\"%s\",\"Message\":\"Why.\"}}}", code);
}

static size_t print_instance(struct cloud *cloud, size_t len, const struct cloud_state *state)
{
    unsigned minute = state->updates;

    len += (size_t)snprintf(
        cloud->body + len, sizeof(cloud->body) - len,
        "{\"InstanceId\":\"" INSTANCE_ID "\",\"InstanceName\":\"%s\",\"Description\":\"\","
        "\"Status\":\"%s\",\"ImageId\":\"%s\",\"OsType\":\"%s\",\"StoppedMode\":\"KeepCharging\","
        "\"Cpus\":2,\"MemorySize\":4096,\"CreatedAt\":\"2025-01-01T08:00:00+08:00\","
        "\"UpdatedAt\":\"2025-06-15T%02u:%02u:00+08:00\"",
        cloud->instance_name, state->status,
        state->has_new_image ? cloud->world->replace.image_id : cloud->old_image_id, cloud->os_type,
        minute / 60 % 24, minute % 60);
    if (!cloud->hides_volumes) {
        len += (size_t)sprintf(cloud->body + len,
                               ",\"Volumes\":[{\"VolumeId\":\"%s\"},{\"VolumeId\":\"vol-data\"}]",
                               state->has_new_volume ? "vol-system-2" : "vol-system-1");
    }
    return len + (size_t)snprintf(cloud->body + len, sizeof(cloud->body) - len, "%s}",
                                  cloud->more_members == NULL ? "" : cloud->more_members);
}

static void make_look(struct cloud *cloud)
{
    const struct cloud_state *state = next_look(cloud);
    int is_missing = strcmp(state->status, "MISSING") == 0;
    size_t len = print_head(cloud, LOOK);

    len += (size_t)sprintf(cloud->body + len, "},\"Result\":{\"Instances\":[");
    if (!is_missing) {
        len = print_instance(cloud, len, state);
    }
    snprintf(cloud->body + len, sizeof(cloud->body) - len,
             "],\"NextToken\":\"\",\"TotalCount\":%d}}", !is_missing);
}

static void make_image(struct cloud *cloud)
{
    size_t len = print_head(cloud, ASK_IMAGE);

    len += (size_t)sprintf(cloud->body + len, "},\"Result\":{\"Images\":[");
    if (!cloud->has_no_image) {
        len += (size_t)sprintf(cloud->body + len,
                               "{\"ImageId\":\"%s\",\"ImageName\":\"name\",\"OsType\":\"%s\","
                               "\"Visibility\":\"%s\",\"Status\":\"%s\",\"Size\":%d,"
                               "\"Architecture\":\"amd64\",\"IsSupportCloudInit\":true}",
                               cloud->world->replace.image_id, cloud->image_os_type,
                               cloud->image_visibility, cloud->image_status, cloud->image_size_gib);
    }
    sprintf(cloud->body + len, "],\"NextToken\":\"\",\"TotalCount\":%d}}", !cloud->has_no_image);
}

static void make_key_pair(struct cloud *cloud)
{
    size_t len = print_head(cloud, ASK_KEY_PAIR);

    sprintf(cloud->body + len, "},\"Result\":{\"KeyPairs\":[%s],\"TotalCount\":%d}}",
            cloud->has_no_key_pair
                ? ""
                : "{\"KeyPairId\":\"kp-1\",\"KeyPairName\":\"key\",\"FingerPrint\":\"00:11\"}",
            !cloud->has_no_key_pair);
}

static void make_volume(struct cloud *cloud)
{
    size_t len = print_head(cloud, ASK_VOLUME);

    sprintf(cloud->body + len,
            "},\"Result\":{\"TotalCount\":1,\"Volumes\":[{\"VolumeId\":\"%s\",\"Size\":\"40\","
            "\"Kind\":\"system\",\"Status\":\"attached\",\"InstanceId\":\"" INSTANCE_ID "\"}]}}",
            cloud->now.has_new_volume || cloud->now.has_new_system_volume ? "vol-system-2"
                                                                          : "vol-system-1");
}

static void make_body(struct cloud *cloud, enum cloud_action action)
{
    switch (action) {
    case LOOK:
        make_look(cloud);
        break;
    case ASK_IMAGE:
        make_image(cloud);
        break;
    case ASK_KEY_PAIR:
        make_key_pair(cloud);
        break;
    case ASK_VOLUME:
        make_volume(cloud);
        break;
    default:
        sprintf(cloud->body + print_head(cloud, action), "},\"Result\":{}}");
    }
}

/* What this request is answered with. */
static const cloud_answer *take_answer(struct cloud *cloud, enum cloud_action action)
{
    static const cloud_answer yes = YES;
    static const cloud_answer dry_run_passes = NO(412, "DryRunOperation");
    const cloud_answer *answer = cloud->answers[action];

    if (cloud->answer_count[action] == 0) {
        return action == DRY_RUN ? &dry_run_passes : &yes;
    }
    cloud->answered[action]++;
    if (cloud->answered[action] >= answer->times) {
        cloud->answers[action]++;
        cloud->answer_count[action]--;
        cloud->answered[action] = 0;
    }
    return answer;
}

/* What it does beside answering. A token is executed once, and then answered from memory. */
static void take_effect(struct cloud *cloud, enum cloud_action action, const char *token)
{
    switch (action) {
    case STOP:
        turn_to(cloud, cloud->after_stop, ++cloud->stopped);
        break;
    case START:
        turn_to(cloud, cloud->after_start, ++cloud->started);
        break;
    case REPLACE:
    case DRY_RUN:
        if (strcmp(cloud->executed_token, token) != 0) {
            memcpy(cloud->executed_token, token, sizeof(cloud->executed_token));
            turn_to(cloud, cloud->after_replace, ++cloud->replaced);
        }
        break;
    default:
        break;
    }
}

/* --- requests --------------------------------------------------------------------------------- */

static const char *find_parameter(const char *text, const char *name)
{
    size_t len = strlen(name);
    const char *at = text;

    while ((at = strstr(at, name)) != NULL) {
        if ((at == text || strchr("?&\n", at[-1]) != NULL) && at[len] == '=') {
            return at + len + 1;
        }
        at += len;
    }
    return NULL;
}

static int parameter_is(const char *text, const char *name, const char *value)
{
    const char *found = find_parameter(text, name);
    size_t len = strlen(value);

    return found != NULL && strncmp(found, value, len) == 0 && strchr("& ", found[len]) != NULL;
}

int cloud_has_parameter(const struct cloud_request *request, const char *name_and_value)
{
    char name[64];
    size_t len = strcspn(name_and_value, "=");

    assert_true(len < sizeof(name));
    memcpy(name, name_and_value, len);
    name[len] = '\0';
    return parameter_is(request->text, name, name_and_value + len + 1);
}

/* Query, and body of a POST: "Action=...&...". */
static void copy_text(struct cloud_request *request, const char *wire)
{
    const char *query = strchr(wire, '?');
    const char *body = strstr(wire, "\r\n\r\n");
    int len;

    assert_non_null(query);
    assert_non_null(body);
    len = (int)strcspn(query, " ");
    snprintf(request->text, sizeof(request->text), "%.*s&%s ", len, query, body + 4);
}

static enum cloud_action action_of(const struct cloud_request *request)
{
    int action;

    if (parameter_is(request->text, "Action", "ReplaceSystemVolume")) {
        return parameter_is(request->text, "DryRun", "true") ? DRY_RUN : REPLACE;
    }
    for (action = LOOK; action < REPLACE; action++) {
        if (parameter_is(request->text, "Action", action_names[action])) {
            break;
        }
    }
    assert_int_not_equal(action, REPLACE); /* an action that no job needs */
    return (enum cloud_action)action;
}

static char letter_of(struct cloud *cloud, const char *token)
{
    unsigned i;

    for (i = 0; i < 26; i++) {
        if (cloud->tokens[i][0] == '\0') {
            memcpy(cloud->tokens[i], token, sizeof(cloud->tokens[i]));
        }
        if (strcmp(cloud->tokens[i], token) == 0) {
            return (char)('A' + i);
        }
    }
    fail_msg("more tokens than letters");
    return '?';
}

static void add_word(char *text, size_t size, const char *word, int is_forced, char letter)
{
    size_t len = strlen(text);

    if (len + 16 < size) {
        len += (size_t)sprintf(text + len, "%s%s%s", len > 0 ? " " : "", word,
                               is_forced ? "!" : "");
        if (letter != '\0') {
            sprintf(text + len, ":%c", letter);
        }
    }
}

/* The last record names the access key that signed this request. */
static void check_recorded_key(const struct cloud *cloud, const char *wire)
{
    const uint8_t *record = cloud->record[cloud->records - 1];
    size_t len = cloud->record_len[cloud->records - 1];
    const char *key = strstr(wire, "HMAC-SHA256 Credential=");
    size_t key_len, i;

    assert_non_null(key);
    key += strlen("HMAC-SHA256 Credential=");
    key_len = strcspn(key, "/");
    for (i = 0; i + key_len <= len && memcmp(record + i, key, key_len) != 0; i++) {
    }
    assert_true(i + key_len <= len);
}

/* The rules that hold for every request of every job. */
static void check_request(struct cloud *cloud, const struct cloud_request *request,
                          const char *wire, int is_first)
{
    const char *id = find_parameter(request->text, "InstanceId");
    unsigned i;

    switch (request->action) {
    case STOP:
        assert_true(parameter_is(request->text, "StoppedMode", "KeepCharging"));
        break;
    case LOOK:
        id = find_parameter(request->text, "InstanceIds.1");
        assert_null(find_parameter(request->text, "InstanceIds.2"));
        break;
    case ASK_VOLUME:
        assert_true(parameter_is(request->text, "Kind", "system"));
        break;
    case REPLACE: /* one token, one set of parameters */
        for (i = 0; i < cloud->request_count; i++) {
            if (cloud->request[i].action == REPLACE) {
                assert_string_equal(cloud->request[i].token, request->token);
                assert_string_equal(cloud->request[i].text, request->text);
            } else if (cloud->request[i].token[0] != '\0') {
                assert_string_not_equal(cloud->request[i].token, request->token);
            }
        }
        break;
    case ASK_IMAGE:
    case ASK_KEY_PAIR:
        return;
    default:
        break;
    }
    assert_non_null(id);
    assert_true(strncmp(id, INSTANCE_ID, strlen(INSTANCE_ID)) == 0);
    if (request->action == STOP || request->action == START || request->action >= REPLACE) {
        assert_string_not_equal(request->token, "");
    }
    /* The record was stored before the first byte of this request, and after everything else; where
     * the service checks the time, an attempt may have been turned away in between. */
    if (is_first && cloud->config.store != NULL && !cloud->may_lack_record && !cloud->is_resumed &&
        !cloud->world->server.checks_time) {
        assert_true(cloud->records > 0);
        assert_int_equal(cloud->bytes_at_store + strlen(wire), cloud->world->server.request_bytes);
        check_recorded_key(cloud, wire);
    }
}

static void note_request(struct cloud *cloud, struct cloud_request *request, const char *wire)
{
    const char *token, *x_date = strstr(wire, "X-Date: ");
    const char *word;
    int is_first = 0, is_forced;
    char letter = '\0';

    copy_text(request, wire);
    request->action = action_of(request);
    request->at_ms = cloud->world->now_ms;
    request->connection = cloud->world->server.connections;
    assert_non_null(x_date);
    request->x_date_s = scripted_utc_of_x_date(x_date + 8);
    token = find_parameter(request->text, "ClientToken");
    if (token != NULL) {
        size_t len = strcspn(token, "& ");

        assert_true(len <= RV_CLIENT_TOKEN_MAX);
        memset(request->token, 0, sizeof(request->token));
        memcpy(request->token, token, len);
    }
    if (request->token[0] != '\0') {
        unsigned i;

        is_first = 1;
        for (i = 0; i < cloud->request_count; i++) {
            is_first &= strcmp(cloud->request[i].token, request->token) != 0;
        }
        letter = letter_of(cloud, request->token);
    }
    word = action_words[request->action];
    is_forced = parameter_is(request->text, "ForceStop", "true");
    add_word(cloud->log, sizeof(cloud->log), word, is_forced, letter);
    if (request->action >= STOP) {
        add_word(cloud->effects, sizeof(cloud->effects), word, is_forced, letter);
    }
    assert_non_null(strstr(wire, request->action == ASK_VOLUME ? "/cn-beijing/storage_ebs/request,"
                                                               : "/cn-beijing/ecs/request,"));
    check_request(cloud, request, wire, is_first);
}

static const scripted_answer *make_answer(struct scripted *world, const char *wire)
{
    struct cloud *cloud = (struct cloud *)world->server.ctx;
    struct cloud_request *request = &cloud->request[cloud->request_count];
    scripted_answer *out = &cloud->answer;
    const cloud_answer *answer;

    assert_true(cloud->request_count < CLOUD_REQUESTS);
    memset(request, 0, sizeof(*request));
    note_request(cloud, request, wire);
    cloud->request_count++;
    cloud->asked[request->action]++;
    if (cloud->on_request != NULL) {
        cloud->on_request(cloud, request);
    }
    answer = take_answer(cloud, request->action);
    if (answer->does) {
        take_effect(cloud, request->action, request->token);
    }
    memset(out, 0, sizeof(*out));
    out->has_date = !cloud->has_no_date;
    out->date_s = cloud->date_error_s;
    out->delay_ms = answer->delay_ms > 0 ? answer->delay_ms : cloud->latency_ms;
    out->fields = answer->fields;
    out->status = answer->status;
    if (answer->status == 0) {
        out->is_cut = 1;
        out->end = END_CUT;
    } else if (answer->body != NULL) {
        out->body = answer->body;
    } else if (answer->code != NULL) {
        make_error_body(cloud, request->action, answer->code);
        out->body = cloud->body;
    } else if (answer->status < 300) {
        make_body(cloud, request->action);
        out->body = cloud->body;
    }
    return out;
}

/* --- the job's callbacks ---------------------------------------------------------------------- */

static int store(void *ctx, const uint8_t *record, size_t len, rv_need *need)
{
    struct cloud *cloud = (struct cloud *)ctx;
    unsigned number;

    assert_true(len > 0 && len <= RV_RECORD_MAX);
    if (cloud->again_len > 0) { /* asked again: the same bytes */
        assert_int_equal(len, cloud->again_len);
        assert_memory_equal(record, cloud->again_record, len);
    }
    if (cloud->agains_left > 0) {
        cloud->agains_left--;
        memcpy(cloud->again_record, record, len);
        cloud->again_len = len;
        need->events = 0;
        need->wake_at_ms = cloud->world->now_ms + 50;
        return RV_AGAIN;
    }
    cloud->agains_left = cloud->store_agains;
    cloud->again_len = 0;
    number = ++cloud->stores;
    if (cloud->store_fails_at > 0 &&
        (number == cloud->store_fails_at ||
         (number > cloud->store_fails_at && !cloud->store_fails_once))) {
        return cloud->store_with;
    }
    assert_true(cloud->records < CLOUD_RECORDS);
    memcpy(cloud->record[cloud->records], record, len);
    cloud->record_len[cloud->records++] = len;
    cloud->bytes_at_store = cloud->world->server.request_bytes;
    if (number == cloud->store_hangs_at) {
        cloud->agains_left = UINT_MAX;
        need->events = 0;
        need->wake_at_ms = cloud->world->now_ms + 50;
        return RV_AGAIN;
    }
    return RV_OK;
}

static int progress(void *ctx, const rv_progress *heard)
{
    struct cloud *cloud = (struct cloud *)ctx;

    assert_non_null(heard->instance);
    if (cloud->heard < CLOUD_HEARD) {
        cloud->hear[cloud->heard].progress = *heard;
        cloud->hear[cloud->heard].progress.instance = NULL;
        cloud->hear[cloud->heard].status = heard->instance->status;
        cloud->hear[cloud->heard].at_ms = cloud->world->now_ms;
    }
    cloud->heard++;
    return cloud->on_progress == NULL ? RV_OK : cloud->on_progress(cloud, heard);
}

/* --- a cloud for each test -------------------------------------------------------------------- */

int cloud_setup(void **state)
{
    struct cloud *cloud = &the_cloud;
    const void *row = *state;
    void *world;

    memset(cloud, 0, sizeof(*cloud));
    cloud->row = row;
    scripted_setup(&world);
    cloud->world = (struct scripted *)world;
    cloud->world->server.make_answer = make_answer;
    cloud->world->server.ctx = cloud;
    cloud->before = "RUNNING";
    cloud->after_stop = "STOPPING+u STOPPED+u";
    cloud->after_replace = "STOPPED REBUILDING+u RUNNING+iu";
    cloud->after_start = "STARTING+u RUNNING+u";
    cloud->old_image_id = "image-old";
    cloud->instance_name = "web-1";
    cloud->os_type = "Linux";
    cloud->image_status = "available";
    cloud->image_visibility = "private";
    cloud->image_os_type = "Linux";
    cloud->image_size_gib = 20;
    cloud->latency_ms = 20;
    cloud->store_with = RV_ERR_NETWORK;
    cloud->config.replace = &cloud->world->replace;
    cloud->config.may_stop = 1;
    cloud->config.store = store;
    cloud->config.progress = progress;
    cloud->config.ctx = cloud;
    *state = cloud;
    return 0;
}

int cloud_teardown(void **state)
{
    struct cloud *cloud = (struct cloud *)*state;
    void *world = cloud->world;

    rv_job_free(&cloud->job);
    return scripted_teardown(&world);
}

struct cloud *cloud_another(void **state)
{
    assert_int_equal(cloud_teardown(state), 0);
    *state = NULL;
    cloud_setup(state);
    return (struct cloud *)*state;
}

void cloud_answers(struct cloud *cloud, enum cloud_action action, const cloud_answer *answers,
                   size_t count)
{
    cloud->answers[action] = answers;
    cloud->answer_count[action] = count;
    cloud->answered[action] = 0;
}

/* --- running a job ---------------------------------------------------------------------------- */

static void begin(struct cloud *cloud)
{
    uint32_t limit_s = cloud->config.job_timeout_s;

    if (!cloud->world->has_client) {
        scripted_client(cloud->world);
    }
    if (cloud->word == NULL) {
        turn_to(cloud, cloud->before, 1);
    }
    cloud->agains_left = cloud->store_agains;
    cloud->again_len = 0;
    cloud->world->steps = 0;
    cloud->deadline_ms = cloud->world->now_ms +
                         ((limit_s == 0 ? 3600 : limit_s) + RESTART_S) * (uint64_t)1000;
    cloud->is_begun = 1;
}

void cloud_start(struct cloud *cloud)
{
    begin(cloud);
    assert_int_equal(rv_job_start(&cloud->job, &cloud->world->client, &cloud->config), RV_OK);
}

const rv_job_report *cloud_report(const struct cloud *cloud)
{
    return rv_job_report_of(&cloud->job);
}

/* What the report says holds in the service's books, at every moment. */
static void check_truth(const struct cloud *cloud)
{
    const rv_job_report *report = cloud_report(cloud);

    assert_true(cloud->replaced <= 1);
    switch (report->outcome) {
    case RV_JOB_NOT_SENT:
        assert_int_equal(cloud->asked[REPLACE], 0);
        assert_int_equal(cloud->replaced, 0);
        break;
    case RV_JOB_CHECKED:
    case RV_JOB_REFUSED:
        assert_int_equal(cloud->replaced, 0);
        break;
    case RV_JOB_DONE:
        assert_int_equal(cloud->replaced, 1);
        break;
    default:
        assert_true(cloud->asked[REPLACE] + cloud->asked[DRY_RUN] > 0 || cloud->is_resumed);
    }
    if (report->status == RV_AGAIN || cloud->is_resumed) {
        return;
    }
    if (cloud->stopped > 0) {
        assert_int_equal(report->stopped_by_job, 1);
    }
    if (cloud->started > 0) {
        assert_int_equal(report->started_by_job, 1);
    }
}

static void check_need(const struct cloud *cloud, const rv_need *need)
{
    assert_int_equal(need->events & ~(cloud->world->said_again | RV_NOW), 0);
    assert_true(need->wake_at_ms != RV_NEVER);
    assert_true(need->wake_at_ms > cloud->world->now_ms);
    assert_true(need->wake_at_ms <= cloud->deadline_ms);
}

int cloud_step(struct cloud *cloud, rv_need *need)
{
    struct scripted *world = cloud->world;
    uint64_t now_ms;
    unsigned waits = world->calls[ON_WAIT];
    rv_need own;
    int status;

    if (!cloud->is_begun) {
        cloud_start(cloud);
    }
    if (need == NULL) {
        need = &own;
    }
    memset(need, 0xA5, sizeof(*need));
    now_ms = world->now_ms;
    world->said_again = 0;
    status = rv_job_step(&cloud->job, need);
    assert_int_equal(world->calls[ON_WAIT], waits);
    assert_int_equal(cloud_report(cloud)->status, status);
    assert_null(world->violation);
    assert_true(++world->steps < STEPS_MAX);
    check_truth(cloud);
    if (status == RV_AGAIN) {
        if (world->now_ms == now_ms) { /* no callback of the test has moved the clock */
            check_need(cloud, need);
        }
    } else {
        assert_int_equal(rv_job_step(&cloud->job, &own), status); /* again and again */
        assert_null(world->client.call);
        assert_false(rv_job_is_watching(&cloud->job));
    }
    return status;
}

/* One step, and what it waits for. */
static int step_and_wait(struct cloud *cloud)
{
    rv_need need;
    int status = cloud_step(cloud, &need);

    if (status == RV_AGAIN) {
        assert_int_equal(scripted_wait(cloud->world, &need), RV_OK);
        assert_null(cloud->world->violation);
    }
    return status;
}

int cloud_run(struct cloud *cloud)
{
    int status;

    do {
        status = step_and_wait(cloud);
    } while (status == RV_AGAIN);
    return status;
}

int cloud_run_steps(struct cloud *cloud, unsigned count)
{
    int status = RV_AGAIN;

    while (count-- > 0 && status == RV_AGAIN) {
        status = step_and_wait(cloud);
    }
    return status;
}

void cloud_run_into(struct cloud *cloud, rv_step step)
{
    while (!cloud->is_begun || cloud_report(cloud)->step != step) {
        assert_int_equal(step_and_wait(cloud), RV_AGAIN);
    }
}

void cloud_run_until_asked(struct cloud *cloud, enum cloud_action action, unsigned times)
{
    while (cloud->asked[action] < times) {
        assert_int_equal(step_and_wait(cloud), RV_AGAIN);
    }
}

void cloud_crash(struct cloud *cloud, int64_t off_s)
{
    struct scripted *world = cloud->world;
    uint64_t boot_ms = 5000;

    cloud->store_hangs_at = 0;
    rv_job_free(&cloud->job);
    scripted_client_free(world);
    memset(&cloud->job, 0xEE, sizeof(cloud->job));
    world->off_s += off_s + ((int64_t)world->now_ms - (int64_t)boot_ms) / 1000;
    world->now_ms = boot_ms;
}

int cloud_crash_at_store(struct cloud *cloud, unsigned at, int64_t off_s)
{
    cloud->store_hangs_at = at;
    while (cloud->records < at) {
        if (step_and_wait(cloud) != RV_AGAIN) {
            return 0;
        }
    }
    cloud_crash(cloud, off_s);
    return 1;
}

void cloud_crash_before_sending(struct cloud *cloud, int64_t off_s)
{
    cloud->before = "STOPPED";
    assert_true(cloud_crash_at_store(cloud, 1, off_s));
    assert_int_equal(cloud->asked[REPLACE], 0);
}

void cloud_crash_after_acceptance(struct cloud *cloud, int64_t off_s)
{
    cloud->before = "STOPPED";
    while (!cloud->is_begun || !cloud_report(cloud)->accepted || cloud->records < 2) {
        assert_int_equal(step_and_wait(cloud), RV_AGAIN);
    }
    cloud_crash(cloud, off_s);
}

int cloud_resume(struct cloud *cloud, const void *record, size_t len)
{
    begin(cloud);
    cloud->is_resumed = 1;
    return rv_job_resume(&cloud->job, &cloud->world->client, &cloud->config,
                         (const uint8_t *)record, len);
}

void cloud_resume_last(struct cloud *cloud)
{
    uint8_t record[RV_RECORD_MAX];
    size_t len;

    assert_true(cloud->records > 0);
    len = cloud->record_len[cloud->records - 1];
    memcpy(record, cloud->record[cloud->records - 1], len);
    assert_int_equal(cloud_resume(cloud, record, len), RV_OK);
    memset(record, 0, sizeof(record)); /* the job does not need it any more */
}

void cloud_expect(const struct cloud *cloud, int status, rv_job_outcome outcome)
{
    assert_int_equal(cloud_report(cloud)->status, status);
    assert_int_equal(cloud_report(cloud)->outcome, outcome);
}

void cloud_expect_run(struct cloud *cloud, int status, rv_job_outcome outcome, const char *effects)
{
    cloud_run(cloud);
    cloud_expect(cloud, status, outcome);
    assert_string_equal(cloud->effects, effects);
}

const struct cloud_request *cloud_asked(const struct cloud *cloud, enum cloud_action action,
                                        unsigned number)
{
    unsigned i;

    for (i = 0; i < cloud->request_count; i++) {
        if (cloud->request[i].action == action && --number == 0) {
            return &cloud->request[i];
        }
    }
    fail_msg("%s was not asked that often", action_words[action]);
    return NULL;
}

/* --- suites ----------------------------------------------------------------------------------- */

void cloud_add(struct cloud_suite *suite, const char *name, const char *suffix,
               CMUnitTestFunction test, const void *row)
{
    struct CMUnitTest *added = &suite->tests[suite->count];
    char *full_name = suite->names[suite->count];

    if (suite->count == CLOUD_TESTS) {
        abort();
    }
    snprintf(full_name, sizeof(suite->names[0]), "%s%s", name, suffix);
    added->name = full_name;
    added->test_func = test;
    added->setup_func = cloud_setup;
    added->teardown_func = cloud_teardown;
    added->initial_state = (void *)(uintptr_t)row;
    suite->count++;
}

int cloud_run_suite(const struct cloud_suite *suite)
{
    return _cmocka_run_group_tests("tests", suite->tests, suite->count, NULL, NULL);
}
