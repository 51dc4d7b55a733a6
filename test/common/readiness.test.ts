import t from 'tap';
import { eventually } from '../support/eventually.ts';
import { Readiness } from '../../common/readiness.ts';

function recorder() {
  const said: string[] = [];
  const notifier = { ready: (text: string) => void said.push(`ready ${text}`), status: (text: string) => void said.push(text) };
  return { said, notifier };
}

void t.test('it is ready at the first good contact, once, and only its status changes afterwards', async (t) => {
  const { said, notifier } = recorder();
  let status = 'looking';
  using readiness = new Readiness(notifier, 10, () => status);
  readiness.changed(false);
  status = 'connected';
  readiness.changed(true);
  status = 'looking again';
  readiness.changed(false);
  await new Promise((resolve) => setTimeout(resolve, 40));
  t.same(said, ['looking', 'ready connected', 'looking again']);
});

void t.test('without contact it is ready after the limit, and the status says what it lacks', async (t) => {
  const { said, notifier } = recorder();
  let status = 'looking';
  using readiness = new Readiness(notifier, 10, () => status);
  await eventually('it is ready', () => said.length > 0);
  status = 'connected';
  readiness.changed(true);
  t.same(said, ['ready looking', 'connected']);
});
