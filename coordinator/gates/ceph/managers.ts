import * as v from 'valibot';
import { count, word } from './answer.ts';

export interface Manager {
  readonly name: string;
  /** Another one after each start. */
  readonly gid: number;
}

export interface Managers {
  /** Undefined while none is, or the one that is does not answer yet. */
  readonly active: Manager | undefined;
  readonly standbys: readonly Manager[];
}

const manager = v.object({ name: word, gid: count });

/** `mgr dump`, of 12.2 and later. */
export const managersAnswer = v.pipe(
  v.object({ active_gid: count, active_name: word, available: v.boolean(), standbys: v.array(manager) }),
  v.transform(({ active_gid, active_name, available, standbys }): Managers => ({
    active: active_name !== '' && available ? { name: active_name, gid: active_gid } : undefined,
    standbys,
  })),
);

export function allManagers({ active, standbys }: Managers): readonly Manager[] {
  return active === undefined ? standbys : [active, ...standbys];
}

/** Says what forbids that these managers are stopped together: one must be left to serve. */
export function stopManagersRefusal(managers: Managers, stopped: readonly string[]): string | undefined {
  if (managers.active === undefined) return 'no manager is active';
  if (allManagers(managers).some(({ name }) => !stopped.includes(name))) return undefined;
  return `no manager would be left without ${stopped.map((name) => `mgr.${name}`).join(', ')}: start a standby on another node`;
}
