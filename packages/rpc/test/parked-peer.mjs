// A process that speaks just enough Raft to be killed: it takes Fetch streams, answers nothing, and prints its port.
import { Server, ServerCredentials } from '@grpc/grpc-js';

const bytes = (value) => value;
const bidi = { requestStream: true, responseStream: true, requestSerialize: bytes, requestDeserialize: bytes, responseSerialize: bytes, responseDeserialize: bytes };
const server = new Server();
server.addService(
  { fetch: { ...bidi, path: '/quorate.raft.v1.RaftService/Fetch' } },
  {
    fetch: (stream) => {
      stream.on('error', () => undefined);
      stream.on('data', () => console.log('fetch'));
    },
  },
);
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  console.log(`port ${port}`);
});
// Gone with whoever started it.
process.stdin.on('end', () => process.exit(0)).resume();
