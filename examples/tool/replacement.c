#include "replacement.h"

#include <string.h>

static rv_boolean true_or_unset(int flag)
{
    return flag ? RV_TRUE : RV_UNSET;
}

void replacement_fill(rv_replace_system_volume *replace, const struct options *options,
                      const struct secrets *secrets, const char *instance_id)
{
    int is_post = options->method != NULL && strcmp(options->method, "post") == 0;

    memset(replace, 0, sizeof *replace);
    replace->instance_id = instance_id;
    replace->image_id = options->image_id;
    if (password_is_wanted(options) && secrets->has_password) {
        replace->password = secrets->password;
    }
    replace->key_pair_name = options->key_pair_name;
    replace->keep_image_credential = true_or_unset(options->keep_image_credential);
    replace->client_token = options->client_token;
    replace->client_token_is_new = options->mode != MODE_CALL;
    replace->dry_run = true_or_unset(options->dry_run);
    replace->image_release_version = options->image_release_version;
    replace->has_size_gib = options->size_gib != 0;
    replace->size_gib = options->size_gib;
    replace->user_data = secrets->has_user_data ? secrets->user_data : NULL;
    replace->user_data_len = secrets->user_data_len;
    replace->extra = options->parameters;
    replace->extra_count = options->parameter_count;
    replace->method = is_post ? RV_POST : RV_GET;
}

void replacement_job(rv_job_config *config, const struct options *options,
                     const rv_replace_system_volume *replace)
{
    memset(config, 0, sizeof *config);
    config->replace = replace;
    config->expected_image_id = options->expect_image;
    config->expected_instance_name = options->expect_name;
    config->may_stop = options->stop || options->force_stop;
    config->leave_stopped = (uint8_t)options->leave_stopped;
    config->check_image = 1;
    config->check_key_pair = 1;
    config->check_dry_run = !options->no_dry_run_check;
    config->force_stop_after_s = options->force_stop ? FORCE_STOP_AFTER_S : 0;
    config->job_timeout_s = options->wait_s;
}
