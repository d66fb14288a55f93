/* to be written */
typedef int notary_durable_stub;
