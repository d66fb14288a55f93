/* to be written */
typedef int notary_config_stub;
