import { UvsError } from '../../common/errors.ts';
import type { Begun, M2Plan } from './plan.ts';
import type { M2Machine, M2Memory } from './ports.ts';
import { mountUnits } from './units.ts';

interface PrepareOptions {
  readonly mountPoint: string;
  readonly machine: M2Machine;
  readonly memory: M2Memory;
  readonly newUuid: () => string;
  readonly print: (line: string) => void;
}

/**
 * Carries a plan out. What is to be made is written down first, with the UUIDs that it will have: after a cut the same command finds its own work by
 * them, and goes on.
 * @throws UvsError DISK_FAILED, SERVICE_FAILED, PROGRAM_MISSING
 */
export async function prepareM2(plan: M2Plan, options: PrepareOptions): Promise<void> {
  const { machine, memory, mountPoint, print } = options;
  const begun = await begin(plan, options);
  if (plan.kind === 'make') {
    await using _held = await machine.hold(plan.disk, plan.isBlank);
    const device = await machine.partition(plan.disk, plan.startBytes, begun);
    print(`${plan.disk.name}: partition table written`);
    await memory.write({ ...begun, isMaking: true });
    await machine.makeFileSystem(device, plan.fileSystem, begun.uuid);
    print(`${device}: ${plan.fileSystem} made, UUID ${begun.uuid}`);
  }
  await machine.enableUnits(mountUnits(mountPoint, begun.uuid, begun.fileSystem));
  const mounted = await machine.mountedUuid(mountPoint);
  if (mounted?.toLowerCase() !== begun.uuid) {
    throw new UvsError(
      'DISK_FAILED',
      mounted === undefined
        ? `${mountPoint} is not mounted though its unit was started`
        : `something else is mounted on ${mountPoint}: UUID ${mounted}, not ${begun.uuid}`,
      { hint: `See systemctl status ${mountPoint} and /proc/self/mountinfo; the command may be run again.` },
    );
  }
  const { isMaking: _, ...made } = begun;
  await memory.write({ ...made, isDone: true });
  print(`${mountPoint} is mounted`);
}

async function begin(plan: M2Plan, { memory, newUuid }: PrepareOptions): Promise<Begun> {
  const { disk, fileSystem } = plan;
  const same = { serial: disk.serial, sizeBytes: disk.sizeBytes, fileSystem, isDone: false };
  const before = await memory.read();
  const isOurs = before !== undefined && before.serial === disk.serial && before.sizeBytes === disk.sizeBytes;
  const begun: Begun =
    plan.kind === 'use'
      ? {
          ...same,
          tableUuid: disk.tableUuid,
          partUuid: plan.part.partUuid,
          uuid: plan.part.uuid.toLowerCase(),
          isDone: isOurs && before.isDone,
        }
      : isOurs && !before.isDone
        ? { ...before, fileSystem }
        : { ...same, tableUuid: newUuid(), partUuid: newUuid(), uuid: newUuid() };
  await memory.write(begun);
  return begun;
}
