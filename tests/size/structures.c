/* One array as long as each structure of the interface: nm -S reads their sizes off the object. */
#include "replace_volume.h"

#define SIZE_OF(name) const char size_of_##name[sizeof(struct name)] = {0}

SIZE_OF(rv_tls);
SIZE_OF(rv_client);
SIZE_OF(rv_call);
SIZE_OF(rv_result);
SIZE_OF(rv_client_config);
SIZE_OF(rv_replace_system_volume);
SIZE_OF(rv_request);
SIZE_OF(rv_system);
SIZE_OF(rv_socket);
