/*
 * minimal-1.3.h - the least of mbedTLS 3.6 that replace_volume needs to speak TLS 1.3, and 1.2 with
 * servers that do not
 *
 * A whole configuration, to be used as MBEDTLS_CONFIG_FILE, with what the platform needs in
 * MBEDTLS_USER_CONFIG_FILE (examples/firmware/mbedtls_config.h shows that for a machine without
 * heap, clock and files). The certificates that it can check are those of the public CAs: RSA, and
 * ECDSA on P-256 and P-384, with SHA-256 to SHA-512.
 *
 * TLS 1.3 stands on PSA: call psa_crypto_init() once before anything else, and write
 * mbedtls_psa_external_get_random (port/psa_random.c is that for POSIX).
 *
 * What is not here on purpose: time (validity is judged by rv_system.utc_s), entropy and a random
 * generator (rv_system.random is one), PEM (anchors in DER need no parser for it), names of errors.
 *
 * SPDX-License-Identifier: MIT
 */

/* --- TLS --- */
#define MBEDTLS_SSL_TLS_C
#define MBEDTLS_SSL_CLI_C                        /* client only */
#define MBEDTLS_SSL_SERVER_NAME_INDICATION       /* the service is one of many behind an address */
#define MBEDTLS_SSL_ALPN                         /* RFC 7301: offers http/1.1, and nothing else */
#define MBEDTLS_SSL_SESSION_TICKETS              /* looks of a job resume: no certificates then */
#define MBEDTLS_SSL_KEEP_PEER_CERTIFICATE        /* 1.3 cannot be had without */
#define MBEDTLS_SSL_IN_CONTENT_LEN         16384 /* bytes; as large as a server may make a record */
#define MBEDTLS_SSL_OUT_CONTENT_LEN        2048 /* bytes; ours are small: 512 and the handshake's */

/* --- 1.3, RFC 8446 --- */
#define MBEDTLS_SSL_PROTO_TLS1_3
#define MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL_ENABLED     /* with certificates */
#define MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_EPHEMERAL_ENABLED /* resumed, by a ticket */
#define MBEDTLS_SSL_TLS1_3_COMPATIBILITY_MODE                      /* section D.4, for what stands between */

/* --- 1.2, RFC 5246; without this section it is 1.3 alone --- */
#define MBEDTLS_SSL_PROTO_TLS1_2
#define MBEDTLS_SSL_EXTENDED_MASTER_SECRET       /* RFC 7627: binds resumed sessions to their first */
#define MBEDTLS_KEY_EXCHANGE_ECDHE_RSA_ENABLED   /* for servers with an RSA certificate */
#define MBEDTLS_KEY_EXCHANGE_ECDHE_ECDSA_ENABLED /* and with one of ECDSA */

/* --- encryption of records: AES-GCM --- */
#define MBEDTLS_AES_C
#define MBEDTLS_AES_ROM_TABLES   /* in flash; else 8 KB of RAM */
#define MBEDTLS_AES_FEWER_TABLES /* 2 KB of them rather than 8 KB, for a little time */
#define MBEDTLS_CIPHER_C         /* TLS asks for its ciphers through it */
#define MBEDTLS_GCM_C

/* --- hashes --- */
#define MBEDTLS_MD_C     /* HMAC of TLS and of the request's signature */
#define MBEDTLS_SHA256_C /* request's signature, most certificates */
#define MBEDTLS_SHA384_C /* AES-256 suites, many intermediate certificates */
#define MBEDTLS_SHA512_C /* a few roots' and intermediates' */
#define MBEDTLS_HKDF_C   /* keys of 1.3 */

/* --- keys: agreed on with ECDHE, proved with RSA or ECDSA --- */
#define MBEDTLS_BIGNUM_C
#define MBEDTLS_HAVE_ASM     /* bignums by the processor's own instructions, where mbedTLS knows them \
                              */
#define MBEDTLS_MPI_MAX_SIZE 512 /* bytes: RSA up to 4,096 bits */
#define MBEDTLS_ECP_C
#define MBEDTLS_ECP_DP_SECP256R1_ENABLED   /* key agreement; servers' certificates */
#define MBEDTLS_ECP_DP_SECP384R1_ENABLED   /* CAs' certificates */
#define MBEDTLS_ECP_NIST_OPTIM             /* reduces by the form of these two primes; 1.7 KB */
#define MBEDTLS_ECP_WINDOW_SIZE          2 /* 4 takes 2 KB more of heap and a tenth less time */
#define MBEDTLS_ECP_FIXED_POINT_OPTIM    1 /* 5 KB of tables in flash, a third less time */
#define MBEDTLS_ECDH_C
#define MBEDTLS_ECDSA_C
#define MBEDTLS_RSA_C
#define MBEDTLS_PKCS1_V15               /* signatures of certificates */
#define MBEDTLS_PKCS1_V21               /* RSA-PSS, with which servers sign in 1.3 */
#define MBEDTLS_X509_RSASSA_PSS_SUPPORT /* likewise */

/* --- PSA, which 1.3 stands on --- */
#define MBEDTLS_PSA_CRYPTO_C
#define MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG   /* random numbers are the integrator's */
#define MBEDTLS_PSA_KEY_SLOT_COUNT      8 /* of a connection, 32 by default; takes RAM */

/* --- certificates, in DER --- */
#define MBEDTLS_X509_USE_C
#define MBEDTLS_X509_CRT_PARSE_C
#define MBEDTLS_X509_REMOVE_INFO /* no texts that describe certificates */
#define MBEDTLS_PK_C
#define MBEDTLS_PK_PARSE_C
#define MBEDTLS_OID_C
#define MBEDTLS_ASN1_PARSE_C
#define MBEDTLS_ASN1_WRITE_C /* ECDSA wants it */

/* --- replace_volume itself --- */
#define MBEDTLS_BASE64_C   /* UserData */
#define MBEDTLS_PLATFORM_C /* mbedtls_platform_zeroize and, if wanted, another calloc */
