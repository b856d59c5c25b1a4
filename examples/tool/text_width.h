/*
 * text_width.h - how much room a text takes on a terminal
 */
#ifndef TOOL_TEXT_WIDTH_H
#define TOOL_TEXT_WIDTH_H

/* Columns of a UTF-8 text: two for each wide character (Chinese, Japanese, Korean, emoji), none for
 * what combines with the one before. Does not depend on the locale. */
unsigned text_width(const char *text);

#endif
