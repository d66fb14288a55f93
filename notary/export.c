/* to be written */
typedef int notary_export_stub;
