#define _XOPEN_SOURCE 700 /* pseudo-terminals */
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

#define PAUSE_MS 5 /* between two looks */

struct kept {       /* what was printed to one place */
    int descriptor; /* of a file without a name, or -1 */
    char *text;
    size_t len;
};

struct process {
    pid_t id;
    int ended;
    int status;
    int terminal;      /* our side of it, or -1 */
    int terminal_peer; /* its side, kept open so that nothing is lost at the end */
    int input;         /* our end of its input while it stays open, or -1 */
    struct kept output;
    struct kept errors;
    struct kept screen;
};

static void give_up(const char *what)
{
    fprintf(stderr, "spawn: %s: %s\n", what, strerror(errno));
    exit(1);
}

void sleep_ms(int milliseconds)
{
    struct timespec time = {milliseconds / 1000, (milliseconds % 1000) * 1000000L};

    while (nanosleep(&time, &time) != 0 && errno == EINTR) {
    }
}

/* Numbers that the program's own descriptors are not going to collide with. */
static int move_up(int descriptor)
{
    int moved = fcntl(descriptor, F_DUPFD_CLOEXEC, 20);

    if (moved < 0) {
        give_up("fcntl");
    }
    close(descriptor);
    return moved;
}

static int nameless_file(void)
{
    char path[] = "/tmp/spawn-XXXXXX";
    int descriptor = mkstemp(path);

    if (descriptor < 0) {
        give_up("mkstemp");
    }
    unlink(path);
    return move_up(descriptor);
}

/* --- the child's side ------------------------------------------------------------------------- */

static void set_environment(const char *const *changes)
{
    size_t i = 0;

    unsetenv("NO_COLOR");
    unsetenv("SSL_CERT_FILE");
    while (environ != NULL && environ[i] != NULL) {
        char name[64];

        if (strncmp(environ[i], "VOLCENGINE_", 11) == 0 && strcspn(environ[i], "=") < sizeof name) {
            snprintf(name, sizeof name, "%.*s", (int)strcspn(environ[i], "="), environ[i]);
            unsetenv(name);
            i = 0;
        } else {
            i++;
        }
    }
    for (i = 0; changes != NULL && changes[i] != NULL; i++) {
        if (strchr(changes[i], '=') != NULL) {
            putenv((char *)(size_t)changes[i]);
        } else {
            unsetenv(changes[i]);
        }
    }
}

static void set_signals(const struct spawn_setup *setup)
{
    /* the test framework catches the last ones, and would go on with its tests in the child */
    static const int numbers[] = {SIGINT,  SIGTERM, SIGHUP, SIGPIPE, SIGQUIT,
                                  SIGSEGV, SIGBUS,  SIGFPE, SIGILL};
    sigset_t none;
    size_t i;

    for (i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        signal(numbers[i], SIG_DFL);
    }
    if (setup->ignore_sigint) {
        signal(SIGINT, SIG_IGN);
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void place(int descriptor, int number)
{
    if (descriptor < 0) {
        close(number);
    } else if (dup2(descriptor, number) < 0) {
        _exit(126);
    }
}

/* Runs in the child and does not come back. */
static void become(const char *const *arguments, const struct spawn_setup *setup, const int *ends,
                   int terminal)
{
    setsid();
    if (terminal >= 0 && ioctl(terminal, TIOCSCTTY, 0) != 0) {
        _exit(126);
    }
    set_signals(setup);
    set_environment(setup->environment);
    if (setup->folder != NULL && chdir(setup->folder) != 0) {
        _exit(126);
    }
    if (setup->input_descriptor != 0) {
        int nothing = open("/dev/null", O_RDONLY);

        place(ends[0], setup->input_descriptor);
        place(nothing, 0);
    } else {
        place(ends[0], 0);
    }
    place(ends[1], 1);
    place(ends[2], 2);
    execv(arguments[0], (char *const *)(size_t)arguments);
    _exit(127);
}

/* --- the parent's side ------------------------------------------------------------------------ */

/* Input fits into a pipe, so it is written before anybody reads. */
static int make_pipe(struct process *process, const struct spawn_setup *setup)
{
    size_t len = setup->input == NULL || setup->input_len != 0 ? setup->input_len
                                                               : strlen(setup->input);
    int ends[2];

    if (pipe(ends) != 0) {
        give_up("pipe");
    }
    ends[0] = move_up(ends[0]);
    ends[1] = move_up(ends[1]);
    if (fcntl(ends[1], F_SETFL, O_NONBLOCK) != 0 ||
        (len > 0 && write(ends[1], setup->input, len) != (ssize_t)len)) {
        give_up("input");
    }
    if (setup->input_stays_open) {
        process->input = ends[1];
    } else {
        close(ends[1]);
    }
    return ends[0];
}

static int make_input(struct process *process, const struct spawn_setup *setup)
{
    process->input = -1;
    if (setup->input_is_closed) {
        return -1;
    }
    if (setup->input_is_terminal) {
        return fcntl(process->terminal_peer, F_DUPFD_CLOEXEC, 20);
    }
    return make_pipe(process, setup);
}

static int make_output(struct process *process, struct kept *kept, enum spawn_output kind)
{
    int ends[2];

    kept->descriptor = -1;
    switch (kind) {
    case SPAWN_CLOSED:
        return -1;
    case SPAWN_BROKEN_PIPE:
        if (pipe(ends) != 0) {
            give_up("pipe");
        }
        close(ends[0]);
        return move_up(ends[1]);
    case SPAWN_FULL_DEVICE:
        ends[0] = open("/dev/full", O_WRONLY);
        if (ends[0] < 0) {
            give_up("/dev/full");
        }
        return move_up(ends[0]);
    case SPAWN_TERMINAL:
        return fcntl(process->terminal_peer, F_DUPFD_CLOEXEC, 20);
    default:
        kept->descriptor = nameless_file();
        return fcntl(kept->descriptor, F_DUPFD_CLOEXEC, 20);
    }
}

static void make_terminal(struct process *process)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    int peer;

    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) {
        give_up("posix_openpt");
    }
    peer = open(ptsname(master), O_RDWR | O_NOCTTY);
    if (peer < 0) {
        give_up("terminal");
    }
    process->terminal = move_up(master);
    process->terminal_peer = move_up(peer);
    process->screen.descriptor = nameless_file();
}

struct process *process_start(const char *const *arguments, const struct spawn_setup *setup)
{
    static const struct spawn_setup nothing;
    struct process *process = calloc(1, sizeof *process);
    int ends[3];
    int i;

    if (process == NULL) {
        give_up("memory");
    }
    if (setup == NULL) {
        setup = &nothing;
    }
    process->terminal = -1;
    process->terminal_peer = -1;
    process->screen.descriptor = -1;
    if (setup->terminal) {
        make_terminal(process);
    }
    ends[0] = make_input(process, setup);
    ends[1] = make_output(process, &process->output, setup->output);
    ends[2] = make_output(process, &process->errors, setup->errors);
    fflush(NULL);
    process->id = fork();
    if (process->id < 0) {
        give_up("fork");
    }
    if (process->id == 0) {
        become(arguments, setup, ends, process->terminal_peer);
    }
    for (i = 0; i < 3; i++) {
        if (ends[i] >= 0) {
            close(ends[i]);
        }
    }
    return process;
}

pid_t process_id(const struct process *process)
{
    return process->id;
}

void process_signal(struct process *process, int number)
{
    if (!process->ended) {
        kill(process->id, number);
    }
}

void process_type(struct process *process, const char *text)
{
    if (write(process->terminal, text, strlen(text)) != (ssize_t)strlen(text)) {
        give_up("terminal");
    }
}

/* A terminal is a small buffer: what it shows is moved on, or the program would wait. */
static void read_screen(struct process *process)
{
    struct pollfd entry = {process->terminal, POLLIN, 0};
    char part[512];

    while (process->terminal >= 0 && poll(&entry, 1, 0) == 1 && (entry.revents & POLLIN) != 0) {
        ssize_t got = read(process->terminal, part, sizeof part);

        if (got <= 0 || write(process->screen.descriptor, part, (size_t)got) != got) {
            return;
        }
    }
}

int process_has_ended(struct process *process)
{
    int status;

    if (!process->ended && waitpid(process->id, &status, WNOHANG) == process->id) {
        process->ended = 1;
        process->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    read_screen(process);
    return process->ended;
}

static void kill_it(struct process *process)
{
    int status;

    if (!process->ended) {
        kill(process->id, SIGKILL);
        waitpid(process->id, &status, 0);
        process->ended = 1;
        process->status = -1;
    }
}

int process_wait(struct process *process, int limit_ms)
{
    int waited = 0;

    while (!process_has_ended(process) && waited < limit_ms) {
        sleep_ms(PAUSE_MS);
        waited += PAUSE_MS;
    }
    kill_it(process);
    return process->status;
}

static const char *text_of(struct kept *kept)
{
    struct stat about;
    char *text;

    if (kept->descriptor < 0) {
        return "";
    }
    if (fstat(kept->descriptor, &about) != 0) {
        give_up("fstat");
    }
    text = realloc(kept->text, (size_t)about.st_size + 1);
    if (text == NULL ||
        pread(kept->descriptor, text, (size_t)about.st_size, 0) != (ssize_t)about.st_size) {
        give_up("read");
    }
    text[about.st_size] = '\0';
    kept->text = text;
    return text;
}

const char *process_output(struct process *process)
{
    return text_of(&process->output);
}

const char *process_errors(struct process *process)
{
    return text_of(&process->errors);
}

const char *process_screen(struct process *process)
{
    read_screen(process);
    return text_of(&process->screen);
}

static int await_text(struct process *process, struct kept *kept, const char *text, int limit_ms)
{
    int waited = 0;

    for (;;) {
        int ended = process_has_ended(process);

        if (strstr(text_of(kept), text) != NULL) {
            return 1;
        }
        if (ended || waited >= limit_ms) {
            return 0;
        }
        sleep_ms(PAUSE_MS);
        waited += PAUSE_MS;
    }
}

int process_await_errors(struct process *process, const char *text, int limit_ms)
{
    return await_text(process, &process->errors, text, limit_ms);
}

int process_await_screen(struct process *process, const char *text, int limit_ms)
{
    return await_text(process, &process->screen, text, limit_ms);
}

int process_echoes(struct process *process)
{
    struct termios settings;

    if (tcgetattr(process->terminal_peer, &settings) != 0) {
        give_up("tcgetattr");
    }
    return (settings.c_lflag & ECHO) != 0;
}

static void close_if_open(int descriptor)
{
    if (descriptor >= 0) {
        close(descriptor);
    }
}

static void kept_free(struct kept *kept)
{
    close_if_open(kept->descriptor);
    free(kept->text);
}

void process_free(struct process *process)
{
    if (process == NULL) {
        return;
    }
    kill_it(process);
    close_if_open(process->terminal);
    close_if_open(process->terminal_peer);
    close_if_open(process->input);
    kept_free(&process->output);
    kept_free(&process->errors);
    kept_free(&process->screen);
    free(process);
}

struct process *process_run(const char *const *arguments, const struct spawn_setup *setup,
                            int limit_ms, int *status)
{
    struct process *process = process_start(arguments, setup);

    *status = process_wait(process, limit_ms);
    return process;
}

static int remove_entry(const char *path, const struct stat *about, int kind, struct FTW *place)
{
    (void)about;
    (void)kind;
    (void)place;
    (void)remove(path);
    return 0;
}

void remove_tree(const char *folder)
{
    (void)nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}
