import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** Seconds from NTP's epoch, 1900, to that of Unix. */
const FROM_1900 = 2_208_988_800;

/** An NTP server that tells this machine's own time (RFC 5905), so that nobody's clock is moved by it. */
export class TimeServer implements AsyncDisposable {
  readonly #socket: Socket;
  /** Questions that were answered. */
  answered = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (question, { address, port }) => {
      if (question.length < 48) return;
      this.answered += 1;
      socket.send(answerTo(question), port, address);
    });
  }

  static async start(address: string): Promise<TimeServer> {
    const socket = createSocket('udp4');
    socket.bind(123, address);
    await once(socket, 'listening');
    return new TimeServer(socket);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await once(this.#socket, 'close');
  }
}

function answerTo(question: Buffer): Buffer {
  const answer = Buffer.alloc(48);
  answer[0] = 0x24; // no leap second, version 4, server
  answer[1] = 1; // stratum
  answer[2] = question[2] ?? 6;
  answer[3] = 0xec; // precision, about a microsecond
  answer.write('TEST', 12, 'latin1');
  const now = timestamp(Date.now());
  now.copy(answer, 16);
  question.copy(answer, 24, 40, 48);
  now.copy(answer, 32);
  now.copy(answer, 40);
  return answer;
}

function timestamp(wallMs: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(Math.floor(wallMs / 1000) + FROM_1900, 0);
  bytes.writeUInt32BE(Math.floor(((wallMs % 1000) / 1000) * 2 ** 32), 4);
  return bytes;
}
