/* Banned: the functions nobody may call; the build includes this file before every source file. */
#pragma once

/* Declared first: afterwards their names are macros. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A call becomes a call of something undeclared, whose name says what to do instead. */
#undef strcpy
#define strcpy(...) banned_strcpy_use_memcpy_or_buffer()
#undef strcat
#define strcat(...) banned_strcat_use_buffer()
#undef strncpy
#define strncpy(...) banned_strncpy_use_memcpy_or_buffer()
#undef strncat
#define strncat(...) banned_strncat_use_buffer()
#undef sprintf
#define sprintf(...) banned_sprintf_use_snprintf()
#undef vsprintf
#define vsprintf(...) banned_vsprintf_use_vsnprintf()
#undef strtok
#define strtok(...) banned_strtok_keeps_hidden_state()
#undef atoi
#define atoi(...) banned_atoi_use_parse()
#undef atol
#define atol(...) banned_atol_use_parse()
#undef atoll
#define atoll(...) banned_atoll_use_parse()
#undef atof
#define atof(...) banned_atof_use_parse()
#undef strtol
#define strtol(...) banned_strtol_use_parse()
#undef strtoul
#define strtoul(...) banned_strtoul_use_parse()
#undef localtime
#define localtime(...) banned_localtime_use_gmtime_r()
#undef gmtime
#define gmtime(...) banned_gmtime_use_gmtime_r()
#undef ctime
#define ctime(...) banned_ctime_use_time_text()
#undef asctime
#define asctime(...) banned_asctime_use_time_text()
#undef system
#define system(...) banned_system_use_fork_and_exec()
#undef rand
#define rand(...) banned_rand_use_random()
#undef srand
#define srand(...) banned_srand_use_random()
#undef tmpnam
#define tmpnam(...) banned_tmpnam_use_mkstemp()
#undef alloca
#define alloca(...) banned_alloca_has_no_limit()
