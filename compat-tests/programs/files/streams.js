// streams.js - child processes, pipes, TCP, unix sockets, UDP, streams and timers of Node, each checked; with
// STAT_BY, Ringback's own word at the end.
const assert = require('assert');
const child_process = require('child_process');
const crypto = require('crypto');
const dgram = require('dgram');
const fs = require('fs');
const net = require('net');
const { once } = require('events');
const { pipeline, Transform } = require('stream');
const { promisify } = require('util');
const { Worker } = require('worker_threads');
const dir = process.argv[2];
const random = (size, seed) => crypto.createCipheriv('aes-128-ctr', Buffer.alloc(16, seed), Buffer.alloc(16)).update(Buffer.alloc(size));
const sum = (data) => crypto.createHash('sha256').update(data).digest('hex').slice(0, 16);

async function read(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

async function children() {
  const sent = random(3000000, 1);
  const cat = child_process.spawn('cat');
  cat.stdin.end(sent);
  assert(sent.equals(await read(cat.stdout)));
  const { stdout } = await promisify(child_process.exec)('seq 1 100000 | sort -rn | head -n 3');
  const results = await Promise.all([...Array(20).keys()].map((i) =>
    promisify(child_process.execFile)('sh', ['-c', `echo ${i}; exit 0`])));
  const forked = child_process.fork(__filename, ['--child']);
  forked.send({ number: 42, text: 'x'.repeat(200000) });
  const [answer] = await once(forked, 'message');
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  forked.send('server', server); // a listening socket handed on
  await once(forked, 'message');
  const { port } = server.address();
  server.close();
  const passed = net.connect(port, '127.0.0.1');
  passed.end('hand it over');
  const over = await read(passed);
  forked.disconnect();
  const [code] = await once(forked, 'exit');
  const sync = child_process.spawnSync('tr', ['a-z', 'A-Z'], { input: 'sync' }).stdout;
  return [stdout.trim().split('\n').join(), results.map((r) => r.stdout.trim()).join(), answer, over.toString(), code, sync.toString()].join(' ');
}

async function streams(where) {
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    pipeline(socket, new Transform({ transform(part, _, next) { next(null, Buffer.from(part.map((byte) => byte ^ 0x5a))); } }), socket, () => {});
  }).listen(where);
  await once(server, 'listening');
  const address = server.address();
  const clients = [...Array(20).keys()].map(async (i) => {
    const sent = random(50000 * i, i);
    const socket = net.connect(typeof address === 'string' ? { path: address } : { port: address.port, host: '127.0.0.1', allowHalfOpen: true });
    socket.allowHalfOpen = true;
    const answer = read(socket);
    for (let at = 0; at < sent.length; at += 7919)
      if (!socket.write(sent.subarray(at, at + 7919))) await once(socket, 'drain');
    socket.end();
    const got = await answer;
    assert(sent.equals(Buffer.from(got.map((byte) => byte ^ 0x5a))), `client ${i}`);
    return sum(got);
  });
  const sums = await Promise.all(clients);
  server.close();
  await once(server, 'close');
  return sums.join(' ');
}

async function datagrams() {
  const server = dgram.createSocket('udp4').bind(0, '127.0.0.1');
  await once(server, 'listening');
  server.on('message', (message, from) => server.send(message, from.port, from.address));
  const client = dgram.createSocket('udp4');
  let got = 0;
  for (let i = 0; i < 500; i++) {
    const message = random(i % 2 ? 10 : 9000, i % 200);
    client.send(message, server.address().port, '127.0.0.1');
    const [answer] = await once(client, 'message');
    assert(message.equals(answer));
    got++;
  }
  client.close();
  server.close();
  return got;
}

async function resets() {
  const server = net.createServer((socket) => { socket.on('error', () => {}); socket.write('x'); setTimeout(() => socket.resetAndDestroy(), 20); }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = net.connect(server.address().port, '127.0.0.1');
  socket.resume();
  const [error] = await once(socket, 'error');
  const { port } = server.address();
  server.close();
  const refused = net.connect(port, '127.0.0.1');
  const [no] = await once(refused, 'error');
  return `${error.code} ${no.code}`;
}

async function worker() {
  const thread = new Worker(`
    const net = require('net');
    const server = net.createServer((s) => s.pipe(s)).listen(0, '127.0.0.1', () => {
      const s = net.connect(server.address().port, '127.0.0.1');
      let got = 0;
      s.on('data', (d) => { got += d.length; if (got === 1000000) { s.destroy(); server.close(); require('worker_threads').parentPort.postMessage(got); } });
      s.write(Buffer.alloc(1000000));
    });`, { eval: true });
  const exited = once(thread, 'exit'); // asked for first: both may be told in one turn, before an await goes on
  const [got] = await once(thread, 'message');
  await exited;
  return got;
}

async function main() {
  console.log('children', await children());
  console.log('tcp', await streams({ port: 0, host: '127.0.0.1' }));
  console.log('unix', await streams({ path: `${dir}/socket` }));
  console.log('datagrams', await datagrams());
  console.log('resets', await resets());
  console.log('worker', await worker());
  const began = Date.now();
  await new Promise((done) => setTimeout(done, 100));
  console.log('timer', Date.now() - began >= 99 && Date.now() - began < 1000);
  if (process.env.STAT_BY) {
    const stat = child_process.spawnSync(process.env.STAT_BY, ['stat', '--json', String(process.pid)], { env: {} });
    fs.writeFileSync(`${dir}/stat.json`, stat.stdout);
  }
}

if (process.argv[2] === '--child') {
  process.on('message', (message, handle) => {
    if (message === 'server') {
      handle.on('connection', (socket) => { socket.resume(); socket.on('end', () => { socket.end('taken over'); handle.close(); }); });
      process.send('listening');
    } else {
      process.send(`${message.number} ${message.text.length}`);
    }
  });
} else {
  main().catch((error) => { console.error(error); process.exit(1); });
}
