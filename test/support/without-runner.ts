/**
 * What starts a command without what the test runner adds to the environment of every process below it: tap has each Node load a module of its own
 * (NODE_OPTIONS, put back at each spawn), which costs a program 17 MiB and time, and is not what ships. The process id stays the command's.
 */
export const WITHOUT_RUNNER = ['env', '-u', 'NODE_OPTIONS'] as const;
