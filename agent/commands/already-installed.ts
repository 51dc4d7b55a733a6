import { openFileSource } from '../../common/upd/file-source.ts';
import { readParts } from '../../common/upd/container.ts';
import { hashManifest, openPackage } from '../../common/upd/open.ts';
import { checkInstallable } from '../../common/upd/requirements.ts';
import { currentRoot, readInstalled } from '../installed.ts';
import { readMarks } from '../order-marks.ts';
import { stateDirectoryAt } from '../state-directory.ts';
import { consoleRoot, readGiven } from './console-root.ts';
import type { ConsoleNode } from './console.ts';

/**
 * Says which version a package brings where this node has it already, from this very package; takes no lock and changes nothing.
 * @returns undefined where there is something to do, and where anything is wrong: that is for the operation to find and to record
 */
export async function installedAlready(node: ConsoleNode, file: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    await using source = await openFileSource(file);
    const state = stateDirectoryAt(node.statePath);
    const installed = await readInstalled(state);
    const { manifest } = await readParts(source, signal);
    const hash = hashManifest(manifest);
    // most often it is a new release, and to judge it twice would cost a small node the better part of a second
    if (!installed.components.some(({ manifestHash }) => manifestHash === hash)) return undefined;
    const given = node.givenRootFile === undefined ? undefined : await readGiven(node.givenRootFile);
    const root = await currentRoot(state, installed, await consoleRoot(node, given));
    const pkg = await openPackage(source, { root }, signal);
    const judgement = checkInstallable(pkg, {
      ...(await node.facts()),
      installed: installed.components,
      takenBack: (await readMarks(state)).takenBack,
    });
    return judgement === 'already-installed' ? pkg.manifest.version : undefined;
  } catch {
    return undefined;
  }
}
