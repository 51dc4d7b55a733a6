import { readFileSync } from 'node:fs';
import t from 'tap';
import { facts, next, phases } from '../../agent/operation-machine.ts';
import { slotAfter, slotEvents, slotPlaces } from '../../coordinator/slot-machine.ts';
import { walkRollouts } from '../support/rollout-walk.ts';

const architecture = readFileSync(new URL('../../docs/ARCHITECTURE.md', import.meta.url), 'utf8');

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly labels: readonly string[];
}

/** The edges of the diagram below a heading; in its names "_" stands for "-". */
function diagramOf(heading: string, page = architecture): readonly Edge[] {
  const [, text = ''] = /^```mermaid\nstateDiagram-v2\n(.*?)^```/msu.exec(page.slice(page.indexOf(`\n### ${heading}\n`))) ?? [];
  return [...text.matchAll(/^ +(\w+) --> (\w+): (.+)$/gmu)].map(([, from = '', to = '', labels = '']) => ({
    from: from.replaceAll('_', '-'),
    to: to.replaceAll('_', '-'),
    labels: labels.split(', '),
  }));
}

/** One line for each way and what leads along it. */
function waysOf(edges: readonly Edge[]): readonly string[] {
  return edges.flatMap(({ from, to, labels }) => labels.map((label) => `${from} --> ${to}: ${label}`)).toSorted();
}

function waysBy<Place extends string, Event extends string>(
  places: readonly Place[],
  events: readonly Event[],
  after: (place: Place, event: Event) => Place | undefined,
): readonly string[] {
  const ways = places.flatMap((place) => events.map((event) => ({ place, event, to: after(place, event) })));
  return ways.flatMap(({ place, event, to }) => (to === undefined ? [] : [`${place} --> ${to}: ${event}`])).toSorted();
}

/** Without what leads along them. */
function pairsOf(edges: readonly Edge[]): readonly string[] {
  return edges.map(({ from, to }) => `${from} ${to}`).toSorted();
}

void t.test('the diagram of a slot shows what the slot machine does, and nothing else', async (t) => {
  t.strictSame(waysOf(diagramOf('A slot')), waysBy(slotPlaces, slotEvents, slotAfter));
});

void t.test('the diagram of an operation shows what the agent’s machine does, and nothing else', async (t) => {
  t.strictSame(waysOf(diagramOf('An operation on the node')), waysBy(phases, facts, next));
});

void t.test('the diagrams of a step and of a rollout show the ways that are gone, whatever happens, and no others', async (t) => {
  const { steps, rollouts } = walkRollouts('diagrams', 3_000, 120);
  t.strictSame(pairsOf(diagramOf("A node's part of a rollout")), [...steps].toSorted());
  t.strictSame(pairsOf(diagramOf('A rollout')), [...rollouts].toSorted());
});

void t.test('a way that is missing or made up is found', async (t) => {
  const page = architecture.replace('    free --> begun: rebuild\n', '    free --> ended: rebuild\n');
  t.notSame(waysOf(diagramOf('A slot', page)), waysBy(slotPlaces, slotEvents, slotAfter));
});
