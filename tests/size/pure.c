/*
 * What the pure part of the core keeps when only it is used: signing, generating the request,
 * parsing HTTP, filtering and reading JSON. These are the functions that the rest of the core
 * calls. size.sh links for this table alone, and takes its own size off.
 */
#define RV_STATIC
#include "../../replace_volume.c"

#define ROOT(function) (void (*)(void)) function

extern void (*const roots[])(void);
void (*const roots[])(void) = {
    ROOT(check_target_length), ROOT(request_sign), ROOT(cursor_start),   ROOT(cursor_fill),

    ROOT(http_start),          ROOT(http_read),    ROOT(http_end),

    ROOT(filter_start),        ROOT(filter_byte),  ROOT(filter_element), ROOT(filter_drop_element),
    ROOT(filter_end),          ROOT(json_read),    ROOT(rv_json_text),
};
