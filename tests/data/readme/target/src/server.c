#include <stdio.h>
#include <stdlib.h>
#include "server.h"

/* The port that the environment names, or the usual one. */
int server_port(void)
{
    const char *text = getenv("SERVER_PORT");

    if (text == NULL)
        return 8080;
    return atoi(text);
}

const char *server_host(void)
{
    const char *text = getenv("SERVER_HOST");

    return text == NULL ? "::1" : text;
}

void server_banner(void)
{
    printf("listening on %s:%d\n", server_host(), server_port());
    fflush(stdout);
}
