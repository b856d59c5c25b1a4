/* Reads the instances, images and key pairs from a file of [sections] with key = value lines. */
#ifndef ENDPOINT_FIXTURE_H
#define ENDPOINT_FIXTURE_H

#include "cloud.h"

/* Fills an empty cloud; NULL for the small built-in set. Ends the program with file, line and
 * reason when something is wrong. fixture.ini explains the keys. */
void fixture_load(struct cloud *cloud, const char *path);

#endif
