/* to be written */
typedef int verify_report_stub;
