#include "readme.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

const char *readme_text(void)
{
    static char text[200000];

    if (text[0] == '\0') {
        FILE *file = fopen("README.md", "rb");
        size_t len;

        if (file == NULL) {
            fail_msg("cannot open README.md: the tests run from the top folder");
        }
        len = fread(text, 1, sizeof text - 1, file);
        fclose(file);
        assert_in_range(len, 1, sizeof text - 2);
    }
    return text;
}

static const char *next_line(const char *at)
{
    at += strcspn(at, "\n");
    return *at == '\n' ? at + 1 : at;
}

/* The text between two bars; returns where the second one stands. */
static const char *read_cell(const char *at, char cell[README_CELL])
{
    size_t len;

    at += strspn(at, " ");
    len = strcspn(at, "|\n");
    assert_in_range(len, 1, README_CELL - 1);
    memcpy(cell, at, len);
    cell[len] = '\0';
    at += len;
    while (len > 0 && cell[len - 1] == ' ') {
        cell[--len] = '\0';
    }
    return at;
}

static void read_row(const char *line, char cells[README_CELLS][README_CELL])
{
    int i = 0;

    while (line[0] == '|' && line[1] != '\n' && line[1] != '\0') {
        assert_in_range(i, 0, README_CELLS - 1);
        line = read_cell(line + 1, cells[i++]);
    }
}

void readme_table_behind(const char *text, struct readme_table *table)
{
    const char *at = strstr(readme_text(), text);

    memset(table, 0, sizeof *table);
    if (at == NULL) {
        fail_msg("README.md does not have \"%s\"", text);
    }
    while (*at != '\0' && *at != '|') {
        at = next_line(at);
    }
    at = next_line(next_line(at)); /* the head, and the line below it */
    while (*at == '|') {
        assert_in_range(table->rows, 0, README_ROWS - 1);
        read_row(at, table->cell[table->rows++]);
        at = next_line(at);
    }
    if (table->rows == 0) {
        fail_msg("there is no table behind \"%s\" in README.md", text);
    }
}
