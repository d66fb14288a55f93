/* to be written */
typedef int verify_report_html_stub;
