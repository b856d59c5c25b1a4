#include "options.h"

#include <stdio.h>

/* A piece at a time: C99 promises no more than 4,095 characters for one text. */
static const char *const help[] = {
    "Usage: replace-volume --instance-id I --image-id M\n"
    "           (--password-file F | --password-fd N | --key-pair-name K | --keep-image-credential)\n"
    "           [--client-token T] [--dry-run] [--image-release-version V] [--size-gib N]\n"
    "           [--user-data-file F] [--param Name=Value]...\n"
    "           [--region R] [--endpoint HOST[:PORT]] [--ca-file F] [--profile P]\n"
    "           [--method get|post] [--timeout-s N] [--call-only] [--yes]\n"
    "           [--json] [--quiet] [--verbose] [--version] [--help]\n"
    "\n"
    "Replaces the system volume of a Volcengine ECS instance, with one ReplaceSystemVolume request.\n"
    "EVERYTHING ON THE PRESENT SYSTEM VOLUME IS LOST. The instance should be stopped before; it is\n"
    "neither stopped nor waited for here.\n"
    "\n"
    "What is asked (the API's name in parentheses)\n"
    "  --instance-id I            the instance (InstanceId)\n"
    "  --image-id M               the image that its new system volume is made from (ImageId)\n"
    "  --password-file F          password of the new system, read from this file; \"-\" is standard\n"
    "                             input (Password). One line end after it does not count.\n"
    "  --password-fd N            the same, from this open descriptor\n"
    "  --key-pair-name K          key pair of the new system; Linux only (KeyPairName)\n"
    "  --keep-image-credential    keep what a custom or shared image has (KeepImageCredential)\n"
    "  --client-token T           token under which the service takes the request once, at most 64\n"
    "                             characters; default: a new random one. One that you give counts as\n"
    "                             sent before (ClientToken)\n"
    "  --dry-run                  check only, change nothing, ask nothing (DryRun)\n"
    "  --image-release-version V  of a public image; \"\" is the newest (ImageReleaseVersion)\n"
    "  --size-gib N               size of the new volume, 1 to 65536 GiB (Size)\n"
    "  --user-data-file F         start script for the new system, at most 16384 bytes (UserData)\n"
    "  --param Name=Value         any other parameter; may be repeated\n"
    "Without any of the four credential options the password is asked for on the terminal. There is\n"
    "no --password: it would show in the list of processes.\n"
    "\n",

    "Who asks, and where\n"
    "  --profile P                profile of the configuration file (VOLCENGINE_PROFILE)\n"
    "  --region R                 such as cn-beijing (VOLCENGINE_REGION, then the profile's)\n"
    "  --endpoint HOST[:PORT]     (VOLCENGINE_ENDPOINT, then the profile's, then the region's usual\n"
    "                             one); a host outside the vendor's domains is only taken from here\n"
    "  --ca-file F                PEM certificates to trust instead of the system's\n"
    "  --method get|post          post keeps the password out of URLs, but the API document does not\n"
    "                             have it; default: get\n"
    "  --timeout-s N              limit for the whole call, 1 to 3600; default: 60\n"
    "Key id, secret key and session token come from one source: the named profile; else\n"
    "VOLCENGINE_ACCESS_KEY, VOLCENGINE_SECRET_KEY and VOLCENGINE_SESSION_TOKEN; else the current\n"
    "profile of ~/.volcengine/config.json (VOLCENGINE_CLI_CONFIG_FILE), which must be of mode \"ak\".\n"
    "\n"
    "How it is done\n"
    "  --call-only                the bare call, which is all there is so far\n"
    "  --yes                      do not ask for confirmation; needed where there is no terminal\n"
    "  --json                     the result on standard output as one JSON object\n"
    "  --quiet                    no progress; the client token, warnings and errors are still said\n"
    "  --verbose                  each step and the names of header fields, never a secret\n"
    "  --version, --help\n"
    "\n",

    "Exit status\n"
    "  0  accepted: the service took the request and replaces the volume; or checked (--dry-run)\n"
    "  1  refused: this request changed nothing on the disk\n"
    "  2  usage, or a parameter that breaks a rule; nothing was sent\n"
    "  3  not sent: no credentials here, no connection, interrupted before sending, ...\n"
    "  4  unknown: the request may have been executed. The command to ask again safely is printed\n"
    "  6  accepted, although only a check was asked\n"
    "\n"
    "Standard output has one line: outcome, instance id and the service's error code. With --json it\n"
    "is an object with the members schema (1), outcome (\"not_sent\", \"checked\", \"accepted\",\n"
    "\"refused\" or \"unknown\"), code (the service's), message, advice, http_status, request_id,\n"
    "instance_id, client_token, attempts, first_sent_at (UTC) and clock_skew_s (seconds that the\n"
    "service is ahead of this machine). What is absent is null. Everything else is on standard error.\n",
};

void help_print(void)
{
    size_t i;

    for (i = 0; i < sizeof help / sizeof help[0]; i++) {
        (void)fputs(help[i], stdout);
    }
    (void)fflush(stdout);
}
