/* Replaces the system volume of one instance: minimal INSTANCE IMAGE KEY-PAIR REGION HOST PORT */
#include "port/posix.h"
#include <psa/crypto.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    static rv_system clocks;
    static rv_posix_socket posix;
    static rv_socket tcp;
    static mbedtls_x509_crt anchors;
    static rv_tls tls;
    static rv_client client;
    static rv_call call;
    static rv_result result;

    if (argc != 7 || psa_crypto_init() != PSA_SUCCESS) {
        return 2;
    }
    rv_credentials key = {getenv("VOLCENGINE_ACCESS_KEY"), getenv("VOLCENGINE_SECRET_KEY"), 0, 0};
    rv_client_config config = {.tls = &tls, .socket = &tcp, .credentials = &key};
    config.region = argv[4], config.host = argv[5], config.port = (uint16_t)atoi(argv[6]);
    rv_replace_system_volume what = {argv[1], argv[2], .key_pair_name = argv[3]};

    rv_posix_system(&clocks);
    rv_posix_socket_init(&posix, &tcp);
    mbedtls_x509_crt_init(&anchors);
    int status = rv_posix_ca_bundle(&anchors, NULL, NULL);
    status = status == RV_OK ? rv_tls_init(&tls, &clocks, &anchors) : status;
    status = status == RV_OK ? rv_client_init(&client, &config, &result) : status;
    status = status == RV_OK ? rv_call_start_replace(&call, &client, &what) : status;
    if (status == RV_OK) {
        fprintf(stderr, "client token: %s\n", rv_call_result(&call)->client_token); /* keep it */
        status = rv_call_run(&call);
    }
    result = *rv_call_result(&call);
    printf("outcome %d: %s %s\n", result.outcome, rv_status_text(status), result.message);
    return result.outcome == RV_ACCEPTED ? 0 : 1;
}
