/* What one durable write costs here: 8 KiB appended and fdatasynced, over and over. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/die.h"
#include "common/histogram.h"
#include "common/option.h"
#include "common/stopwatch.h"
#include "common/text.h"

#define APPEND_BYTES 8192

/* Append once and flush; the duration of both. */
static int64_t append_once(int fd, const char *block)
{
    int64_t start_ns = stopwatch_now_ns();

    if (write(fd, block, APPEND_BYTES) != APPEND_BYTES)
        die("cannot append");
    if (fdatasync(fd) != 0)
        die("fdatasync failed");
    return stopwatch_now_ns() - start_ns;
}

/* Appends for so long, pausing between them as an idle broker would. */
static void probe(int fd, int64_t run_ms, int64_t pause_us, struct histogram *histogram)
{
    int64_t end_ns = stopwatch_now_ns() + run_ms * NS_PER_MS;
    char block[APPEND_BYTES];

    memset(block, 'x', sizeof block);
    while (stopwatch_now_ns() < end_ns) {
        histogram_add(histogram, append_once(fd, block));
        if (pause_us > 0)
            (void)usleep((useconds_t)pause_us); /* woken early means one append more, no harm */
    }
}

int main(int argc, char **argv)
{
    struct option options[] = {
        {"data", ".", "folder on the disk to measure"},
        {"run-ms", "2000", "how long"},
        {"pause-us", "0", "idle time between two appends"},
        {NULL, NULL, NULL},
    };
    struct histogram histogram = {0};
    struct text path = {0};

    option_read(options, argc, argv);
    text_print(&path, "%s/fsync-probe.%ld", option_text(options, "data"), (long)getpid());
    int fd = open(path.bytes, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        die("cannot make %s", path.bytes);
    probe(fd, option_number(options, "run-ms"), option_number(options, "pause-us"), &histogram);
    (void)close(fd); /* every byte was flushed before */
    (void)unlink(path.bytes);
    text_fini(&path);
    printf("{\"tool\":\"fsync_probe\",\"append_bytes\":%d,\"flushes\":%lld,\"p50_us\":%.1f,"
           "\"p99_us\":%.1f,\"max_us\":%.1f}\n",
           APPEND_BYTES, (long long)histogram.total, histogram_quantile_us(&histogram, 0.50),
           histogram_quantile_us(&histogram, 0.99), (double)histogram.max_ns / 1000.0);
    return 0;
}
