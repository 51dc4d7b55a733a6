/**
 * What starts a command without the module that tap has each Node below it load (NODE_OPTIONS, put back at each spawn), which costs a program 17 MiB and
 * time. The process id stays the command's.
 */
export const WITHOUT_LOADER = ['env', '-u', 'NODE_OPTIONS'] as const;

/** The same for a program as it ships, which has no compiled code kept by test/run.ts either. */
export const WITHOUT_RUNNER = [...WITHOUT_LOADER, '-u', 'NODE_COMPILE_CACHE'] as const;
