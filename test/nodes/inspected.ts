import type { NodeShell } from './node-shell.ts';

const NODE = '/usr/lib/uvs/runtime/packaged/node';

/** Runs in the node; the expression comes over standard input. It waits for the answer unless the expression never ends. */
const script = `
const expression = require('node:fs').readFileSync(0, 'utf8');
const pages = async () => await (await fetch('http://127.0.0.1:9229/json/list')).json();
let page;
for (let tries = 0; page === undefined && tries < 100; tries++) {
  [page] = await pages().catch(() => []);
  if (page === undefined) await new Promise((resolve) => setTimeout(resolve, 100));
}
const socket = new WebSocket(page.webSocketDebuggerUrl);
await new Promise((resolve, reject) => { socket.onopen = resolve; socket.onerror = reject; });
socket.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression } }));
await Promise.race([new Promise((resolve) => { socket.onmessage = resolve; }), new Promise((resolve) => setTimeout(resolve, 1000))]);
process.exit();
`;

/** Evaluates an expression in the main process of a unit, which is Node and listens to an inspector once it gets SIGUSR1. */
async function evaluate(node: NodeShell, unit: string, expression: string): Promise<void> {
  await node.must(['systemctl', 'kill', '--kill-whom=main', '--signal=USR1', unit]);
  const program = `(async () => { ${script} })()`;
  await node.must([NODE, '-e', program], { input: expression });
}

/** Has a daemon do nothing any more but one endless computation. */
export async function blockEventLoop(node: NodeShell, unit: string): Promise<void> {
  await evaluate(node, unit, 'for (;;);');
}

/** What a daemon's loops wait by: each that is named lasts for ever then, while its intervals, which feed the watchdog, go on. */
const waits = {
  promises: `of('node:timers/promises').setTimeout = () => new Promise(() => undefined); of('node:module').syncBuiltinESMExports();`,
  callbacks: `globalThis.setTimeout = () => ({ ref() {}, unref() {}, hasRef: () => false, refresh() {}, close() {} });`,
};

/** Has a daemon's loops wait for ever. The inspector is closed again. */
export async function stopWaking(node: NodeShell, unit: string, by: keyof typeof waits): Promise<void> {
  // something must hold it: Node ends where nothing is left to wait for
  const close = `setInterval(() => undefined, 60_000); setImmediate(() => of('node:inspector').close());`;
  await evaluate(node, unit, `{ const of = (name) => process.getBuiltinModule(name); ${waits[by]} ${close} }`);
}
