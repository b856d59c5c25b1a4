/*
 * Where a job's record is kept: the folder and the file's name, what is in it and who may touch it,
 * and that at every moment it is the record before or the record after.
 *
 * The module is compiled into this test, with its calls to the system going through a gate: there a
 * chosen one fails, or is the last thing that the process does.
 */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum gate_kind { GATE_OPEN, GATE_FAILS, GATE_KILLS, GATE_INTERRUPTS };

static struct {
    enum gate_kind kind;
    int left;  /* calls that still pass before that one */
    int error; /* errno of it */
    int passed;
    char names[400]; /* of those that passed, each with a space after it */
} gate;

/* 1: this call fails. */
static int at_gate(const char *name)
{
    size_t used = strlen(gate.names);

    gate.passed++;
    (void)snprintf(gate.names + used, sizeof gate.names - used, "%s ", name);
    if (gate.kind == GATE_OPEN || gate.left-- != 0) {
        return 0;
    }
    if (gate.kind == GATE_KILLS) {
        (void)kill(getpid(), SIGKILL);
    }
    errno = gate.error;
    return 1;
}

/* As if the system could take or give but one byte at a time, now and then a signal between. */
static size_t gate_len(size_t len)
{
    return gate.kind == GATE_INTERRUPTS && len > 1 ? 1 : len;
}

static int gate_interrupts(void)
{
    static int turn;

    if (gate.kind == GATE_INTERRUPTS && ++turn % 3 == 0) {
        errno = EINTR;
        return 1;
    }
    return 0;
}

#define mkdir(...)      (at_gate("mkdir") ? -1 : mkdir(__VA_ARGS__))
#define open(...)       (at_gate("open") ? -1 : open(__VA_ARGS__))
#define openat(...)     (at_gate("openat") ? -1 : openat(__VA_ARGS__))
#define fcntl(...)      (at_gate("fcntl") ? -1 : fcntl(__VA_ARGS__))
#define fstat(...)      (at_gate("fstat") ? -1 : fstat(__VA_ARGS__))
#define fstatat(...)    (at_gate("fstatat") ? -1 : fstatat(__VA_ARGS__))
#define fchmod(...)     (at_gate("fchmod") ? -1 : fchmod(__VA_ARGS__))
#define fsync(...)      (at_gate("fsync") ? -1 : fsync(__VA_ARGS__))
#define renameat(...)   (at_gate("renameat") ? -1 : renameat(__VA_ARGS__))
#define unlinkat(...)   (at_gate("unlinkat") ? -1 : unlinkat(__VA_ARGS__))
#define close(fd)       (at_gate("close") ? (close(fd), errno = gate.error, -1) : close(fd))
#define read(fd, b, n)  (gate_interrupts() || at_gate("read") ? -1 : read(fd, b, gate_len(n)))
#define write(fd, b, n) (gate_interrupts() || at_gate("write") ? -1 : write(fd, b, gate_len(n)))

#include "examples/tool/record_file.c"

#undef mkdir
#undef open
#undef openat
#undef fcntl
#undef fstat
#undef fstatat
#undef fchmod
#undef fsync
#undef renameat
#undef unlinkat
#undef close
#undef read
#undef write

#include "../support/spawn.h"

#include <setjmp.h>

#include <cmocka.h>

static const struct record_owner owner = {"AKLTexample", "cn-beijing", "i-demo0stopped0000001"};

#define FILE_NAME "AKLTexample.cn-beijing.i-demo0stopped0000001.record"

/* --- one folder a test -------------------------------------------------------------------------
 */

static char home[64]; /* new for each test, and removed after it */
static struct report report;

/* A path in it; valid until the fourth next one. */
static const char *in_home(const char *name)
{
    static char paths[4][512];
    static int next;
    char *path = paths[next++ % 4];

    snprintf(path, sizeof paths[0], "%s/%s", home, name);
    return path;
}

static int begin(void **state)
{
    (void)state;
    memset(&gate, 0, sizeof gate);
    report_init(&report);
    snprintf(home, sizeof home, "/tmp/record-XXXXXX");
    umask(022);
    return mkdtemp(home) == NULL || setenv("XDG_STATE_HOME", home, 1) != 0;
}

static int end(void **state)
{
    (void)state;
    gate.kind = GATE_OPEN;
    remove_tree(home);
    return 0;
}

static int says(const char *text)
{
    return strstr(report.message, text) != NULL;
}

static int advises(const char *text)
{
    return strstr(report.advice, text) != NULL;
}

static int mode_of(const char *path)
{
    struct stat about;

    assert_int_equal(lstat(path, &about), 0);
    return (int)(about.st_mode & 07777);
}

static int is_there(const char *path)
{
    struct stat about;

    return lstat(path, &about) == 0;
}

static int entries_of(const char *path)
{
    DIR *entries = opendir(path);
    struct dirent *entry;
    int count = 0;

    assert_non_null(entries);
    while ((entry = readdir(entries)) != NULL) {
        count += entry->d_name[0] != '.';
    }
    closedir(entries);
    return count;
}

static void make_text(const char *path, const void *text, size_t len)
{
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, text, len), len);
    assert_int_equal(close(descriptor), 0);
}

static size_t get_text(const char *path, char *text, size_t size)
{
    int descriptor = open(path, O_RDONLY);
    ssize_t len;

    assert_true(descriptor >= 0);
    len = read(descriptor, text, size - 1);
    assert_true(len >= 0 && (size_t)len < size - 1);
    text[len] = '\0';
    close(descriptor);
    return (size_t)len;
}

/* --- a record in it ----------------------------------------------------------------------------
 */

static struct record_folder folder;
static struct record_file file;
static struct record record; /* what is written, and what was read */
static struct record found;

static void open_record(void)
{
    char name[RECORD_NAME_MAX + 1];

    record_name(&owner, name);
    assert_int_equal(record_folder_open(&folder, in_home("state"), &report), 0);
    assert_int_equal(record_file_open(&file, &folder, name, &report), 0);
}

static void close_record(void)
{
    record_file_close(&file);
    record_folder_close(&folder);
}

static const char *record_path(void)
{
    return in_home("state/" FILE_NAME);
}

/* A record that differs from those of other numbers in all its parts. */
static void fill(unsigned number)
{
    static const char options[] = "--image-id=image-debian12\0--stop\0--param=Note=a b";
    size_t i;

    memset(&record, 0, sizeof record);
    snprintf(record.access_key_id, sizeof record.access_key_id, "%s", owner.access_key_id);
    snprintf(record.region, sizeof record.region, "%s", owner.region);
    snprintf(record.instance_id, sizeof record.instance_id, "%s", owner.instance_id);
    memcpy(record.options, options, sizeof options);
    record.options_len = sizeof options;
    record.options_len +=
        (size_t)snprintf(record.options + record.options_len, 40, "--param=Number=%u", number) + 1;
    record.job_len = 100 + number % 100;
    for (i = 0; i < record.job_len; i++) {
        record.job[i] = (uint8_t)(number * 37 + i);
    }
}

static int holds(const struct record *one, const struct record *other)
{
    return strcmp(one->access_key_id, other->access_key_id) == 0 &&
           strcmp(one->region, other->region) == 0 &&
           strcmp(one->instance_id, other->instance_id) == 0 &&
           strcmp(one->outcome, other->outcome) == 0 && one->options_len == other->options_len &&
           memcmp(one->options, other->options, one->options_len) == 0 &&
           one->job_len == other->job_len && memcmp(one->job, other->job, one->job_len) == 0;
}

static enum record_state read_record(void)
{
    report_init(&report);
    return record_file_read(&file, &owner, &found, &report);
}

static void write_record(unsigned number)
{
    fill(number);
    assert_int_equal(record_file_write(&file, &record, &report), 0);
}

static void open_with(unsigned number)
{
    open_record();
    assert_int_equal(read_record(), RECORD_NONE);
    write_record(number);
}

/* --- where it is -------------------------------------------------------------------------------
 */

static void the_folder_is_made_in_XDG_STATE_HOME_for_its_owner_alone(void **state)
{
    (void)state;
    assert_int_equal(setenv("XDG_STATE_HOME", in_home("a/b"), 1), 0);
    assert_int_equal(record_folder_open(&folder, NULL, &report), 0);
    assert_string_equal(folder.path, in_home("a/b/replace-volume"));
    assert_int_equal(mode_of(in_home("a")), 0700);
    assert_int_equal(mode_of(in_home("a/b")), 0700);
    assert_int_equal(mode_of(in_home("a/b/replace-volume")), 0700);
    record_folder_close(&folder);
}

static void else_in_HOME(void **state)
{
    (void)state;
    assert_int_equal(unsetenv("XDG_STATE_HOME"), 0);
    assert_int_equal(setenv("HOME", home, 1), 0);
    assert_int_equal(record_folder_open(&folder, NULL, &report), 0);
    assert_string_equal(folder.path, in_home(".local/state/replace-volume"));
    record_folder_close(&folder);
}

static void a_relative_XDG_STATE_HOME_does_not_count(void **state)
{
    (void)state;
    assert_int_equal(setenv("XDG_STATE_HOME", "state", 1), 0);
    assert_int_equal(setenv("HOME", home, 1), 0);
    assert_int_equal(record_folder_open(&folder, NULL, &report), 0);
    assert_string_equal(folder.path, in_home(".local/state/replace-volume"));
    record_folder_close(&folder);
}

static void without_either_there_is_no_place(void **state)
{
    (void)state;
    assert_int_equal(unsetenv("XDG_STATE_HOME"), 0);
    assert_int_equal(unsetenv("HOME"), 0);
    assert_int_equal(record_folder_open(&folder, NULL, &report), EXIT_USAGE);
    assert_true(says("neither XDG_STATE_HOME nor HOME"));
    assert_true(advises("--state-dir") && advises("--no-state"));
    record_folder_close(&folder);
}

static void the_user_names_a_folder_which_is_made_if_need_be(void **state)
{
    int times;

    (void)state;
    for (times = 0; times < 2; times++) {
        assert_int_equal(record_folder_open(&folder, in_home("one/two///"), &report), 0);
        assert_string_equal(folder.path, in_home("one/two"));
        assert_int_equal(mode_of(in_home("one/two")), 0700);
        record_folder_close(&folder);
    }
}

static void a_folder_that_cannot_be_made_is_named_with_the_reason(void **state)
{
    (void)state;
    make_text(in_home("file"), "", 0);
    assert_int_equal(record_folder_open(&folder, in_home("file/state"), &report), EXIT_USAGE);
    assert_true(says(in_home("file/state")) && says("Not a directory"));
    assert_true(advises("--no-state"));
    assert_int_equal(record_folder_open(&folder, in_home("file"), &report), EXIT_USAGE);
    assert_int_equal(record_folder_open(&folder, "", &report), EXIT_USAGE);
    assert_true(says("is empty"));
    assert_int_equal(setenv("XDG_STATE_HOME", in_home("full"), 1), 0);
    gate.kind = GATE_FAILS;
    gate.error = ENOSPC;
    assert_int_equal(record_folder_open(&folder, NULL, &report), EXIT_USAGE);
    assert_true(says(in_home("full/replace-volume")) && says("No space left"));
}

static void a_folder_that_others_may_write_to_is_refused(void **state)
{
    static const int modes[] = {0720, 0702, 01777};
    size_t i;

    (void)state;
    assert_int_equal(mkdir(in_home("open"), 0700), 0);
    for (i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        assert_int_equal(chmod(in_home("open"), (mode_t)modes[i]), 0);
        report_init(&report);
        assert_int_equal(record_folder_open(&folder, in_home("open"), &report), EXIT_USAGE);
        assert_true(says("can be written to by others") && says(in_home("open")));
        assert_true(advises("chmod go-w"));
    }
    assert_int_equal(chmod(in_home("open"), 0755), 0); /* reading is their right */
    assert_int_equal(record_folder_open(&folder, in_home("open"), &report), 0);
    record_folder_close(&folder);
}

static void a_folder_of_another_user_is_refused(void **state)
{
    (void)state;
    if (geteuid() == 0) {
        assert_int_equal(mkdir(in_home("theirs"), 0700), 0);
        assert_int_equal(chown(in_home("theirs"), 1, 1), 0);
        assert_int_equal(record_folder_open(&folder, in_home("theirs"), &report), EXIT_USAGE);
    } else {
        assert_int_equal(record_folder_open(&folder, "/usr", &report), EXIT_USAGE);
    }
    assert_true(says("belongs to another user"));
}

static void a_folder_that_is_a_link_is_refused(void **state)
{
    (void)state;
    assert_int_equal(mkdir(in_home("real"), 0700), 0);
    assert_int_equal(symlink("real", in_home("link")), 0);
    assert_int_equal(record_folder_open(&folder, in_home("link"), &report), EXIT_USAGE);
    assert_true(says("it is a link"));
    assert_int_equal(record_folder_open(&folder, in_home("link/"), &report), EXIT_USAGE);
    assert_int_equal(record_folder_open(&folder, in_home("link/below"), &report), 0);
    record_folder_close(&folder);
}

static void the_user_names_a_file(void **state)
{
    const char *name;

    (void)state;
    assert_int_equal(record_folder_open_of(&folder, in_home("my.job"), &name, &report), 0);
    assert_string_equal(name, "my.job");
    assert_string_equal(folder.path, home);
    record_folder_close(&folder);
    assert_int_equal(record_folder_open_of(&folder, "/my.job", &name, &report),
                     geteuid() == 0 ? 0 : EXIT_USAGE);
    assert_string_equal(folder.path, "/");
    record_folder_close(&folder);
    assert_int_equal(chdir(home), 0);
    assert_int_equal(record_folder_open_of(&folder, "my.job", &name, &report), 0);
    assert_string_equal(folder.path, ".");
    record_folder_close(&folder);
}

static void what_names_no_file_is_an_error(void **state)
{
    static const char *const wrong[] = {"", "/tmp/", ".", "..", "/tmp/.."};
    char long_name[RECORD_NAME_MAX + 2];
    const char *name;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(record_folder_open_of(&folder, wrong[i], &name, &report), EXIT_USAGE);
        assert_true(says("does not name a file"));
    }
    memset(long_name, 'n', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    assert_int_equal(record_folder_open_of(&folder, long_name, &name, &report), EXIT_USAGE);
}

static void the_folder_of_a_named_file_is_not_made(void **state)
{
    const char *name;

    (void)state;
    assert_int_equal(record_folder_open_of(&folder, in_home("none/my.job"), &name, &report),
                     EXIT_USAGE);
    assert_true(says("No such file") && says(in_home("none")));
    assert_false(is_there(in_home("none")));
}

/* --- what it is called -------------------------------------------------------------------------
 */

static void the_name_has_key_region_and_instance(void **state)
{
    char name[RECORD_NAME_MAX + 1];

    (void)state;
    record_name(&owner, name);
    assert_string_equal(name, FILE_NAME);
}

static void other_bytes_are_escaped(void **state)
{
    const struct record_owner strange = {"../a_b", "c.d\xC3\xA9", "i-\n\x01/"};
    char name[RECORD_NAME_MAX + 1];

    (void)state;
    record_name(&strange, name);
    assert_string_equal(name, "_2E_2E_2Fa_5Fb.c_2Ed_C3_A9.i-_0A_01_2F.record");
}

/* Every split of a text with all kinds of bytes into three is another owner. */
static void two_owners_never_share_a_name(void **state)
{
    static const char text[] = "a._5F_.-%";
    static char names[100][RECORD_NAME_MAX + 1];
    size_t count = 0, i, j;
    size_t first, second;

    (void)state;
    for (first = 0; first <= strlen(text); first++) {
        for (second = first; second <= strlen(text); second++) {
            char parts[3][sizeof text];
            const struct record_owner one = {parts[0], parts[1], parts[2]};

            snprintf(parts[0], sizeof parts[0], "%.*s", (int)first, text);
            snprintf(parts[1], sizeof parts[1], "%.*s", (int)(second - first), text + first);
            snprintf(parts[2], sizeof parts[2], "%s", text + second);
            record_name(&one, names[count++]);
        }
    }
    assert_int_equal(count, 55);
    for (i = 0; i < count; i++) {
        for (j = 0; j < i; j++) {
            assert_string_not_equal(names[i], names[j]);
        }
    }
}

static void long_ids_have_a_name_that_every_file_system_takes(void **state)
{
    char key[RV_ID_MAX + 1], instance[RV_ID_MAX + 1];
    const struct record_owner one = {key, "cn-beijing", instance};
    char name[RECORD_NAME_MAX + 1], other[RECORD_NAME_MAX + 1];

    (void)state;
    memset(key, '/', RV_ID_MAX);
    memset(instance, '/', RV_ID_MAX);
    key[RV_ID_MAX] = instance[RV_ID_MAX] = '\0';
    record_name(&one, name);
    assert_true(strlen(name) + strlen(LOCK) <= 255);
    assert_non_null(strstr(name, RECORD_SUFFIX));
    instance[RV_ID_MAX - 1] = 'x';
    record_name(&one, other);
    assert_string_not_equal(name, other);
    assert_int_equal(strlen(name), strlen(other));
}

/* The longest that is not hashed, and one more. */
static void the_longest_plain_name_fits(void **state)
{
    char key[RV_ID_MAX + 1], instance[RV_ID_MAX + 1];
    const struct record_owner one = {key, "r", instance};
    char name[RECORD_NAME_MAX + 1];

    (void)state;
    memset(key, 'k', RV_ID_MAX);
    memset(instance, 'i', RV_ID_MAX);
    key[RV_ID_MAX] = '\0';
    instance[RECORD_NAME_MAX - RV_ID_MAX - strlen(".r.") - strlen(RECORD_SUFFIX)] = '\0';
    record_name(&one, name);
    assert_int_equal(strlen(name), RECORD_NAME_MAX);
    assert_non_null(strstr(name, ".r.iii"));
    instance[strlen(instance)] = 'i';
    instance[RECORD_NAME_MAX - RV_ID_MAX - strlen(".r.") - strlen(RECORD_SUFFIX) + 1] = '\0';
    record_name(&one, name);
    assert_null(strstr(name, ".r.iii"));
}

/* --- what is in it -----------------------------------------------------------------------------
 */

static void before_the_first_there_is_none(void **state)
{
    (void)state;
    open_record();
    assert_int_equal(read_record(), RECORD_NONE);
    assert_string_equal(report.message, "");
    close_record();
}

static void what_was_written_is_read(void **state)
{
    (void)state;
    open_with(7);
    assert_int_equal(read_record(), RECORD_GOOD);
    assert_true(holds(&found, &record));
    close_record();
    open_record();
    assert_int_equal(read_record(), RECORD_GOOD);
    assert_true(holds(&found, &record));
    close_record();
}

static void the_text_can_be_read_by_people(void **state)
{
    char text[2000];

    (void)state;
    open_with(0);
    memset(&record.job, 0xA5, 3);
    record.job_len = 3;
    snprintf(record.outcome, sizeof record.outcome, "done");
    assert_int_equal(record_file_write(&file, &record, &report), 0);
    get_text(record_path(), text, sizeof text);
    assert_memory_equal(
        text,
        "replace-volume record 1\n"
        "# Of a replacement that is not finished. See replace-volume --help: --resume, --forget.\n"
        "access-key-id=AKLTexample\n"
        "region=cn-beijing\n"
        "instance-id=i-demo0stopped0000001\n"
        "outcome=done\n"
        "--image-id=image-debian12\n"
        "--stop\n"
        "--param=Note=a b\n"
        "--param=Number=0\n"
        "job=A5A5A5\n"
        "checksum=",
        strlen(text) - 17);
    close_record();
}

static void every_byte_of_an_option_comes_back_and_is_shown_safely(void **state)
{
    char text[8000];
    size_t len, i;

    (void)state;
    open_with(1);
    record.options_len = 0;
    memcpy(record.options, "--param=Bytes=", 14);
    for (i = 1; i < 256; i++) {
        record.options[13 + i] = (char)i;
    }
    record.options[269] = '\0';
    record.options_len = 270;
    record.outcome[0] = (char)0xFF;
    assert_int_equal(record_file_write(&file, &record, &report), 0);
    assert_int_equal(read_record(), RECORD_GOOD);
    assert_true(holds(&found, &record));
    len = get_text(record_path(), text, sizeof text);
    for (i = 0; i < len; i++) {
        assert_true(text[i] == '\n' || (text[i] >= 0x20 && text[i] <= 0x7E));
    }
    close_record();
}

static void the_largest_record_comes_back(void **state)
{
    (void)state;
    open_with(1);
    memset(record.access_key_id, 0x01, RV_ID_MAX);
    memset(record.region, 0x01, RV_ID_MAX);
    memset(record.instance_id, 0x01, RV_ID_MAX);
    memset(record.outcome, 0x01, RECORD_OUTCOME_MAX);
    memset(record.options, 0x01, sizeof record.options);
    memcpy(record.options, "--", 2);
    record.options[sizeof record.options - 1] = '\0';
    record.options_len = sizeof record.options;
    memset(record.job, 0xFF, RV_RECORD_MAX);
    record.job_len = RV_RECORD_MAX;
    assert_int_equal(record_file_write(&file, &record, &report), 0);
    assert_int_equal(record_file_read(&file, NULL, &found, &report), RECORD_GOOD);
    assert_true(holds(&found, &record));
    close_record();
}

static void the_smallest_too(void **state)
{
    (void)state;
    open_with(1);
    record.options_len = 0;
    record.job_len = 0;
    assert_int_equal(record_file_write(&file, &record, &report), 0);
    assert_int_equal(read_record(), RECORD_GOOD);
    assert_true(holds(&found, &record));
    close_record();
}

static void the_file_is_for_its_owner_alone_whatever_the_umask(void **state)
{
    static const mode_t masks[] = {0, 022, 0777};
    size_t i;

    (void)state;
    open_with(1);
    for (i = 0; i < sizeof masks / sizeof masks[0]; i++) {
        umask(masks[i]);
        write_record(1);
        assert_int_equal(mode_of(record_path()), 0600);
    }
    close_record();
}

/* --- what is not right -------------------------------------------------------------------------
 */

/* Puts text there; what is read is this, it stays as it is, and nothing may be written over it. */
static void expect_state(const char *text, size_t len, enum record_state wanted)
{
    char after[4000];

    make_text(record_path(), text, len);
    assert_int_equal(read_record(), wanted);
    if (wanted != RECORD_GOOD) {
        assert_true(says(record_path()));
        assert_string_not_equal(report.advice, "");
        fill(1);
        assert_int_equal(record_file_write(&file, &record, &report), EXIT_NOT_SENT);
    }
    assert_int_equal(get_text(record_path(), after, sizeof after), len);
    assert_memory_equal(after, text, len);
}

static void any_byte_that_is_changed_is_noticed(void **state)
{
    const size_t title_len = strlen("replace-volume record 1\n");
    char text[4000];
    size_t len, i;
    int bit;

    (void)state;
    open_with(1);
    len = get_text(record_path(), text, sizeof text);
    for (i = 0; i < len; i++) {
        for (bit = 0; bit < 8; bit += 3) {
            text[i] ^= (char)(1 << bit);
            make_text(record_path(), text, len);
            if (i >= title_len) {
                assert_int_equal(read_record(), RECORD_DAMAGED);
            } else {
                assert_int_not_equal(read_record(), RECORD_GOOD);
                assert_int_not_equal(read_record(), RECORD_NONE);
            }
            text[i] ^= (char)(1 << bit);
        }
    }
    expect_state(text, len, RECORD_GOOD);
    text[title_len] ^= 1;
    expect_state(text, len, RECORD_DAMAGED);
    assert_true(advises("look at the instance"));
    close_record();
}

static void a_text_that_ends_early_is_damaged(void **state)
{
    const size_t title_len = strlen("replace-volume record ");
    char text[4000];
    size_t len, cut;

    (void)state;
    open_with(1);
    len = get_text(record_path(), text, sizeof text);
    for (cut = title_len; cut < len; cut++) {
        make_text(record_path(), text, cut);
        assert_int_equal(read_record(), RECORD_DAMAGED);
    }
    text[len] = '\n'; /* and one that goes on */
    expect_state(text, len + 1, RECORD_DAMAGED);
    close_record();
}

/* The text with a checksum that fits. */
static void expect_sealed(const char *text, enum record_state wanted)
{
    char sealed[4000];
    int len = snprintf(sealed, sizeof sealed, "%s", text);
    uint64_t hash = 0xCBF29CE484222325u;
    int i;

    for (i = 0; i < len; i++) {
        hash = (hash ^ (uint8_t)text[i]) * 0x100000001B3u;
    }
    len += snprintf(sealed + len, sizeof sealed - (size_t)len, "checksum=%016llx\n",
                    (unsigned long long)hash);
    expect_state(sealed, (size_t)len, wanted);
}

#define TITLE "replace-volume record 1\n"
#define OWNER "access-key-id=AKLTexample\nregion=cn-beijing\ninstance-id=i-demo0stopped0000001\n"

static void what_no_version_of_ours_writes_is_damaged(void **state)
{
    (void)state;
    open_record();
    expect_sealed(TITLE OWNER, RECORD_GOOD);
    expect_sealed(TITLE OWNER "colour=red\n", RECORD_DAMAGED);
    expect_sealed(TITLE OWNER "job=A5A\n", RECORD_DAMAGED);
    expect_sealed(TITLE OWNER "job=a5\n", RECORD_DAMAGED);
    expect_sealed(TITLE OWNER "job=A5\njob=A5\n", RECORD_DAMAGED);
    expect_sealed(TITLE OWNER "--stop\\0\n", RECORD_DAMAGED);
    expect_sealed(TITLE OWNER "--stop\\00\n", RECORD_DAMAGED);
    expect_sealed(TITLE OWNER "--stop\\", RECORD_DAMAGED);
    expect_sealed(TITLE OWNER "outcome=123456789012345678901234567890123\n", RECORD_DAMAGED);
    expect_sealed(TITLE "region=cn-beijing\n", RECORD_DAMAGED);
    expect_sealed("replace-volume record 01\n" OWNER, RECORD_DAMAGED);
    expect_sealed("replace-volume record one\n" OWNER, RECORD_DAMAGED);
    close_record();
}

static void something_else_is_foreign(void **state)
{
    static const char archive[] = "PK\x03\x04\0\0\0";

    (void)state;
    open_record();
    expect_state("", 0, RECORD_FOREIGN);
    expect_state("replace-volume", 14, RECORD_FOREIGN);
    expect_state("shopping list\n", 14, RECORD_FOREIGN);
    expect_state(archive, sizeof archive, RECORD_FOREIGN);
    assert_true(advises("--state-file"));
    close_record();
}

static void a_newer_version_is_said_so(void **state)
{
    (void)state;
    open_record();
    expect_state("replace-volume record 2\nanything at all", 39, RECORD_NEWER);
    expect_state("replace-volume record 10\n", 25, RECORD_NEWER);
    (void)read_record();
    assert_true(says("newer replace-volume"));
    close_record();
}

static void a_file_of_any_length_is_judged(void **state)
{
    size_t len = 1000000;
    char *text = calloc(1, len);

    (void)state;
    assert_non_null(text);
    open_record();
    make_text(record_path(), text, len);
    assert_int_equal(read_record(), RECORD_FOREIGN);
    memcpy(text, TITLE, strlen(TITLE));
    make_text(record_path(), text, len);
    assert_int_equal(read_record(), RECORD_DAMAGED);
    free(text);
    close_record();
}

static void another_owners_record_is_foreign(void **state)
{
    static const struct record_owner others[] = {
        {"AKLTother", "cn-beijing", "i-demo0stopped0000001"},
        {"AKLTexample", "cn-shanghai", "i-demo0stopped0000001"},
        {"AKLTexample", "cn-beijing", "i-demo0running0000001"},
    };
    size_t i;

    (void)state;
    open_with(1);
    for (i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_int_equal(record_file_read(&file, &others[i], &found, &report), RECORD_FOREIGN);
        assert_true(says("of another job: instance i-demo0stopped0000001, region cn-beijing"));
        fill(2);
        assert_int_equal(record_file_write(&file, &record, &report), EXIT_NOT_SENT);
    }
    assert_int_equal(record_file_read(&file, NULL, &found, &report), RECORD_GOOD);
    close_record();
}

static void links_are_not_followed(void **state)
{
    (void)state;
    open_record();
    make_text(in_home("target"), "kept", 4);
    assert_int_equal(symlink("../target", record_path()), 0);
    assert_int_equal(read_record(), RECORD_REFUSED);
    assert_true(says("it is a link"));
    assert_int_equal(record_file_write(&file, &record, &report), EXIT_NOT_SENT);
    close_record();
    assert_int_equal(unlink(record_path()), 0);
    assert_int_equal(symlink("../target", in_home("state/" FILE_NAME NEW)), 0);
    open_with(1); /* what stands in the way of the new one is removed, not followed */
    close_record();
    assert_int_equal(mode_of(record_path()), 0600);
    {
        char text[10];

        get_text(in_home("target"), text, sizeof text);
        assert_string_equal(text, "kept");
    }
}

static void a_link_in_the_place_of_the_lock_is_not_followed(void **state)
{
    (void)state;
    assert_int_equal(mkdir(in_home("state"), 0700), 0);
    assert_int_equal(symlink("../target", in_home("state/" FILE_NAME LOCK)), 0);
    assert_int_equal(record_folder_open(&folder, in_home("state"), &report), 0);
    assert_int_equal(record_file_open(&file, &folder, FILE_NAME, &report), EXIT_USAGE);
    assert_true(says("it is a link"));
    assert_false(is_there(in_home("target")));
    close_record();
}

static void what_is_no_file_is_refused_at_once(void **state)
{
    (void)state;
    open_record();
    assert_int_equal(mkfifo(record_path(), 0600), 0);
    assert_int_equal(read_record(), RECORD_REFUSED);
    assert_true(says("is not a file"));
    assert_int_equal(unlink(record_path()), 0);
    assert_int_equal(mkdir(record_path(), 0700), 0);
    assert_int_equal(read_record(), RECORD_REFUSED);
    assert_int_equal(record_file_write(&file, &record, &report), EXIT_NOT_SENT);
    close_record();
}

static void a_file_that_others_may_write_to_is_refused(void **state)
{
    (void)state;
    open_with(1);
    assert_int_equal(chmod(record_path(), 0622), 0);
    assert_int_equal(read_record(), RECORD_REFUSED);
    assert_true(says("can be written to by others"));
    assert_int_equal(chmod(record_path(), 0644), 0);
    assert_int_equal(read_record(), RECORD_GOOD);
    close_record();
}

static void a_file_of_another_user_is_refused(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        skip(); /* nobody can give a file away */
    }
    open_with(1);
    assert_int_equal(chown(record_path(), 1, 1), 0);
    assert_int_equal(read_record(), RECORD_REFUSED);
    assert_true(says("belongs to another user (1)"));
    close_record();
}

/* --- one at a time -----------------------------------------------------------------------------
 */

/* A child that has the record open until told, or killed. */
static pid_t start_holder(int *tell)
{
    int ready[2], go[2];
    char byte;
    pid_t child;

    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(go), 0);
    child = fork();
    if (child == 0) {
        close(ready[0]);
        close(go[1]);
        if (record_folder_open(&folder, in_home("state"), &report) != 0 ||
            record_file_open(&file, &folder, FILE_NAME, &report) != 0 ||
            write(ready[1], "r", 1) != 1) {
            _exit(1);
        }
        (void)!read(go[0], &byte, 1);
        close_record();
        _exit(0);
    }
    close(ready[1]);
    close(go[0]);
    assert_true(child > 0);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    *tell = go[1];
    return child;
}

static void a_second_process_is_told_which_one_has_it(void **state)
{
    char who[40];
    int tell, status;
    pid_t child = start_holder(&tell);

    (void)state;
    assert_int_equal(record_folder_open(&folder, in_home("state"), &report), 0);
    assert_int_equal(record_file_open(&file, &folder, FILE_NAME, &report), EXIT_USAGE);
    snprintf(who, sizeof who, "(process %ld)", (long)child);
    assert_true(says("another replace-volume") && says(who) && says(record_path()));
    assert_int_equal(record_file_open(&file, &folder, "other.record", &report), 0);
    record_file_close(&file);

    close(tell);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(record_file_open(&file, &folder, FILE_NAME, &report), 0);
    close_record();
}

static void the_lock_of_a_killed_process_is_taken_over(void **state)
{
    int tell, status;
    pid_t child = start_holder(&tell);

    (void)state;
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(is_there(in_home("state/" FILE_NAME LOCK)));
    open_with(1);
    close_record();
    close(tell);
}

static void nothing_is_left_of_the_lock(void **state)
{
    (void)state;
    open_with(1);
    close_record();
    assert_int_equal(entries_of(in_home("state")), 1);
    close_record(); /* twice is fine */
}

static void without_locking_there_is_no_record(void **state)
{
    (void)state;
    assert_int_equal(record_folder_open(&folder, in_home("state"), &report), 0);
    gate.kind = GATE_FAILS;
    gate.error = ENOLCK;
    gate.left = 2; /* open and fstat */
    assert_int_equal(record_file_open(&file, &folder, FILE_NAME, &report), EXIT_USAGE);
    assert_true(says("cannot be locked") && says("No locks available"));
    assert_true(advises("--no-state"));
    gate.kind = GATE_OPEN;
    close_record();
}

/* Memory that children see too; 0 at first. */
static void *make_shared(size_t size)
{
    int descriptor = open(in_home("shared"), O_RDWR | O_CREAT | O_TRUNC, 0600);
    void *memory;

    assert_true(descriptor >= 0);
    assert_int_equal(ftruncate(descriptor, (off_t)size), 0);
    memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    assert_ptr_not_equal(memory, MAP_FAILED);
    close(descriptor);
    return memory;
}

/* All of them add to the number in the record; whoever is not alone in it says so. */
enum { WORKERS = 4, ROUNDS = 25 };

static int add_one(volatile int *inside)
{
    int status = 0;

    report_init(&report);
    if (record_file_open(&file, &folder, FILE_NAME, &report) != 0) {
        return says("another replace-volume") ? 0 : -1;
    }
    if (*inside != 0) {
        status = -1;
    }
    *inside = getpid();
    switch (record_file_read(&file, &owner, &found, &report)) {
    case RECORD_NONE:
        fill(0);
        record.job_len = 1;
        record.job[0] = 1;
        break;
    case RECORD_GOOD:
        record = found;
        record.job[0]++;
        break;
    default:
        status = -1;
    }
    if (status == 0 && record_file_write(&file, &record, &report) != 0) {
        status = -1;
    }
    if (*inside != getpid()) {
        status = -1;
    }
    *inside = 0;
    record_file_close(&file);
    return status == 0 ? 1 : -1;
}

static void work(volatile int *inside)
{
    int rounds = 0;

    if (record_folder_open(&folder, in_home("state"), &report) != 0) {
        _exit(1);
    }
    while (rounds < ROUNDS) {
        int added = add_one(inside);

        if (added < 0) {
            _exit(1);
        }
        rounds += added;
    }
    _exit(0);
}

static void one_at_a_time_is_in_it_though_the_lock_comes_and_goes(void **state)
{
    volatile int *inside = make_shared(sizeof *inside);
    int i, status;

    (void)state;
    for (i = 0; i < WORKERS; i++) {
        if (fork() == 0) {
            work(inside);
        }
    }
    for (i = 0; i < WORKERS; i++) {
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    open_record();
    assert_int_equal(read_record(), RECORD_GOOD);
    assert_int_equal(found.job[0], WORKERS * ROUNDS);
    close_record();
    munmap((void *)(size_t)inside, sizeof *inside);
}

/* --- at every moment the one before or the one after -------------------------------------------
 */

static void it_is_durable_before_it_takes_its_place_and_then_the_place_too(void **state)
{
    (void)state;
    open_with(1);
    gate.names[0] = '\0';
    write_record(2);
    assert_string_equal(gate.names, "unlinkat openat fchmod write fsync close renameat fsync ");
    gate.names[0] = '\0';
    assert_int_equal(record_file_remove(&file, &report), 0);
    assert_string_equal(gate.names, "unlinkat unlinkat fsync ");
    close_record();
}

static void a_new_folder_is_made_durable_with_what_leads_to_it(void **state)
{
    (void)state;
    assert_int_equal(record_folder_open(&folder, in_home("one"), &report), 0);
    record_folder_close(&folder);
    gate.names[0] = '\0';
    assert_int_equal(record_folder_open(&folder, in_home("one/two"), &report), 0);
    assert_string_equal(gate.names, "mkdir mkdir mkdir mkdir " /* /tmp, home, one, two */
                                    "open fsync close open fsync close open fstat ");
    record_folder_close(&folder);
}

/* How many calls to the system one writing makes. */
static int calls_of_writing(void)
{
    open_with(1);
    gate.passed = 0;
    write_record(2);
    close_record();
    return gate.passed - 3; /* closing: removes the lock, closes it and the folder */
}

static void killed_before_each_call_it_is_old_or_new(void **state)
{
    int calls = calls_of_writing();
    int killed, status;
    int news = 0;

    (void)state;
    assert_true(calls >= 7);
    for (killed = 0; killed <= calls; killed++) {
        pid_t child;

        open_record();
        assert_int_equal(read_record(), RECORD_GOOD);
        write_record(1);
        close_record();
        child = fork();
        if (child == 0) {
            open_record();
            (void)read_record();
            fill(2);
            gate.kind = GATE_KILLS;
            gate.left = killed;
            (void)record_file_write(&file, &record, &report);
            _exit(0);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(WIFSIGNALED(status), killed < calls);

        open_record(); /* with what the killed one has left */
        assert_int_equal(read_record(), RECORD_GOOD);
        fill(2);
        news += holds(&found, &record);
        if (!holds(&found, &record)) {
            assert_int_equal(news, 0);
            fill(1);
            assert_true(holds(&found, &record));
        }
        write_record(3);
        close_record();
        assert_int_equal(entries_of(in_home("state")), 1);
    }
    assert_true(news >= 2); /* before the folder is made durable, and at the end */
}

static void killed_while_it_is_removed_it_is_there_or_not(void **state)
{
    int killed, status;

    (void)state;
    for (killed = 0; killed < 4; killed++) {
        pid_t child;
        enum record_state after;

        open_record();
        (void)read_record();
        write_record(1);
        close_record();
        child = fork();
        if (child == 0) {
            open_record();
            gate.kind = GATE_KILLS;
            gate.left = killed;
            (void)record_file_remove(&file, &report);
            _exit(0);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        open_record();
        after = read_record();
        assert_int_equal(after, killed < 2 ? RECORD_GOOD : RECORD_NONE);
        close_record();
    }
}

struct shared {
    volatile unsigned begun, ended;
};

static void write_on_and_on(struct shared *shared)
{
    unsigned number;

    open_record();
    (void)read_record();
    for (number = 1;; number++) {
        fill(number);
        shared->begun = number;
        if (record_file_write(&file, &record, &report) != 0) {
            _exit(1);
        }
        shared->ended = number;
    }
}

static unsigned number_of(const struct record *one)
{
    unsigned number = 0;
    size_t at = one->options_len - 1;

    while (at > 0 && one->options[at - 1] != '=') {
        at--;
    }
    sscanf(one->options + at, "%u", &number);
    return number;
}

static void killed_at_random_moments_it_is_old_or_new(void **state)
{
    enum { KILLS = 40 };
    struct shared *shared = make_shared(sizeof *shared);
    unsigned seed = (unsigned)getpid();
    int kills, status;

    (void)state;
    print_message("seed %u\n", seed);
    srand(seed);
    for (kills = 0; kills < KILLS; kills++) {
        struct timespec pause = {0, rand() % 3000000};
        pid_t child;

        shared->begun = shared->ended = 0;
        child = fork();
        if (child == 0) {
            write_on_and_on(shared);
        }
        while (shared->ended == 0) {
            assert_int_equal(waitpid(child, &status, WNOHANG), 0); /* it has not given up */
            sleep_ms(1);
        }
        nanosleep(&pause, NULL);
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));

        open_record();
        assert_int_equal(read_record(), RECORD_GOOD);
        assert_in_range(number_of(&found), shared->ended, shared->begun);
        fill(number_of(&found));
        assert_true(holds(&found, &record));
        close_record();
    }
    munmap(shared, sizeof *shared);
}

static void any_call_that_fails_is_an_error_and_leaves_old_or_new(void **state)
{
    int calls = calls_of_writing();
    int failing;

    (void)state;
    open_record();
    assert_int_equal(read_record(), RECORD_GOOD);
    for (failing = 0; failing < calls; failing++) {
        write_record(1);
        fill(2);
        gate.kind = GATE_FAILS;
        gate.error = EIO;
        gate.left = failing;
        report_init(&report);
        assert_int_equal(record_file_write(&file, &record, &report), EXIT_NOT_SENT);
        gate.kind = GATE_OPEN;
        assert_true(says(record_path()) && says("Input/output error"));
        assert_true(advises("--state-dir"));
        assert_int_equal(entries_of(in_home("state")), 2); /* and the lock */
        assert_int_equal(read_record(), RECORD_GOOD);
        if (failing < calls - 1) { /* the last one is the folder's fsync */
            fill(1);
        }
        assert_true(holds(&found, &record));
    }
    close_record();
}

static void any_call_that_fails_in_opening_is_an_error_that_leaves_nothing_open(void **state)
{
    int failing, status = EXIT_USAGE;

    (void)state;
    assert_int_equal(record_folder_open(&folder, in_home("state"), &report), 0);
    for (failing = 0; status != 0; failing++) {
        int lowest = dup(0);

        close(lowest);
        gate.kind = GATE_FAILS;
        gate.error = EIO;
        gate.left = failing;
        report_init(&report);
        status = record_file_open(&file, &folder, FILE_NAME, &report);
        gate.kind = GATE_OPEN;
        if (status != 0) {
            int after = dup(0);

            close(after);
            assert_int_equal(status, EXIT_USAGE);
            assert_int_equal(after, lowest);
            assert_true(says("Input/output error"));
        }
        assert_true(failing < 10);
    }
    assert_true(failing > 4); /* open, fstat, fcntl, fstat, fstatat */
    close_record();
}

static void what_takes_one_byte_at_a_time_gets_all_of_them(void **state)
{
    (void)state;
    open_with(1);
    gate.kind = GATE_INTERRUPTS;
    gate.left = -1;
    write_record(2);
    assert_int_equal(read_record(), RECORD_GOOD);
    assert_true(holds(&found, &record));
    gate.kind = GATE_OPEN;
    close_record();
}

static void a_file_that_cannot_be_read_is_not_taken_for_none(void **state)
{
    (void)state;
    open_with(1);
    gate.kind = GATE_FAILS;
    gate.error = EIO;
    for (gate.left = 2; gate.left >= 0;) { /* the reading, fstat, the opening */
        int failing = gate.left;

        assert_int_equal(read_record(), RECORD_REFUSED);
        assert_true(says("Input/output error"));
        gate.left = failing - 1;
    }
    gate.kind = GATE_OPEN;
    close_record();
}

/* --- removing and searching --------------------------------------------------------------------
 */

static void a_removed_one_is_gone_with_what_a_killed_process_has_left(void **state)
{
    (void)state;
    open_with(1);
    make_text(in_home("state/" FILE_NAME NEW), "x", 1);
    assert_int_equal(record_file_remove(&file, &report), 0);
    assert_int_equal(read_record(), RECORD_NONE);
    assert_int_equal(record_file_remove(&file, &report), 0); /* none is fine */
    close_record();
    assert_int_equal(entries_of(in_home("state")), 0);
}

static void one_that_cannot_be_removed_is_said_so(void **state)
{
    (void)state;
    open_with(1);
    gate.kind = GATE_FAILS;
    gate.error = EROFS;
    gate.left = 1;
    assert_int_equal(record_file_remove(&file, &report), EXIT_NOT_SENT);
    assert_true(says("cannot be removed: Read-only file system"));
    gate.kind = GATE_OPEN;
    close_record();
}

static char names_found[200];
static int wanted_finds;

static int note_found(void *ctx, const char *name, const struct record *one)
{
    assert_ptr_equal(ctx, &folder);
    assert_string_equal(one->access_key_id, "AKLTexample");
    strcat(names_found, strncmp(name, "AKLT", 4) == 0 ? "A" : "o");
    return --wanted_finds == 0;
}

static void a_search_finds_the_good_ones(void **state)
{
    (void)state;
    open_with(1);
    make_text(in_home("state/broken" RECORD_SUFFIX), TITLE, strlen(TITLE));
    make_text(in_home("state/list"), "x", 1);
    record_file_close(&file);
    assert_int_equal(record_file_open(&file, &folder, "other" RECORD_SUFFIX, &report), 0);
    assert_int_equal(record_file_read(&file, NULL, &found, &report), RECORD_NONE);
    write_record(2);

    names_found[0] = '\0';
    assert_int_equal(record_folder_search(&folder, note_found, &folder, &report), 0);
    assert_true(strcmp(names_found, "Ao") == 0 || strcmp(names_found, "oA") == 0);
    names_found[0] = '\0';
    wanted_finds = 1; /* no more, then */
    assert_int_equal(record_folder_search(&folder, note_found, &folder, &report), 0);
    assert_int_equal(strlen(names_found), 1);
    close_record();
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(the_folder_is_made_in_XDG_STATE_HOME_for_its_owner_alone),
        TEST(else_in_HOME),
        TEST(a_relative_XDG_STATE_HOME_does_not_count),
        TEST(without_either_there_is_no_place),
        TEST(the_user_names_a_folder_which_is_made_if_need_be),
        TEST(a_folder_that_cannot_be_made_is_named_with_the_reason),
        TEST(a_folder_that_others_may_write_to_is_refused),
        TEST(a_folder_of_another_user_is_refused),
        TEST(a_folder_that_is_a_link_is_refused),
        TEST(the_user_names_a_file),
        TEST(what_names_no_file_is_an_error),
        TEST(the_folder_of_a_named_file_is_not_made),

        TEST(the_name_has_key_region_and_instance),
        TEST(other_bytes_are_escaped),
        TEST(two_owners_never_share_a_name),
        TEST(long_ids_have_a_name_that_every_file_system_takes),
        TEST(the_longest_plain_name_fits),

        TEST(before_the_first_there_is_none),
        TEST(what_was_written_is_read),
        TEST(the_text_can_be_read_by_people),
        TEST(every_byte_of_an_option_comes_back_and_is_shown_safely),
        TEST(the_largest_record_comes_back),
        TEST(the_smallest_too),
        TEST(the_file_is_for_its_owner_alone_whatever_the_umask),

        TEST(any_byte_that_is_changed_is_noticed),
        TEST(a_text_that_ends_early_is_damaged),
        TEST(what_no_version_of_ours_writes_is_damaged),
        TEST(something_else_is_foreign),
        TEST(a_newer_version_is_said_so),
        TEST(a_file_of_any_length_is_judged),
        TEST(another_owners_record_is_foreign),
        TEST(links_are_not_followed),
        TEST(a_link_in_the_place_of_the_lock_is_not_followed),
        TEST(what_is_no_file_is_refused_at_once),
        TEST(a_file_that_others_may_write_to_is_refused),
        TEST(a_file_of_another_user_is_refused),

        TEST(a_second_process_is_told_which_one_has_it),
        TEST(the_lock_of_a_killed_process_is_taken_over),
        TEST(nothing_is_left_of_the_lock),
        TEST(without_locking_there_is_no_record),
        TEST(one_at_a_time_is_in_it_though_the_lock_comes_and_goes),

        TEST(it_is_durable_before_it_takes_its_place_and_then_the_place_too),
        TEST(a_new_folder_is_made_durable_with_what_leads_to_it),
        TEST(killed_before_each_call_it_is_old_or_new),
        TEST(killed_while_it_is_removed_it_is_there_or_not),
        TEST(killed_at_random_moments_it_is_old_or_new),
        TEST(any_call_that_fails_is_an_error_and_leaves_old_or_new),
        TEST(any_call_that_fails_in_opening_is_an_error_that_leaves_nothing_open),
        TEST(what_takes_one_byte_at_a_time_gets_all_of_them),
        TEST(a_file_that_cannot_be_read_is_not_taken_for_none),

        TEST(a_removed_one_is_gone_with_what_a_killed_process_has_left),
        TEST(one_that_cannot_be_removed_is_said_so),
        TEST(a_search_finds_the_good_ones),
    };

    return cmocka_run_group_tests_name("record file", tests, NULL, NULL);
}
