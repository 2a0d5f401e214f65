/* job.c: the smallest command there is: no libc, one system call. What is timed around it is the sandbox. */

void _start(void) __attribute__((noreturn));

void _start(void)
{
#if defined(__x86_64__)
	__asm__ volatile("syscall" : : "a"(231L), "D"(0L) : "rcx", "r11", "memory"); /* exit_group(0) */
#elif defined(__aarch64__)
	register long nr __asm__("x8") = 94, code __asm__("x0") = 0;
	__asm__ volatile("svc 0" : : "r"(nr), "r"(code) : "memory");
#else
#error "exit_group for this machine is missing"
#endif
	__builtin_unreachable();
}
