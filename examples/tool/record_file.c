#define _POSIX_C_SOURCE 200809L
#include "record_file.h"

#include "record_text.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEW  ".new"
#define LOCK ".lock"

#define SUFFIX_SIZE 6 /* of either, with its NUL */

#define LOCK_TRIES_MAX 100 /* each time another process has just ended its work */

/* --- faults ------------------------------------------------------------------------------------
 */

static void advise_other_place(struct report *report)
{
    report_advise(
        report, "Give a folder of your own with --state-dir, or --no-state to go without a record: "
                "then nothing is left to go on from if this is cut short.");
}

static int is_link_error(int error)
{
    return error == ELOOP || error == EMLINK; /* the second on the BSDs */
}

/* What the system says is errno's. */
static int system_fault(struct report *report, const char *what, const char *path)
{
    int error = errno;

    advise_other_place(report);
    return report_fault(report, EXIT_USAGE, "%s %s cannot be used: %s", what, path,
                        is_link_error(error) ? "it is a link" : strerror(error));
}

/* Is it of this user alone? Whoever could change it could make us replace a volume twice. */
static int check_ours(int descriptor, const char *what, const char *path, struct report *report)
{
    struct stat about;

    if (fstat(descriptor, &about) != 0) {
        return system_fault(report, what, path);
    }
    if (!S_ISREG(about.st_mode) && !S_ISDIR(about.st_mode)) {
        return report_fault(report, EXIT_USAGE, "%s %s is not a file", what, path);
    }
    if (about.st_uid != geteuid()) {
        advise_other_place(report);
        return report_fault(report, EXIT_USAGE, "%s %s belongs to another user (%lu)", what, path,
                            (unsigned long)about.st_uid);
    }
    if ((about.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        report_advise(report, "If all that is in it is yours: chmod go-w %s", path);
        return report_fault(report, EXIT_USAGE, "%s %s can be written to by others", what, path);
    }
    return 0;
}

/* --- the folder --------------------------------------------------------------------------------
 */

/* What is not absolute is to be ignored: XDG Base Directory Specification. */
static const char *folder_variable(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && value[0] == '/' ? value : NULL;
}

static int default_path(char path[RECORD_PATH_SIZE], struct report *report)
{
    const char *state = folder_variable("XDG_STATE_HOME");
    const char *home = folder_variable("HOME");
    int len;

    if (state == NULL && home == NULL) {
        advise_other_place(report);
        return report_fault(report, EXIT_USAGE,
                            "there is no place for the record: neither XDG_STATE_HOME nor HOME is "
                            "set to an absolute path");
    }
    len = state != NULL ? snprintf(path, RECORD_PATH_SIZE, "%s/replace-volume", state)
                        : snprintf(path, RECORD_PATH_SIZE, "%s/.local/state/replace-volume", home);
    if (len < 0 || len >= RECORD_PATH_SIZE) {
        advise_other_place(report);
        return report_fault(report, EXIT_USAGE, "the path of the folder for records is too long");
    }
    return 0;
}

/* Without slashes at its end: with one, a link would be followed. */
static int copy_path(char path[RECORD_PATH_SIZE], const char *text, size_t len,
                     struct report *report)
{
    while (len > 1 && text[len - 1] == '/') {
        len--;
    }
    if (len == 0 || len >= RECORD_PATH_SIZE) {
        advise_other_place(report);
        return report_fault(report, EXIT_USAGE, "the path of the folder for records is %s",
                            len == 0 ? "empty" : "too long");
    }
    memcpy(path, text, len);
    path[len] = '\0';
    return 0;
}

/* As far as it can be done: what holds the folder may not be readable. */
static void make_entry_durable(const char *path)
{
    char parent[RECORD_PATH_SIZE];
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 0 : slash == path ? 1 : (size_t)(slash - path);
    int descriptor;

    memcpy(parent, len > 0 ? path : ".", len > 0 ? len : 1);
    parent[len > 0 ? len : 1] = '\0';
    descriptor = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor >= 0) {
        (void)fsync(descriptor);
        (void)close(descriptor);
    }
}

/* Makes it with all that leads to it. Returns why not, as errno has it; 0 also if it was there. The
 * folder's own entry is made durable in any case: who has made it may have been killed before. */
static int make_folders(char *path)
{
    int why = 0;
    char *end;

    for (end = path + 1; why == 0 && *end != '\0';) {
        char kept;

        end += strcspn(end, "/");
        kept = *end;
        *end = '\0';
        if (mkdir(path, S_IRWXU) != 0) {
            why = errno == EEXIST || errno == EISDIR ? 0 : errno;
        } else {
            make_entry_durable(path);
        }
        *end = kept;
        end += strspn(end, "/");
    }
    make_entry_durable(path);
    return why;
}

static int is_link(const char *path)
{
    struct stat about;

    return lstat(path, &about) == 0 && S_ISLNK(about.st_mode);
}

/* why_not_made: errno of making it, if that failed. */
static int open_folder(struct record_folder *folder, int why_not_made, struct report *report)
{
    static const char what[] = "the folder for records";
    int status;

    folder->descriptor = open(folder->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder->descriptor < 0) {
        if (errno == ENOENT && why_not_made != 0) {
            errno = why_not_made;
        } else if (errno == ENOTDIR && is_link(folder->path)) {
            errno = ELOOP;
        }
        return system_fault(report, what, folder->path);
    }
    status = check_ours(folder->descriptor, what, folder->path, report);
    if (status != 0) {
        record_folder_close(folder);
    }
    return status;
}

int record_folder_open(struct record_folder *folder, const char *state_dir, struct report *report)
{
    int status;

    folder->descriptor = -1;
    status = state_dir == NULL ? default_path(folder->path, report)
                               : copy_path(folder->path, state_dir, strlen(state_dir), report);
    if (status != 0) {
        return status;
    }
    return open_folder(folder, make_folders(folder->path), report);
}

int record_folder_open_of(struct record_folder *folder, const char *path, const char **name,
                          struct report *report)
{
    const char *slash = strrchr(path, '/');
    int status;

    folder->descriptor = -1;
    *name = slash != NULL ? slash + 1 : path;
    if ((*name)[0] == '\0' || strcmp(*name, ".") == 0 || strcmp(*name, "..") == 0 ||
        strlen(*name) > RECORD_NAME_MAX) {
        return report_fault(report, EXIT_USAGE,
                            "\"%s\" does not name a file for the record (its name has 1 to %d "
                            "bytes)",
                            path, RECORD_NAME_MAX);
    }
    status = slash != NULL ? copy_path(folder->path, path, (size_t)(slash - path) + 1, report)
                           : copy_path(folder->path, ".", 1, report);
    return status == 0 ? open_folder(folder, 0, report) : status;
}

void record_folder_close(struct record_folder *folder)
{
    if (folder->descriptor >= 0) {
        (void)close(folder->descriptor);
        folder->descriptor = -1;
    }
}

/* --- the lock ----------------------------------------------------------------------------------
 *
 * Who holds the lock on the file that NAME.lock is at that moment may touch the record. Only he
 * removes NAME.lock; who has got the lock of one that was removed meanwhile begins again.
 */

/* The name of the record's file with suffix. */
static const char *beside(const struct record_file *file, const char *suffix,
                          char name[RECORD_NAME_MAX + SUFFIX_SIZE])
{
    (void)snprintf(name, RECORD_NAME_MAX + SUFFIX_SIZE, "%s%s", file->name, suffix);
    return name;
}

static void describe_lock(struct flock *lock)
{
    memset(lock, 0, sizeof *lock);
    lock->l_type = F_WRLCK;
    lock->l_whence = SEEK_SET;
}

static int say_who_has_it(const struct record_file *file, int descriptor, struct report *report)
{
    struct flock lock;
    char who[40] = "";

    describe_lock(&lock);
    if (fcntl(descriptor, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK && lock.l_pid > 0) {
        (void)snprintf(who, sizeof who, " (process %ld)", (long)lock.l_pid);
    }
    report_advise(report, "Wait until it has ended, and see what it has said.");
    return report_fault(report, EXIT_USAGE,
                        "another replace-volume%s is at work on this: it has locked the record %s",
                        who, file->path);
}

static int set_lock(struct record_file *file, int descriptor, struct report *report)
{
    struct flock lock;

    describe_lock(&lock);
    if (fcntl(descriptor, F_SETLK, &lock) == 0) {
        return 0;
    }
    if (errno == EACCES || errno == EAGAIN) {
        file->is_busy = 1;
        return say_who_has_it(file, descriptor, report);
    }
    return system_fault(report, "a file cannot be locked there, so the record", file->path);
}

/* 1: what is open is what has the name; 0: it is not; -1 with errno. */
static int has_name(int folder, int descriptor, const char *name)
{
    struct stat open_one, named_one;

    if (fstat(descriptor, &open_one) != 0) {
        return -1;
    }
    if (fstatat(folder, name, &named_one, AT_SYMLINK_NOFOLLOW) != 0) {
        return errno == ENOENT ? 0 : -1;
    }
    return open_one.st_dev == named_one.st_dev && open_one.st_ino == named_one.st_ino;
}

/* Opens and locks what has the name of the lock just now. 0 with file->lock open; 1: it was removed
 * meanwhile; or an exit status. */
static int try_lock(struct record_file *file, struct report *report)
{
    char name[RECORD_NAME_MAX + SUFFIX_SIZE];
    int folder = file->folder->descriptor;
    int descriptor = openat(folder, beside(file, LOCK, name),
                            O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK,
                            S_IRUSR | S_IWUSR);
    int status;

    if (descriptor < 0) {
        return system_fault(report, "the lock of the record", file->path);
    }
    status = check_ours(descriptor, "the lock of the record", file->path, report);
    if (status == 0) {
        status = set_lock(file, descriptor, report);
    }
    if (status == 0) {
        int is_current = has_name(folder, descriptor, name);

        status = is_current == 1   ? 0
                 : is_current == 0 ? 1
                                   : system_fault(report, "the lock of the record", file->path);
    }
    if (status == 0) {
        file->lock = descriptor;
    } else {
        (void)close(descriptor);
    }
    return status;
}

int record_file_open(struct record_file *file, const struct record_folder *folder, const char *name,
                     struct report *report)
{
    int status = 1;
    int tries;

    memset(file, 0, sizeof *file);
    file->folder = folder;
    file->lock = -1;
    (void)snprintf(file->name, sizeof file->name, "%s", name);
    (void)snprintf(file->path, sizeof file->path, "%s/%s", folder->path, file->name);
    for (tries = 0; status == 1 && tries < LOCK_TRIES_MAX; tries++) {
        status = try_lock(file, report);
    }
    if (status == 1) {
        return report_fault(report, EXIT_USAGE,
                            "the lock of the record %s is removed again and "
                            "again by others",
                            file->path);
    }
    return status;
}

void record_file_close(struct record_file *file)
{
    char name[RECORD_NAME_MAX + SUFFIX_SIZE];

    if (file->folder != NULL && file->lock >= 0) {
        (void)unlinkat(file->folder->descriptor, beside(file, LOCK, name), 0);
        (void)close(file->lock);
        file->lock = -1;
    }
}

/* --- reading -----------------------------------------------------------------------------------
 */

/* Up to size bytes; -1 with errno. */
static long read_all(int descriptor, char *text, size_t size)
{
    size_t used = 0;

    while (used < size) {
        ssize_t got = read(descriptor, text + used, size - used);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return -1;
        }
        if (got == 0) {
            break;
        }
        used += (size_t)got;
    }
    return (long)used;
}

static enum record_state judge(enum record_state state, const char *path, struct report *report)
{
    static const char *const faults[] = {
        [RECORD_DAMAGED] = "the record %s is damaged",
        [RECORD_FOREIGN] = "%s is not a record of this program",
        [RECORD_NEWER] = "the record %s was written by a newer replace-volume",
    };

    if (state == RECORD_NEWER) {
        report_advise(report, "Use that one.");
    } else if (state == RECORD_FOREIGN) {
        report_advise(report, "It stays as it is. Give another place with --state-file or "
                              "--state-dir, or move it away.");
    } else if (state == RECORD_DAMAGED) {
        report_advise(report, "It stays as it is. A replacement may have been begun: look at the "
                              "instance (its status, the audit log) first, then remove the file.");
    } else {
        return state;
    }
    (void)report_fault(report, EXIT_USAGE, faults[state], path);
    return state;
}

/* The text of what is open, in text of RECORD_TEXT_MAX + 1 bytes. */
static enum record_state read_open(int descriptor, char *text, struct record *record,
                                   const char *path, struct report *report)
{
    long len;

    if (check_ours(descriptor, "the record", path, report) != 0) {
        return RECORD_REFUSED;
    }
    len = read_all(descriptor, text, RECORD_TEXT_MAX + 1);
    if (len < 0) {
        (void)system_fault(report, "the record", path);
        return RECORD_REFUSED;
    }
    return judge(record_text_read(record, text, (size_t)len), path, report);
}

static enum record_state read_file(int folder, const char *name, const char *path,
                                   struct record *record, struct report *report)
{
    int descriptor = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    enum record_state state;
    char *text;

    if (descriptor < 0 && errno == ENOENT) {
        return RECORD_NONE;
    }
    if (descriptor < 0) {
        (void)system_fault(report, "the record", path);
        return RECORD_REFUSED;
    }
    text = malloc(RECORD_TEXT_MAX + 1);
    if (text != NULL) {
        state = read_open(descriptor, text, record, path, report);
    } else {
        (void)report_fault(report, EXIT_USAGE, "out of memory");
        state = RECORD_REFUSED;
    }
    free(text);
    (void)close(descriptor);
    return state;
}

static int is_owner(const struct record *record, const struct record_owner *owner)
{
    return strcmp(record->access_key_id, owner->access_key_id) == 0 &&
           strcmp(record->region, owner->region) == 0 &&
           strcmp(record->instance_id, owner->instance_id) == 0;
}

static enum record_state refuse_other_owner(const struct record_file *file,
                                            const struct record *record, struct report *report)
{
    report_advise(report, "Finish that one first, or give another place with --state-file or "
                          "--state-dir.");
    (void)report_fault(report, EXIT_USAGE,
                       "the record %s is of another job: instance %s, region %s, key id %s",
                       file->path, record->instance_id, record->region, record->access_key_id);
    return RECORD_FOREIGN;
}

enum record_state record_file_read(struct record_file *file, const struct record_owner *owner,
                                   struct record *record, struct report *report)
{
    enum record_state state = read_file(file->folder->descriptor, file->name, file->path, record,
                                        report);

    if (state == RECORD_GOOD && owner != NULL && !is_owner(record, owner)) {
        state = refuse_other_owner(file, record, report);
    }
    file->may_write = state == RECORD_NONE || state == RECORD_GOOD;
    return state;
}

static int ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);

    return len > end_len && strcmp(text + len - end_len, end) == 0;
}

/* Each entry of an open list; the record has room for one. */
static int search(DIR *entries, const struct record_folder *folder,
                  int (*found)(void *ctx, const char *name, const struct record *record), void *ctx,
                  struct record *record)
{
    struct report ignored;
    struct dirent *entry;

    for (errno = 0; (entry = readdir(entries)) != NULL; errno = 0) {
        report_init(&ignored);
        if (ends_with(entry->d_name, RECORD_SUFFIX) &&
            read_file(folder->descriptor, entry->d_name, entry->d_name, record, &ignored) ==
                RECORD_GOOD &&
            found(ctx, entry->d_name, record) != 0) {
            return 0;
        }
    }
    return errno == 0 ? 0 : -1;
}

int record_folder_search(const struct record_folder *folder,
                         int (*found)(void *ctx, const char *name, const struct record *record),
                         void *ctx, struct report *report)
{
    int descriptor = openat(folder->descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = descriptor >= 0 ? fdopendir(descriptor) : NULL;
    struct record *record = malloc(sizeof *record);
    int status = -1;

    if (entries != NULL && record != NULL) {
        status = search(entries, folder, found, ctx, record);
    }
    if (status != 0) {
        (void)system_fault(report, "the folder for records", folder->path);
    }
    free(record);
    if (entries != NULL) {
        (void)closedir(entries);
    } else if (descriptor >= 0) {
        (void)close(descriptor);
    }
    return status == 0 ? 0 : EXIT_USAGE;
}

/* --- writing -----------------------------------------------------------------------------------
 */

static int write_all(void *ctx, const char *text, size_t len)
{
    int descriptor = *(const int *)ctx;

    while (len > 0) {
        ssize_t written = write(descriptor, text, len);

        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return -1;
        }
        text += written;
        len -= (size_t)written;
    }
    return 0;
}

/* A new file of that name, durable with all that is in it. 0, or -1 with errno. */
static int write_new(int folder, const char *name, const struct record *record)
{
    int descriptor, error;

    if (unlinkat(folder, name, 0) != 0 && errno != ENOENT) { /* of one that was killed */
        return -1;
    }
    descriptor = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                        S_IRUSR | S_IWUSR);
    if (descriptor < 0) {
        return -1;
    }
    if (fchmod(descriptor, S_IRUSR | S_IWUSR) == 0 && /* the umask may have taken from it */
        record_text_write(record, write_all, &descriptor) == 0 && fsync(descriptor) == 0) {
        return close(descriptor);
    }
    error = errno;
    (void)close(descriptor);
    errno = error;
    return -1;
}

static int write_fault(const struct record_file *file, const char *what, struct report *report)
{
    report_advise(report,
                  "Look at the disk that it is on, or give another place with --state-dir.");
    return report_fault(report, EXIT_NOT_SENT, "the record %s cannot be %s: %s", file->path, what,
                        strerror(errno));
}

int record_file_write(struct record_file *file, const struct record *record, struct report *report)
{
    char name[RECORD_NAME_MAX + SUFFIX_SIZE];
    int folder = file->folder->descriptor;

    if (!file->may_write) {
        return report_fault(report, EXIT_NOT_SENT, "%s is not a record to be written over",
                            file->path);
    }
    if (write_new(folder, beside(file, NEW, name), record) != 0 ||
        renameat(folder, name, folder, file->name) != 0) {
        int error = errno;

        (void)unlinkat(folder, name, 0);
        errno = error;
        return write_fault(file, "written", report);
    }
    return fsync(folder) == 0 ? 0 : write_fault(file, "made durable", report);
}

int record_file_remove(struct record_file *file, struct report *report)
{
    char name[RECORD_NAME_MAX + SUFFIX_SIZE];
    int folder = file->folder->descriptor;

    (void)unlinkat(folder, beside(file, NEW, name), 0);
    if (unlinkat(folder, file->name, 0) != 0 && errno != ENOENT) {
        return write_fault(file, "removed", report);
    }
    return fsync(folder) == 0 ? 0 : write_fault(file, "removed for good", report);
}
