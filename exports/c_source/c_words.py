"""Names that a function in C may not have: in C, C++ or our code they mean something already."""

import re

# Longer names need not differ for a linker (C99, 5.2.4.1); ours get endings.
MAX_NAME = 24
_NAME = re.compile(rf"[A-Za-z][A-Za-z0-9_]{{0,{MAX_NAME - 1}}}")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LANGUAGE = _words(
    """
    alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t char32_t
    char8_t class co_await co_return co_yield compl concept const const_cast consteval constexpr
    constinit continue contract_assert decltype default delete do double dynamic_cast else enum
    explicit export extern false float for friend goto if inline int long main mutable namespace new
    noexcept not not_eq nullptr operator or or_eq private protected public register reinterpret_cast
    requires restrict return short signed sizeof static static_assert static_cast std struct switch
    template this thread_local throw true try typedef typeid typename typeof typeof_unqual union
    unsigned using virtual void volatile wchar_t while xor xor_eq
    """
)
# <math.h>: each also with an ending for its type. Compilers know these without being told.
_MATH = _words(
    """
    acos acosh asin asinh atan atan2 atanh cabs cacos cacosh carg casin casinh catan catanh cbrt
    ccos ccosh ceil cexp cimag clog clog10 conj copysign cos cosh cpow cproj creal csin csinh csqrt
    ctan ctanh dadd drem erf erfc exp exp10 exp2 expm1 fabs fadd fdim finite floor fma fmax fmin
    fmod frexp gamma hypot ilogb isfinite isinf isnan j0 j1 jn ldexp lgamma llrint llround log log10
    log1p log2 logb lrint lround modf nan nearbyint nextafter nexttoward pow pow10 remainder remquo
    rint round roundeven scalb scalbln scalbn signbit significand sin sincos sinh sqrt tan tanh
    tgamma trunc y0 y1 yn
    """
)
_LIBRARY = _words(
    """
    BUFSIZ EOF HUGE_VAL I INFINITY NAN NULL abort abs accept access aligned_alloc alloca asctime
    atexit atof atoi atol atoll bcmp bcopy bind bsearch bzero calloc chdir chmod chown clearerr
    clock close connect ctime daylight dcgettext dgettext difftime div dup environ errno execl
    execle execlp execv execve execvp exit fclose feclearexcept fegetenv fegetexceptflag fegetround
    feholdexcept feof feraiseexcept ferror fesetenv fesetexceptflag fesetround fetestexcept
    feupdateenv fflush ffs ffsimax ffsl ffsll fgetc fgetpos fgets fileno fopen fork fprintf fputc
    fputs fread free freopen fscanf fseek fsetpos ftell fwrite getc getchar getenv getpid getpwnam
    gets gettext gettimeofday gmtime imaxabs imaxdiv index ioctl isalnum isalpha isascii isblank
    iscntrl isdigit isgraph islower isnormal isprint ispunct isspace isupper isxdigit kill labs ldiv
    link listen llabs lldiv localeconv localtime longjmp lseek malloc mblen mbstowcs mbtowc memalign
    memccpy memchr memcmp memcpy memmove mempcpy memset mkdir mktime mmap munmap nanosleep offsetof
    open pause perror pipe poll posix_memalign printf putc putchar puts qsort raise rand read
    realloc recv remove rename rewind rindex rmdir scanf select send setbuf setjmp setlocale setvbuf
    shutdown signal signgam sleep snprintf socket sprintf srand sscanf stat stderr stdin stdout
    stpcpy stpncpy strcasecmp strcat strchr strcmp strcoll strcpy strcspn strdup strerror strfmon
    strftime strlen strncasecmp strncat strncmp strncpy strndup strnlen strpbrk strrchr strspn
    strstr strtod strtof strtok strtol strtold strtoll strtoul strtoull strxfrm sysconf system time
    timezone tmpfile tmpnam toascii tolower toupper ungetc unlink usleep va_arg va_copy va_end
    va_list va_start vfork vfprintf vfscanf vprintf vscanf vsnprintf vsprintf vsscanf wait wcschr
    wcscmp wcslen wcsncmp wcstombs wctomb wmemchr wmemcmp wmemcpy wmemmove write
    """
)
# A header of this name could be found in place of the library's.
_HEADERS = _words(
    """
    assert complex ctype errno fenv float inttypes iso646 limits locale malloc math memory poll
    regex sched search semaphore setjmp signal stdalign stdarg stdatomic stdbit stdbool stdckdint
    stddef stdint stdio stdlib stdnoreturn string strings syslog termios tgmath threads time uchar
    unistd wchar wctype
    """
)
# Macros that compilers have of themselves, each on its machines, unless told to keep to ISO C.
_MACHINES = _words("AVR PPC hppa hpux i386 linux m68k mc68000 mips powerpc sparc sun unix vax")
_OURS = _words(
    """
    a all b beyond bias half hidden high i in inputs inside j layer low middle off out outputs
    place relu scaled shift slope start sum sums value values weight within wrong x y
    """
)
# Types and macros of <stdint.h> and <stddef.h>, families of functions, and constants of layers.
_PATTERNS = re.compile(
    r"u?int(_least|_fast)?(8|16|32|64)_t|u?int(ptr|max)_t|size_t|ptrdiff_t|max_align_t"
    r"|(U?INT|PTRDIFF|SIZE|SIG_ATOMIC|WCHAR|WINT)[A-Z0-9_]*_(C|MIN|MAX|WIDTH)"
    r"|isw(al(num|pha)|blank|c(ntrl|type)|(x?digi|prin|punc)t|graph|lower|space|upper)"
    r"|tow(ctrans|lower|upper)|[a-z]+_unlocked"
    r"|(weight|bias|shift)_[0-9]+"
)
_TAKEN = _LANGUAGE | _LIBRARY | _HEADERS | _MACHINES | _OURS
_OF_TYPES = re.compile(rf"({'|'.join(sorted(_MATH))})([fl]|[fd](16|32|64|128)x?)?(_r)?")


def may_be_called(name: str) -> bool:
    """Whether a function, and its files, may have this name."""
    return _NAME.fullmatch(name) is not None and not (
        name in _TAKEN or _PATTERNS.fullmatch(name) or _OF_TYPES.fullmatch(name)
    )
