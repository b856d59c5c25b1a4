/*
 * readme.h - README.md, for tests that hold its tables against the code
 */
#ifndef README_H
#define README_H

#define README_ROWS  32
#define README_CELLS 4
#define README_CELL  512

/* A table of Markdown, without its head. */
struct readme_table {
    int rows;
    char cell[README_ROWS][README_CELLS][README_CELL];
};

/* The whole text. It is looked for in the top folder, from which the tests run. */
const char *readme_text(void);

/* The first table behind this text. A test fails if there is none. */
void readme_table_behind(const char *text, struct readme_table *table);

#endif
