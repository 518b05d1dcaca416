#include <stdio.h>
#include <time.h>
#include "log.h"

void log_line(const char *message)
{
    fprintf(stdout, "%s\n", message);
    fflush(stdout);
}
