#include <stdio.h>
#include <stdlib.h>
#include "server.h"

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

    return text == NULL ? "localhost" : text;
}

void server_banner(void)
{
    printf("listening on %s:%d\n", server_host(), server_port());
}
