/* to be written */
typedef int notary_cli_stub;
