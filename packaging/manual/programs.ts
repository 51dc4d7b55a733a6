import { Command } from 'commander';

/** The programs as they are about to read their command lines, by name. */
export async function programs(): Promise<ReadonlyMap<string, Command>> {
  const { prototype } = Command;
  const own = Object.getOwnPropertyDescriptor(prototype, 'parseAsync');
  if (own === undefined) throw new Error('commander has no parseAsync of its own any more, by which the programs are found');
  const found = new Map<string, Command>();
  try {
    await new Promise<void>((resolve, reject) => {
      // What a program would parse is complete by then. It waits for ever, so that it neither does anything nor ends.
      prototype.parseAsync = async function (this: Command) {
        found.set(this.name(), this);
        if (found.size === 4) resolve();
        return await new Promise<never>(() => undefined);
      };
      const mains = [
        import('../../agent/main.ts'),
        import('../../coordinator/main.ts'),
        import('../../cli/uvsctl/main.ts'),
        import('../../cli/upd/main.ts'),
      ];
      for (const main of mains) main.catch(reject);
    });
  } finally {
    Object.defineProperty(prototype, 'parseAsync', own);
  }
  return found;
}
