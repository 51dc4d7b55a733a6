import type { Command } from 'commander';
import { UvsError } from '../../common/errors.ts';
import type { Selector } from '../../proto/gen/uvs/v1/Selector.ts';
import { collectLabels, collectNames } from './arguments.ts';

export interface SelectorOptions {
  readonly all?: boolean;
  readonly node?: readonly string[];
  readonly role?: readonly string[];
  readonly label?: Readonly<Record<string, string>>;
}

/** Adds the options that choose nodes. */
export function withSelector(command: Command): Command {
  return command
    .option('--all', 'every node in service')
    .option('--node <name>', 'this node, by name or UID; may be repeated, or several separated by commas', collectNames)
    .option('--role <role>', 'nodes of this role; may be repeated', collectNames)
    .option('--label <key=value>', 'nodes that carry this label; with several, all of them', collectLabels);
}

/** The selector that the options describe; undefined where none was given. */
export function selectorOf(options: SelectorOptions): Selector | undefined {
  const { all = false, node = [], role = [], label = {} } = options;
  if (!all && node.length === 0 && role.length === 0 && Object.keys(label).length === 0) return undefined;
  if (all && (node.length > 0 || role.length > 0 || Object.keys(label).length > 0)) {
    throw new UvsError('INVALID_ARGUMENT', '--all does not go together with --node, --role or --label', {
      hint: 'Leave out --all to choose some nodes, or the others to choose every node.',
    });
  }
  return { all, nodes: [...node], roles: [...role], labels: { ...label } };
}

/** The same where nodes must be chosen. @throws UvsError INVALID_ARGUMENT */
export function requireSelector(options: SelectorOptions): Selector {
  const selector = selectorOf(options);
  if (selector === undefined) {
    throw new UvsError('INVALID_ARGUMENT', 'no nodes are chosen', { hint: 'Add --all, --role ROLE, --node NAME or --label KEY=VALUE.' });
  }
  return selector;
}
