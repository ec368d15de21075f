import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { FramedSocket } from './framed-socket.js';

const cleanUp: (() => unknown)[] = [];
afterEach(() => {
  for (const undo of cleanUp.splice(0).reverse()) undo();
});

async function connected(onData: (bytes: Buffer, socket: Socket) => void): Promise<FramedSocket> {
  const server = createServer((socket) => {
    cleanUp.push(() => socket.destroy());
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => onData(bytes, socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUp.push(() => server.close());
  const frames = await FramedSocket.connect((server.address() as AddressInfo).port);
  cleanUp.push(() => frames.close());
  return frames;
}

describe('frames with their length in front', () => {
  it('are answered in their order, however the bytes are cut', async () => {
    const frames = await connected((bytes, socket) => {
      for (const byte of bytes) socket.write(Buffer.from([byte]));
    });

    const answers = await Promise.all([frames.send(Buffer.from('first')), frames.send(Buffer.alloc(0)), frames.send(Buffer.from('third'))]);

    expect(answers.map(String)).toEqual(['first', '', 'third']);
  });

  it('fail when the connection is closed before the answer', async () => {
    const frames = await connected((_bytes, socket) => socket.destroy());

    await expect(frames.send(Buffer.from('lost'))).rejects.toThrow();
    await expect(frames.send(Buffer.from('never sent'))).rejects.toThrow();
    expect(frames.isOver).toBe(true);
  });
});
