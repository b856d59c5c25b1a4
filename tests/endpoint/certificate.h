/* The certificates: a CA made at start, and one for the endpoint in the wanted state of goodness.
 */
#ifndef ENDPOINT_CERTIFICATE_H
#define ENDPOINT_CERTIFICATE_H

#include "options.h"
#include <openssl/ssl.h>

/* Makes everything, puts certificate and key into the context and writes the CA to --ca-file. */
void certificate_install(SSL_CTX *context, const struct options *options);

#endif
