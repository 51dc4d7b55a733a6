/**
 * How many times longer than usual a test waits: where an emulator carries out one instruction after the other, all that computes takes longer, and what is
 * native beside it (the kernel, other programs) does not.
 */
export const patience = process.env['UVS_EMULATED_NODE'] === undefined ? 1 : 5;

/** What a Node has to be started with for it to run as this one does; nothing where it runs as usual. */
export const emulation: Readonly<Record<string, string>> = Object.fromEntries(
  ['UVS_EMULATED_NODE', 'NODE_OPTIONS'].flatMap((name) => {
    const value = process.env['UVS_EMULATED_NODE'] === undefined ? undefined : process.env[name];
    return value === undefined ? [] : [[name, value]];
  }),
);
