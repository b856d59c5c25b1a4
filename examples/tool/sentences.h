/*
 * sentences.h - the libraries' numbers in words
 */
#ifndef TOOL_SENTENCES_H
#define TOOL_SENTENCES_H

#include "replace_volume.h"

/* One of replace_volume's own statuses. */
#define STATUS_TEXT_SIZE 128
void status_text(int status, char text[STATUS_TEXT_SIZE]);

/* One of mbedTLS's errors, with its number. */
#define TLS_TEXT_SIZE 160
void tls_error_text(int error, char text[TLS_TEXT_SIZE]);

/* Why a certificate was not accepted, on one line. */
#define VERIFY_TEXT_SIZE 512
void verify_text(uint32_t flags, char text[VERIFY_TEXT_SIZE]);

/* "2024-11-15T08:30:00Z" */
#define UTC_TEXT_SIZE 32
void utc_text(int64_t seconds, char text[UTC_TEXT_SIZE]);

#endif
