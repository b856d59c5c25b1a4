#define _POSIX_C_SOURCE 200809L
#include "fixture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char built_in[] = "[image image-debian12]\n"
                               "release = 20241115\n"
                               "[image image-debian12-custom]\n"
                               "visibility = private\n"
                               "has-credential = yes\n"
                               "[image image-windows2022]\n"
                               "os = Windows\n"
                               "size-gib = 40\n"
                               "[key-pair kp-demo]\n"
                               "[instance i-demo0running0000001]\n"
                               "image = image-debian12\n"
                               "key-pair = kp-demo\n"
                               "[instance i-demo0stopped0000001]\n"
                               "status = STOPPED\n"
                               "image = image-debian12\n";

enum section { SECTION_NONE, SECTION_IMAGE, SECTION_KEY_PAIR, SECTION_INSTANCE };

enum kind { TEXT, NUMBER, BOOLEAN, STATUS, END_STATE };

struct key {
    enum section section;
    const char *name;
    enum kind kind;
    size_t member;
};

#define IMAGE(member)    offsetof(struct image, member)
#define INSTANCE(member) offsetof(struct instance, member)

static const struct key keys[] = {
    {SECTION_IMAGE, "name", TEXT, IMAGE(name)},
    {SECTION_IMAGE, "os", TEXT, IMAGE(os_type)},
    {SECTION_IMAGE, "os-name", TEXT, IMAGE(os_name)},
    {SECTION_IMAGE, "platform", TEXT, IMAGE(platform)},
    {SECTION_IMAGE, "visibility", TEXT, IMAGE(visibility)},
    {SECTION_IMAGE, "status", TEXT, IMAGE(status)},
    {SECTION_IMAGE, "release", TEXT, IMAGE(releases)},
    {SECTION_IMAGE, "instance-types", TEXT, IMAGE(instance_types)},
    {SECTION_IMAGE, "volume-types", TEXT, IMAGE(volume_types)},
    {SECTION_IMAGE, "size-gib", NUMBER, IMAGE(size_gib)},
    {SECTION_IMAGE, "has-credential", BOOLEAN, IMAGE(has_credential)},
    {SECTION_IMAGE, "unreadable", BOOLEAN, IMAGE(unreadable)},
    {SECTION_KEY_PAIR, "finger-print", TEXT, offsetof(struct key_pair, finger_print)},
    {SECTION_INSTANCE, "name", TEXT, INSTANCE(name)},
    {SECTION_INSTANCE, "status", STATUS, INSTANCE(now.status)},
    {SECTION_INSTANCE, "image", TEXT, INSTANCE(image_id)},
    {SECTION_INSTANCE, "key-pair", TEXT, INSTANCE(first_key_pair)},
    {SECTION_INSTANCE, "type", TEXT, INSTANCE(type)},
    {SECTION_INSTANCE, "cpus", NUMBER, INSTANCE(cpus)},
    {SECTION_INSTANCE, "memory-mib", NUMBER, INSTANCE(memory_mib)},
    {SECTION_INSTANCE, "host-name", TEXT, INSTANCE(host_name)},
    {SECTION_INSTANCE, "volume-type", TEXT, INSTANCE(volume_type)},
    {SECTION_INSTANCE, "volume-status", TEXT, INSTANCE(volume_status)},
    {SECTION_INSTANCE, "volume-size-gib", NUMBER, INSTANCE(now.volume_size_gib)},
    {SECTION_INSTANCE, "snapshots", NUMBER, INSTANCE(snapshots)},
    {SECTION_INSTANCE, "created-by", TEXT, INSTANCE(created_by)},
    {SECTION_INSTANCE, "tags", TEXT, INSTANCE(tags)},
    {SECTION_INSTANCE, "expired", BOOLEAN, INSTANCE(expired)},
    {SECTION_INSTANCE, "locked", BOOLEAN, INSTANCE(locked)},
    {SECTION_INSTANCE, "creating-image", BOOLEAN, INSTANCE(creating_image)},
    {SECTION_INSTANCE, "replacement-ends", END_STATE, INSTANCE(end_state)},
    {SECTION_INSTANCE, "start-ends", END_STATE, INSTANCE(start_ends)},
};

enum { KEY_COUNT = sizeof keys / sizeof keys[0] };

struct reader {
    struct cloud *cloud;
    const char *path;
    int line;
    enum section section;
};

static void wrong(const struct reader *reader, const char *what, const char *word)
{
    die("%s, line %d: %s '%s'", reader->path, reader->line, what, word);
}

/* Makes room for one more element of an array and zeroes it. */
static void *grow(void *items, size_t *count, size_t size)
{
    char *moved = reallocate(items, (*count + 1) * size);

    memset(moved + *count * size, 0, size);
    (*count)++;
    return moved;
}

static void begin_image(struct cloud *cloud, const char *id)
{
    cloud->images = grow(cloud->images, &cloud->image_count, sizeof *cloud->images);
    cloud->images[cloud->image_count - 1].id = copy_string(id);
}

static void begin_key_pair(struct cloud *cloud, const char *name)
{
    cloud->key_pairs = grow(cloud->key_pairs, &cloud->key_pair_count, sizeof *cloud->key_pairs);
    cloud->key_pairs[cloud->key_pair_count - 1].name = copy_string(name);
}

static void begin_instance(struct cloud *cloud, const char *id)
{
    struct instance *instance;

    cloud->instances = grow(cloud->instances, &cloud->instance_count, sizeof *cloud->instances);
    instance = &cloud->instances[cloud->instance_count - 1];
    instance->id = copy_string(id);
    instance->now.status = STATUS_RUNNING;
    instance->end_state = -1;
    instance->start_ends = END_RUNNING;
}

static void begin_section(struct reader *reader, char *line)
{
    char *id = strchr(line, ' ');
    char *end = strchr(line, ']');
    bool known;

    if (id == NULL || end == NULL || end[1] != '\0' || id + 1 >= end)
        wrong(reader, "a section is [image ID], [key-pair NAME] or [instance ID], not", line);
    *id++ = '\0';
    *end = '\0';
    known = cloud_find_image(reader->cloud, id) != NULL ||
            cloud_find_key_pair(reader->cloud, id) != NULL ||
            cloud_find_instance(reader->cloud, id) != NULL;
    if (known)
        wrong(reader, "there are two sections of", id);
    if (strcmp(line, "[image") == 0) {
        reader->section = SECTION_IMAGE;
        begin_image(reader->cloud, id);
    } else if (strcmp(line, "[key-pair") == 0) {
        reader->section = SECTION_KEY_PAIR;
        begin_key_pair(reader->cloud, id);
    } else if (strcmp(line, "[instance") == 0 && strncmp(id, "i-", 2) == 0) {
        reader->section = SECTION_INSTANCE;
        begin_instance(reader->cloud, id);
    } else {
        wrong(reader, "neither an image, a key-pair nor an instance i-... is", id);
    }
}

/* The element that the section at hand describes: the last one of its array. */
static void *current_element(const struct reader *reader)
{
    const struct cloud *cloud = reader->cloud;

    switch (reader->section) {
    case SECTION_IMAGE:
        return &cloud->images[cloud->image_count - 1];
    case SECTION_KEY_PAIR:
        return &cloud->key_pairs[cloud->key_pair_count - 1];
    case SECTION_INSTANCE:
        return &cloud->instances[cloud->instance_count - 1];
    case SECTION_NONE:
        break;
    }
    return NULL;
}

static void set_end_state(const struct reader *reader, int *state, const char *value)
{
    if (strcmp(value, "running") == 0)
        *state = END_RUNNING;
    else if (strcmp(value, "stopped") == 0)
        *state = END_STOPPED;
    else if (strcmp(value, "error") == 0)
        *state = END_ERROR;
    else
        wrong(reader, "running, stopped or error is wanted, not", value);
}

static void set_boolean(const struct reader *reader, bool *flag, const char *value)
{
    if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
        wrong(reader, "yes or no is wanted, not", value);
    *flag = value[0] == 'y';
}

static void set_value(const struct reader *reader, const struct key *key, const char *value)
{
    void *member = (char *)current_element(reader) + key->member;

    switch (key->kind) {
    case TEXT:
        free(*(char **)member);
        *(char **)member = copy_string(value);
        break;
    case NUMBER:
        if (!parse_decimal(value, member))
            wrong(reader, "a number is wanted, not", value);
        break;
    case BOOLEAN:
        set_boolean(reader, member, value);
        break;
    case STATUS:
        if (!parse_status(value, member))
            wrong(reader, "there is no status", value);
        break;
    case END_STATE:
        set_end_state(reader, member, value);
        break;
    }
}

static char *trim(char *text)
{
    char *end;

    text += strspn(text, " \t");
    end = text + strlen(text);
    while (end > text && strchr(" \t\r", end[-1]) != NULL)
        *--end = '\0';
    return text;
}

static void read_assignment(const struct reader *reader, char *line)
{
    char *equals = strchr(line, '=');
    char *name;
    size_t i;

    if (equals == NULL)
        wrong(reader, "this is neither a [section] nor key = value:", line);
    *equals = '\0';
    name = trim(line);
    for (i = 0; i < KEY_COUNT; i++) {
        if (keys[i].section == reader->section && strcmp(keys[i].name, name) == 0) {
            set_value(reader, &keys[i], trim(equals + 1));
            return;
        }
    }
    wrong(reader, "this section has no key", name);
}

static void read_line(struct reader *reader, char *line)
{
    reader->line++;
    line = trim(line);
    if (*line == '\0' || *line == '#' || *line == ';')
        return;
    if (*line == '[')
        begin_section(reader, line);
    else
        read_assignment(reader, line);
}

static void read_lines(struct reader *reader, char *content)
{
    char *line = content;

    while (line != NULL) {
        char *end = strchr(line, '\n');

        if (end != NULL)
            *end++ = '\0';
        read_line(reader, line);
        line = end;
    }
}

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    struct text content = {0};
    char part[4096];
    size_t len;

    if (file == NULL)
        die("cannot read the fixture %s: %s", path, strerror(errno));
    text_puts(&content, "");
    while ((len = fread(part, 1, sizeof part, file)) > 0)
        text_add(&content, part, len);
    fclose(file);
    return content.bytes;
}

static void fill_in(char **member, const char *value)
{
    if (*member == NULL)
        *member = copy_string(value);
}

static void complete_image(struct image *image)
{
    bool windows;

    fill_in(&image->os_type, "Linux");
    windows = strcmp(image->os_type, "Windows") == 0;
    fill_in(&image->name, image->id);
    fill_in(&image->os_name, windows ? "Windows Server 2022 Datacenter 64bit" : "Debian 12 64bit");
    fill_in(&image->platform, windows ? "Windows Server" : "Debian");
    fill_in(&image->visibility, "public");
    fill_in(&image->status, "available");
    fill_in(&image->releases, "");
    fill_in(&image->instance_types, "");
    fill_in(&image->volume_types, "");
    if (image->size_gib == 0)
        image->size_gib = 20;
}

void fixture_load(struct cloud *cloud, const char *path)
{
    struct reader reader = {cloud, path != NULL ? path : "built-in fixture", 0, SECTION_NONE};
    char *content = path != NULL ? read_file(path) : copy_string(built_in);
    size_t i;

    read_lines(&reader, content);
    free(content);
    for (i = 0; i < cloud->image_count; i++)
        complete_image(&cloud->images[i]);
    for (i = 0; i < cloud->key_pair_count; i++)
        fill_in(&cloud->key_pairs[i].finger_print,
                "3b:f0:12:5c:8a:77:d1:4e:90:2b:6d:e8:43:a5:19:c7");
    for (i = 0; i < cloud->instance_count; i++) {
        if (cloud->instances[i].image_id == NULL)
            die("%s: instance %s has no image", reader.path, cloud->instances[i].id);
    }
}
