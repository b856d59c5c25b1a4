#define _POSIX_C_SOURCE 200809L
#include "list.h"

#include "console.h"
#include "text_width.h"
#include <errno.h>
#include <string.h>

/* --- the three lists ---------------------------------------------------------------------------
 */

struct column {
    const char *title;   /* of the table; NULL: in JSON only */
    unsigned width;      /* of the table */
    const char *path;    /* in an element of the answer */
    const char *instead; /* shown in the table where that is empty, or NULL */
    const char *json;
};

#define COLUMNS_MAX 9

/* The address of the first network interface, which is an object of its own. */
#define PRIVATE_ADDRESS "PrimaryIpAddress"

struct form {
    const char *name; /* as the command line has it, and in sentences */
    const char *plural;
    const char *action;
    const char *wanted;
    /* The first is the id, without which an object is none of the list. What varies most in length
     * is last, so that it pushes nothing aside. */
    struct column columns[COLUMNS_MAX];
};

static const struct form forms[] = {
    {"instances",
     "instances",
     "DescribeInstances",
     "NextToken,Instances*[{InstanceId,InstanceName,Status,ImageId,OsName,OsType,ZoneId,"
     "EipAddress{IpAddress},NetworkInterfaces*[{" PRIVATE_ADDRESS "}]}]",
     {
         {"INSTANCE", 22, "InstanceId", NULL, "instance_id"},
         {"STATUS", 10, "Status", NULL, "status"},
         {"IMAGE", 26, "ImageId", NULL, "image_id"},
         {"OS", 22, "OsName", "OsType", "os_name"},
         {NULL, 0, "OsType", NULL, "os_type"},
         {"ADDRESS", 15, "EipAddress.IpAddress", PRIVATE_ADDRESS, "public_address"},
         {NULL, 0, PRIVATE_ADDRESS, NULL, "private_address"},
         {"ZONE", 13, "ZoneId", NULL, "zone_id"},
         {"NAME", 0, "InstanceName", NULL, "instance_name"},
     }},
    {"images",
     "images",
     "DescribeImages",
     "NextToken,Images*[{ImageId,ImageName,OsName,OsType,Visibility,Status,Size}]",
     {
         {"IMAGE", 26, "ImageId", NULL, "image_id"},
         {"OS", 36, "OsName", "OsType", "os_name"},
         {NULL, 0, "OsType", NULL, "os_type"},
         {"VISIBLE", 8, "Visibility", NULL, "visibility"},
         {"STATUS", 10, "Status", NULL, "status"},
         {"GIB", 5, "Size", NULL, "size_gib"},
         {"NAME", 0, "ImageName", NULL, "image_name"},
     }},
    {"key-pairs",
     "key pairs",
     "DescribeKeyPairs",
     "NextToken,KeyPairs*[{KeyPairName,KeyPairId,FingerPrint}]",
     {
         {"KEY PAIR", 24, "KeyPairName", NULL, "key_pair_name"},
         {"ID", 30, "KeyPairId", NULL, "key_pair_id"},
         {"FINGERPRINT", 0, "FingerPrint", NULL, "finger_print"},
     }},
};

int list_kind_of(const char *text, enum list_kind *kind)
{
    size_t i;

    for (i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (strcmp(forms[i].name, text) == 0) {
            *kind = (enum list_kind)i;
            return 0;
        }
    }
    return -1;
}

/* --- texts of an answer ------------------------------------------------------------------------
 */

#define TEXT_SIZE 260 /* the library hands over no more than 256 bytes of one */

struct listing {
    struct asker *asker;
    const struct form *form;
    int json;
    FILE *out;
    unsigned long count; /* of all pages */

    /* of the page that comes in */
    unsigned long at;       /* elements seen of this answer */
    unsigned long shown;    /* of this answer, and of those before it that were cut */
    uint32_t hash;          /* of the ids of those seen */
    uint32_t hash_of_shown; /* of those shown */
    char private_address[TEXT_SIZE];

    char asked[TEXT_SIZE]; /* its token; "": it is the first */
    char next[TEXT_SIZE];  /* token of the page to come; "": none */
    const char *fault;     /* why it cannot go on */
    int error;             /* errno of that, or 0 */
};

/* Already safe to show. "" is none; *is_long: it is there, but too long. */
static void get_text(const struct listing *listing, const rv_json *object, const char *path,
                     char text[TEXT_SIZE], int *is_long)
{
    *is_long = 0;
    text[0] = '\0';
    if (path == NULL) {
        return;
    }
    if (strcmp(path, PRIVATE_ADDRESS) == 0) {
        memcpy(text, listing->private_address, TEXT_SIZE);
        return;
    }
    *is_long = rv_json_text(object, path, text, TEXT_SIZE) == RV_ERR_BODY_TOO_LARGE;
}

/* --- the table ---------------------------------------------------------------------------------
 */

static int is_last(const struct form *form, size_t column)
{
    return column + 1 == COLUMNS_MAX || form->columns[column + 1].json == NULL;
}

static void print_cell(FILE *out, const char *text, unsigned width, int is_last_one)
{
    unsigned used = text_width(text);

    (void)fputs(text, out);
    if (is_last_one) {
        (void)fputc('\n', out);
        return;
    }
    for (; used < width; used++) {
        (void)fputc(' ', out);
    }
    (void)fputs("  ", out);
}

static void print_titles(const struct listing *listing)
{
    const struct form *form = listing->form;
    size_t i;

    for (i = 0; i < COLUMNS_MAX && form->columns[i].json != NULL; i++) {
        if (form->columns[i].title != NULL) {
            print_cell(listing->out, form->columns[i].title, form->columns[i].width,
                       is_last(form, i));
        }
    }
}

static void print_row(const struct listing *listing, const rv_json *object)
{
    const struct form *form = listing->form;
    size_t i;

    for (i = 0; i < COLUMNS_MAX && form->columns[i].json != NULL; i++) {
        const struct column *column = &form->columns[i];
        char text[TEXT_SIZE];
        int is_long;

        if (column->title == NULL) {
            continue;
        }
        get_text(listing, object, column->path, text, &is_long);
        if (text[0] == '\0' && !is_long) {
            get_text(listing, object, column->instead, text, &is_long);
        }
        print_cell(listing->out,
                   is_long           ? "(too long)"
                   : text[0] != '\0' ? text
                                     : "-",
                   column->width, is_last(form, i));
    }
}

/* --- JSON --------------------------------------------------------------------------------------
 */

static void print_string(FILE *out, const char *text)
{
    (void)fputc('"', out);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\') {
            (void)fputc('\\', out);
        }
        (void)fputc(*text, out);
    }
    (void)fputc('"', out);
}

/* The service writes sizes as numbers or as texts; here they are numbers. */
static int is_number(const struct column *column, const char *text)
{
    return strcmp(column->json, "size_gib") == 0 && strlen(text) <= 9 && text[0] != '0' &&
           strspn(text, "0123456789") == strlen(text);
}

/* The names are frozen: programs read them. More may come. */
static void print_object(const struct listing *listing, const rv_json *object)
{
    const struct form *form = listing->form;
    size_t i;

    for (i = 0; i < COLUMNS_MAX && form->columns[i].json != NULL; i++) {
        const struct column *column = &form->columns[i];
        char text[TEXT_SIZE];
        int is_long;

        (void)fprintf(listing->out, "%s\"%s\":", i == 0 ? "{" : ",", column->json);
        get_text(listing, object, column->path, text, &is_long);
        if (text[0] == '\0') {
            (void)fputs("null", listing->out);
        } else if (is_number(column, text)) {
            (void)fputs(text, listing->out);
        } else {
            print_string(listing->out, text);
        }
    }
    (void)fputs("}\n", listing->out);
}

/* --- page by page ------------------------------------------------------------------------------
 *
 * Each element is printed as it comes in. If the answer is cut, another one takes its place: what
 * was printed already is then not printed again, as long as it is the same.
 */

#define CHANGED "the list has changed while it was read: what is shown is not all of it, ask again"

static void note_id(struct listing *listing, const char *id)
{
    for (; *id != '\0'; id++) {
        listing->hash = (listing->hash ^ (uint8_t)*id) * 16777619u; /* FNV-1a */
    }
    listing->hash = listing->hash * 16777619u;
    listing->at++;
}

static void note_write_error(struct listing *listing)
{
    listing->fault = "it cannot be written: ";
    listing->error = errno;
}

static void print_element(struct listing *listing, const rv_json *object)
{
    if (listing->json) {
        print_object(listing, object);
    } else {
        if (listing->count == 0) {
            print_titles(listing);
        }
        print_row(listing, object);
    }
    listing->count++;
    listing->shown = listing->at;
    listing->hash_of_shown = listing->hash;
    if (ferror(listing->out)) {
        note_write_error(listing);
    }
}

static void take_element(struct listing *listing, const rv_json *object)
{
    char text[TEXT_SIZE];

    if (rv_json_text(object, PRIVATE_ADDRESS, text, sizeof text) > 0 &&
        listing->private_address[0] == '\0') {
        memcpy(listing->private_address, text, sizeof text);
    }
    if (rv_json_text(object, listing->form->columns[0].path, text, sizeof text) <= 0) {
        return; /* a part of what is to come */
    }
    note_id(listing, text);
    if (listing->at > listing->shown) {
        print_element(listing, object);
    } else if (listing->at == listing->shown && listing->hash != listing->hash_of_shown) {
        listing->fault = CHANGED;
    }
    listing->private_address[0] = '\0';
}

static void take_end(struct listing *listing, const rv_json *result)
{
    listing->next[0] = '\0';
    if (listing->at < listing->shown) {
        listing->fault = CHANGED;
    } else if (rv_json_text(result, "NextToken", listing->next, sizeof listing->next) ==
               RV_ERR_BODY_TOO_LARGE) {
        listing->fault = "the service's NextToken is too long: what is shown is not all";
    } else if (listing->next[0] != '\0' && strcmp(listing->asked, listing->next) == 0) {
        listing->fault = "the service gives the same page again: what is shown is perhaps not all";
    }
}

/* A fault is no fault of the answer, which would only be asked for again: the rest of it passes. */
static int take_object(void *ctx, int is_element, const rv_json *object)
{
    struct listing *listing = ctx;

    if (ask_is_new_answer(listing->asker)) {
        listing->at = 0;
        listing->hash = 2166136261u;
        listing->private_address[0] = '\0';
    }
    if (listing->fault != NULL) {
        return RV_OK;
    }
    if (is_element) {
        take_element(listing, object);
    } else {
        take_end(listing, object);
    }
    return RV_OK;
}

static int ask_page(struct listing *listing)
{
    rv_name_value parameters[2] = {{"MaxResults", "100"}, {"NextToken", listing->asked}};
    rv_request request;

    memset(&request, 0, sizeof request);
    memcpy(listing->asked, listing->next, sizeof listing->asked);
    request.service = "ecs";
    request.action = listing->form->action;
    request.parameters = parameters;
    request.parameter_count = listing->asked[0] != '\0' ? 2 : 1;
    request.wanted = listing->form->wanted;
    request.on_object = take_object;
    request.on_object_ctx = listing;
    listing->shown = 0;
    return ask(listing->asker, &request);
}

static void say_count(const struct listing *listing)
{
    if (listing->count == 0) {
        (void)console_say(CONSOLE_PROGRESS,
                          "there are no %s in this region that these credentials can see",
                          listing->form->plural);
    } else {
        (void)console_say(CONSOLE_PROGRESS, "%lu in all", listing->count);
    }
}

int list_print(struct asker *asker, enum list_kind kind, int json, FILE *out, struct report *report)
{
    struct listing listing;
    int status;

    memset(&listing, 0, sizeof listing);
    listing.asker = asker;
    listing.form = &forms[kind];
    listing.json = json;
    listing.out = out;
    do {
        status = ask_page(&listing);
        if (fflush(out) != 0 && listing.fault == NULL) {
            note_write_error(&listing);
        }
    } while (status == RV_OK && listing.fault == NULL && listing.next[0] != '\0');
    if (listing.fault != NULL) {
        return report_fault(report, EXIT_NOT_SENT, "the list of %s: %s%s", listing.form->plural,
                            listing.fault, listing.error != 0 ? strerror(listing.error) : "");
    }
    if (status != RV_OK) {
        return LIST_NO_ANSWER;
    }
    say_count(&listing);
    return 0;
}
