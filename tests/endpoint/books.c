#include "books.h"

void books_write_instance(const struct instance *instance, struct text *out)
{
    text_json(out, instance->id);
    text_printf(out,
                ":{\"replacements\":%lld,\"accepted\":%lld,\"stops\":%lld,\"starts\":%lld,"
                "\"status\":\"%s\",\"image_id\":",
                (long long)instance->replaced, (long long)instance->accepted,
                (long long)instance->stops, (long long)instance->starts,
                status_name(instance->now.status));
    text_json(out, instance->now.image->id);
    text_puts(out, ",\"volume_id\":");
    text_json(out, instance->now.volume_id);
    text_puts(out, ",\"key_pair\":");
    text_json(out, instance->now.key_pair);
    text_puts(out, "}");
}

void books_write(const struct endpoint *endpoint)
{
    const struct cloud *cloud = &endpoint->cloud;
    struct text out = {0};
    int64_t replacements = 0;
    size_t i;

    if (endpoint->options.books_file == NULL)
        return;
    text_puts(&out, "{\"instances\":{\n");
    for (i = 0; i < cloud->instance_count; i++) {
        text_puts(&out, i > 0 ? ",\n" : "");
        books_write_instance(&cloud->instances[i], &out);
        replacements += cloud->instances[i].replaced;
    }
    text_printf(&out,
                "},\n\"requests\":%lld,\"replacements\":%lld,\"tokens\":%zu,"
                "\"most_replacing_at_once\":%lld}\n",
                (long long)endpoint->requests, (long long)replacements, endpoint->tokens.count,
                (long long)cloud->most_replacing);
    write_file_atomically(endpoint->options.books_file, out.bytes, out.len);
    text_free(&out);
}
