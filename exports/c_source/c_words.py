"""Names that a function in C may not have: in C, C++ or our code they mean something already."""

import re

# Longer names need not differ for a linker (C99, 5.2.4.1); ours get endings.
MAX_NAME = 24
_NAME = re.compile(rf"[A-Za-z][A-Za-z0-9_]{{0,{MAX_NAME - 1}}}")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LANGUAGE = _words(
    """
    alignas alignof and and_eq asm auto bitand bitor bool break case catch char class compl
    concept const consteval constexpr constinit const_cast continue co_await co_return co_yield
    decltype default delete do double dynamic_cast else enum explicit export extern false float
    for friend goto if inline int long main mutable namespace new noexcept not not_eq nullptr
    operator or or_eq private protected public register reinterpret_cast requires restrict return
    short signed sizeof static static_assert static_cast struct switch template this thread_local
    throw true try typedef typeid typename typeof union unsigned using virtual void volatile
    wchar_t while xor xor_eq
    """
)
# <math.h>: each also with f and l behind it. Compilers know these without being told.
_MATH = _words(
    """
    acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh erf erfc exp exp2 expm1
    fabs fdim floor fma fmax fmin fmod frexp hypot ilogb ldexp lgamma llrint llround log log10
    log1p log2 logb lrint lround modf nan nearbyint nextafter nexttoward pow remainder remquo rint
    round scalbln scalbn sin sinh sqrt tan tanh tgamma trunc cabs cacos cacosh carg casin casinh
    catan catanh ccos ccosh cexp cimag clog conj cpow cproj creal csin csinh csqrt ctan ctanh
    gamma j0 j1 jn y0 y1 yn drem significand exp10 pow10 sincos
    """
)
_LIBRARY = _words(
    """
    BUFSIZ EOF HUGE_VAL I INFINITY NAN NULL abort abs alloca asctime atexit atof atoi atol atoll
    bcmp bcopy bsearch bzero calloc clearerr clock close ctime difftime div dup errno exit fclose
    feof ferror fflush ffs fgetc fgetpos fgets fileno fopen fork fprintf fputc fputs fread free
    freopen fscanf fseek fsetpos ftell fwrite getc getchar getenv gets gmtime index isalnum
    isalpha isascii isblank iscntrl isdigit isfinite isgraph isinf islower isnan isnormal isprint
    ispunct isspace isupper isxdigit kill labs ldiv link llabs lldiv localeconv localtime longjmp
    lseek malloc mblen mbstowcs mbtowc memchr memcmp memcpy memmove memset mktime offsetof open
    pause perror pipe printf putc putchar puts qsort raise rand read realloc remove rename rewind
    rindex scanf select setbuf setjmp setlocale setvbuf signal signbit sleep snprintf sprintf
    srand sscanf stat strcat strchr strcmp strcoll strcpy strcspn strdup strerror strftime strlen
    strncat strncmp strncpy strpbrk strrchr strspn strstr strtod strtof strtok strtol strtold
    strtoll strtoul strtoull strxfrm system time tmpfile tmpnam toascii tolower toupper ungetc
    unlink va_arg va_copy va_end va_list va_start vfprintf vfscanf vprintf vscanf vsnprintf
    vsprintf vsscanf wait wcslen wcstombs wctomb write
    """
)
_OURS = _words(
    """
    a all b beyond bias half hidden high i in inputs inside j layer low middle off out outputs
    place relu scaled shift slope start sum sums value values weight within wrong x y
    """
)
# Types of <stdint.h> and <stddef.h>, and constants of layers.
_PATTERNS = re.compile(
    r"u?int(_least|_fast)?(8|16|32|64)_t|u?int(ptr|max)_t|size_t|ptrdiff_t|max_align_t"
    r"|(weight|bias|shift)_[0-9]+"
)


def may_be_called(name: str) -> bool:
    """Whether a function, and its files, may have this name."""
    stem = name[:-1] if name.endswith(("f", "l")) else name
    return (
        _NAME.fullmatch(name) is not None
        and name not in _LANGUAGE | _LIBRARY | _OURS | _MATH
        and stem not in _MATH
        and _PATTERNS.fullmatch(name) is None
    )
