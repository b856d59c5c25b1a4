/*
 * psa_random.c - randomness for a PSA that was configured to ask for it
 *
 * With MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG mbedTLS calls the integrator's function for every random
 * byte; here it gets the same ones as rv_system.random. Without it this file is empty.
 *
 * SPDX-License-Identifier: MIT
 */
#undef RV_STATIC /* of the core only types are used here */

#include "posix.h"

#if defined(MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG)

#include <psa/crypto.h>

psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t *context,
                                             uint8_t *output, size_t output_size,
                                             size_t *output_length)
{
    (void)context;
    *output_length = 0;
    if (rv_posix_random(NULL, output, output_size) != RV_OK) {
        return PSA_ERROR_INSUFFICIENT_ENTROPY;
    }
    *output_length = output_size;
    return PSA_SUCCESS;
}

#endif
