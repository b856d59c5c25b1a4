#include "fleet_again.h"

#include "option_table.h"
#include <stdlib.h>
#include <string.h>

static int is_about_several(const struct option *option)
{
    return (option->traits & (ONLY_WITH_SEVERAL | REPEATED)) != 0 ||
           strcmp(option->name, "--instances-file") == 0;
}

/* As again_command reads them: an option may have its value in the next argument. */
static size_t copy_what_is_meant_for_one(const char **out, const char *const *arguments)
{
    size_t count = 0;

    out[count++] = *arguments++;
    while (*arguments != NULL) {
        const struct option *option = option_find(*arguments);
        int has_own_value = option != NULL && option->kind != FLAG &&
                            strchr(*arguments, '=') == NULL && arguments[1] != NULL;
        int is_kept = option == NULL || !is_about_several(option);
        int taken;

        for (taken = 0; taken <= has_own_value; taken++, arguments++) {
            if (is_kept) {
                out[count++] = *arguments;
            }
        }
    }
    return count;
}

int fleet_again_open(struct options *one, const struct options *all, const char *instance_id)
{
    size_t count = 0;
    const char **arguments;

    *one = *all;
    one->arguments = NULL;
    while (all->arguments[count] != NULL) {
        count++;
    }
    arguments = malloc((count + 3) * sizeof *arguments);
    if (arguments == NULL) {
        return -1;
    }
    count = copy_what_is_meant_for_one(arguments, all->arguments);
    arguments[count++] = "--instance-id";
    arguments[count++] = instance_id;
    arguments[count] = NULL;
    one->instance_id = instance_id;
    one->arguments = arguments;
    return 0;
}

void fleet_again_free(struct options *one)
{
    free((void *)(size_t)one->arguments);
    one->arguments = NULL;
}
