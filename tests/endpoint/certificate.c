#include "certificate.h"

#include "moment.h"
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <string.h>

struct pair {
    X509 *certificate;
    EVP_PKEY *key;
};

static void check(bool done, const char *what)
{
    if (!done)
        die("OpenSSL cannot %s", what);
}

static EVP_PKEY *make_key(const struct options *options)
{
    EVP_PKEY *key = options->key == KEY_RSA ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");

    check(key != NULL, "make a key");
    return key;
}

static void add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;

    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    check(extension != NULL && X509_add_ext(certificate, extension, -1) == 1,
          "add an extension to a certificate; see --host-name");
    X509_EXTENSION_free(extension);
}

/* A certificate with a random serial number and all but the extensions and the signature. */
static X509 *make_certificate(EVP_PKEY *key, const char *common_name, int64_t not_before_s,
                              int64_t not_after_s)
{
    X509 *certificate = X509_new();
    X509_NAME *name;
    unsigned char serial[8];
    uint64_t number;

    check(certificate != NULL && RAND_bytes(serial, sizeof serial) == 1, "make a certificate");
    memcpy(&number, serial, sizeof number);
    name = X509_get_subject_name(certificate);
    check(X509_set_version(certificate, 2) == 1 &&
              ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), number >> 1) == 1 &&
              X509_time_adj_ex(X509_getm_notBefore(certificate), 0, (long)not_before_s, NULL) !=
                  NULL &&
              X509_time_adj_ex(X509_getm_notAfter(certificate), 0, (long)not_after_s, NULL) !=
                  NULL &&
              X509_set_pubkey(certificate, key) == 1 &&
              X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                         (const unsigned char *)common_name, -1, -1, 0) == 1,
          "make a certificate");
    return certificate;
}

static void sign(X509 *certificate, const struct pair *issuer)
{
    check(X509_set_issuer_name(certificate, X509_get_subject_name(issuer->certificate)) == 1 &&
              X509_sign(certificate, issuer->key, EVP_sha256()) > 0,
          "sign a certificate");
}

enum { YEARS_20 = 20 * 365 * 86400 };

/* A CA, signed by `issuer` or by itself. It is valid long enough for any wrong clock. */
static struct pair make_ca(const struct options *options, const char *name,
                           const struct pair *issuer)
{
    struct pair ca;

    ca.key = make_key(options);
    ca.certificate = make_certificate(ca.key, name, -YEARS_20, YEARS_20);
    add_extension(ca.certificate, ca.certificate, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(ca.certificate, ca.certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
    add_extension(ca.certificate, ca.certificate, NID_subject_key_identifier, "hash");
    sign(ca.certificate, issuer != NULL ? issuer : &ca);
    return ca;
}

static void alternative_names(const struct options *options, struct text *out)
{
    size_t i;

    if (options->certificate == CERTIFICATE_WRONG_HOST) {
        text_puts(out, "DNS:another-host.invalid");
        return;
    }
    text_puts(out, "IP:127.0.0.1,IP:::1");
    for (i = 0; i < options->host_names.count; i++) {
        const char *name = options->host_names.items[i];
        bool is_address = strspn(name, "0123456789.") == strlen(name);

        text_printf(out, ",%s:%s", is_address ? "IP" : "DNS", name);
    }
}

static void validity(const struct options *options, int64_t *not_before_s, int64_t *not_after_s)
{
    *not_before_s = options->not_before_s;
    *not_after_s = options->not_after_s;
    if (options->certificate == CERTIFICATE_EXPIRED) {
        *not_before_s = -30 * 86400;
        *not_after_s = -86400;
    }
    if (options->certificate == CERTIFICATE_NOT_YET_VALID) {
        *not_before_s = 86400;
        *not_after_s = 30 * 86400;
    }
}

static struct pair make_leaf(const struct options *options, const struct pair *issuer)
{
    struct text names = {0};
    struct pair leaf;
    int64_t not_before_s, not_after_s;

    validity(options, &not_before_s, &not_after_s);
    alternative_names(options, &names);
    leaf.key = make_key(options);
    leaf.certificate = make_certificate(leaf.key,
                                        options->certificate == CERTIFICATE_WRONG_HOST
                                            ? "another-host.invalid"
                                            : options->host_names.items[0],
                                        not_before_s, not_after_s);
    if (options->certificate == CERTIFICATE_SELF_SIGNED)
        issuer = &leaf;
    add_extension(leaf.certificate, issuer->certificate, NID_basic_constraints,
                  "critical,CA:FALSE");
    add_extension(leaf.certificate, issuer->certificate, NID_key_usage,
                  "critical,digitalSignature,keyEncipherment");
    add_extension(leaf.certificate, issuer->certificate, NID_ext_key_usage, "serverAuth");
    add_extension(leaf.certificate, issuer->certificate, NID_subject_alt_name, names.bytes);
    sign(leaf.certificate, issuer);
    text_free(&names);
    return leaf;
}

static void write_ca(const char *path, X509 *certificate)
{
    BIO *memory = BIO_new(BIO_s_mem());
    char *pem;
    long len;

    check(memory != NULL && PEM_write_bio_X509(memory, certificate) == 1,
          "write the CA certificate");
    len = BIO_get_mem_data(memory, &pem);
    if (!write_file_atomically(path, pem, (size_t)len))
        die("without its CA certificate nobody can connect; see --ca-file");
    BIO_free(memory);
}

static void free_pair(struct pair *pair)
{
    X509_free(pair->certificate);
    EVP_PKEY_free(pair->key);
}

void certificate_install(SSL_CTX *context, const struct options *options)
{
    static const char name[] = "Local endpoint CA";
    struct pair root = make_ca(options, name, NULL);
    struct pair issuer = root;
    struct pair leaf;

    write_ca(options->ca_file, root.certificate);
    /* The other CA has the same name, so that only its key gives it away. */
    if (options->certificate == CERTIFICATE_OTHER_CA) {
        free_pair(&root);
        root = make_ca(options, name, NULL);
        issuer = root;
    }
    if (options->intermediate)
        issuer = make_ca(options, "Local endpoint intermediate CA", &root);
    leaf = make_leaf(options, &issuer);
    check(SSL_CTX_use_certificate(context, leaf.certificate) == 1 &&
              SSL_CTX_use_PrivateKey(context, leaf.key) == 1,
          "use the certificate");
    if (options->intermediate) {
        check(SSL_CTX_add1_chain_cert(context, issuer.certificate) == 1, "send a chain");
        free_pair(&issuer);
    }
    free_pair(&leaf);
    free_pair(&root);
}
