/* Output: data on stdout, byte for byte. */
#include "output.h"

#include <stdio.h>

void output_bytes(struct bytes data)
{
    if (data.len > 0)
        fwrite(data.at, 1, data.len, stdout); /* main() asks ferror() at the end */
}

void output_line(struct bytes data)
{
    output_bytes(data);
    if (data.len == 0 || data.at[data.len - 1] != '\n')
        putchar('\n');
}
